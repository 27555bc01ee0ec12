import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkRetention, readRetention } from '../lib/change/retention.ts';
import { openDynamodb } from './dynamodb.ts';
import { type Edge, startEdge } from './edge.ts';
import { eventBus } from './eventBus.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { openIamApi } from './iam/api.ts';
import { spokeRoles } from './iam/spoke.ts';
import { openIam } from './iam.ts';
import { openKms } from './kms.ts';
import { type Lambdas, startLambdas } from './lambda.ts';
import { openOidc } from './oidc.ts';
import { localPeople, type Person } from './people.ts';
import { openS3 } from './s3.ts';
import { startSchedules } from './schedule.ts';
import { declaredEntries, seedEntries } from './seed.ts';
import { readService, type Service } from './serverless.ts';
import { openSes } from './ses.ts';
import { LOCAL_SLACK, openSlack } from './slack.ts';
import { lockDataDir } from './start/lock.ts';
import type { Settings } from './start/settings.ts';
import { openStates } from './states/open.ts';
import { openSts } from './sts.ts';

export interface System {
  /** `http://127.0.0.1:3000` */
  api: string;
  /** `http://127.0.0.1:4566` */
  aws: string;
  people: Person[];
  /** Loads every lambda, so that the first calls are not slow. */
  warm(): Promise<void>;
  /** Stops everything; nothing that was answered is lost. */
  close(): Promise<void>;
}

/**
 * Starts the whole of it: AWS behind one port, the lambdas, the API in front of them, people, and every execution that had
 * not ended. When a part cannot start, those before it are stopped again.
 * @throws Error that says what to do
 */
export async function startSystem(settings: Settings): Promise<System> {
  const { port, awsPort, dataDir, rules, endpoints, lambdaEndpoint } = settings;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const lock = lockDataDir(dataDir);
    closers.push(lock.release);

    const packedRules = join(dataDir, 'rules.json');
    writeFileSync(packedRules, JSON.stringify(rules));

    const gateway: Gateway = await orPort('PORT', port, openGateway(port));
    closers.push(gateway.close);
    const people = localPeople(Object.values(rules.approvers).flat());
    const oidc = openOidc({ api: gateway.url, dataDir, people });
    const service = readService({
      stage: 'local',
      overrides: {
        params: {
          slackBotToken: LOCAL_SLACK.botToken,
          slackSigningSecret: LOCAL_SLACK.signingSecret,
          slackTeamId: LOCAL_SLACK.teamId,
          slackAppId: LOCAL_SLACK.appId,
          issuer: oidc.issuer,
        },
        environment: { PUBLIC_URL: gateway.url, RULES_FILE: packedRules },
      },
    });

    for (const { environment } of service.functions.values()) checkRetention(readRetention(environment), rules);

    // It comes up in a process of its own while the rest is read here.
    const opening = openDynamodb({ dataDir, tables: service.tables, endpoint: endpoints.AWS_ENDPOINT_URL_DYNAMODB });
    closers.push(() =>
      opening.then(
        (database) => database.close(),
        () => undefined,
      ),
    );
    const place = { dataDir, region: service.region, accountId: service.accountId };
    const iam = openIam({ dataDir, roles: [...service.roles.values(), ...spokeRoles()] });
    const states = openStates({
      ...place,
      stateMachines: [...service.stateMachines.values()],
      functionKeys: new Map([...service.functions.values()].map(({ arn, key }) => [arn, key])),
      // The lambdas need the edge's address, the edge needs the state machine: no execution goes on before `resume`.
      invoke: (key, event) => lambdas.invoke(key, event),
    });
    const dynamodb = await opening;
    const publish = eventBus(service.eventRules, (key, event) => lambdas.invoke(key, event));
    const kms = openKms({ dataDir, iam, seeds: seedEntries(), declared: declaredEntries(service.keys), publish });
    closers.push(kms.close);
    const edge: Edge = await orPort(
      'AWS_PORT',
      awsPort,
      startEdge({
        port: awsPort,
        services: {
          kms,
          states,
          sts: openSts({ iam }),
          iamApi: openIamApi({ iam }),
          ses: openSes({ ...place, publish }),
          slack: openSlack({
            dataDir,
            users: Object.entries(rules.slack?.people ?? {}).map(([id, email]) => ({ id, email })),
          }),
          dynamodb,
          // In AWS it stands in the account of docs/log-archive.template.yml.
          s3: openS3({ ...place, buckets: archivesOf(service) }),
          iam,
        },
      }),
    );
    closers.push(edge.close);
    const lambdas: Lambdas = startLambdas(service, {
      env: {
        SLACK_API_URL: `${edge.url}/_slack/api`,
        SLACK_RESPONSE_ORIGIN: edge.url,
        ...endpoints,
        AWS_ENDPOINT_URL: lambdaEndpoint ?? edge.url,
      },
      credentialsFor: (role) => iam.accessKeyFor(role.name),
      logFile: join(dataDir, 'lambda.log'),
    });
    closers.push(lambdas.close, states.close);

    states.resume();
    const schedules = startSchedules(service, lambdas.invoke);
    closers.push(schedules.close);
    gateway.serve({
      service,
      invoke: lambdas.invoke,
      iam,
      accessLog: join(dataDir, 'access.log'),
      local: async (request, response) =>
        (await oidc.handle(request, response)) || (await schedules.handle(request, response)),
    });
    // Whoever is being answered gets the answer before the lambdas behind it go.
    closers.push(gateway.close);
    return { api: gateway.url, aws: edge.url, people, warm: lambdas.warm, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The buckets that the lambdas copy the history to. */
const archivesOf = ({ functions }: Service): string[] => {
  const named = [...functions.values()].map(({ environment }) => environment.ARCHIVE_BUCKET ?? '');
  return [...new Set(named)].filter((bucket) => bucket !== '');
};

async function orPort<T>(variable: string, port: number, opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} is taken. Set ${variable} to another one (0 picks a free one).`);
  }
}
