import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { packedRules } from '../../bin/packageRules.ts';
import type { Change } from '../../lib/change/change.ts';
import type { ChangeSet, Fact, Timing } from '../../lib/change/facts.ts';
import { setOf } from '../../lib/change/set.ts';
import { sha256 } from '../../lib/policy/document/canonical.ts';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import type { PolicyText } from '../../lib/policy/types.ts';
import { Visitor } from '../../local/demo/visitor.ts';
import { openDynamodb } from '../../local/dynamodb.ts';
import { startEdge } from '../../local/edge.ts';
import { openIamApi } from '../../local/iam/api.ts';
import { ACCOUNT_ID } from '../../local/iam/principals.ts';
import { spokeRoles } from '../../local/iam/spoke.ts';
import { openIam } from '../../local/iam.ts';
import { openKms } from '../../local/kms.ts';
import { openS3 } from '../../local/s3.ts';
import { declaredEntries, SEEDS, seedEntries } from '../../local/seed.ts';
import { readService } from '../../local/serverless.ts';
import { openSes } from '../../local/ses.ts';
import { openSlack } from '../../local/slack.ts';
import { openStates } from '../../local/states/open.ts';
import { openSts } from '../../local/sts.ts';
import { submitted } from '../fixtures/facts.ts';
import { RULES, SPOKE_RULES } from '../story/system.ts';
import { type Call, type Fault, type FaultProxy, startProxy } from './proxy.ts';

/** Seconds; more than a put can take, and less than the retries of the state machine go on for. */
const LEASE = 20;
/** Milliseconds between two attempts of the state machine. */
const BETWEEN = 5_000;
/** How often the state machine comes back at most. */
const ATTEMPTS = 15;

const YEAR = 365 * 24 * 3_600_000;

/** What a test may say of a change otherwise than the others are. */
export type Terms = Timing &
  Partial<Pick<Fact & { type: 'SUBMITTED' }, 'applyBy' | 'principalIds' | 'set'>> & { document?: string };

export interface Applied {
  /** Every call of all attempts. */
  calls: Call[];
  happened: Fault[];
  attempts: number;
}

/**
 * The apply step alone: its own code against a real database and the local KMS, through a proxy and with a clock that a
 * test moves. A crash is an attempt whose calls reach AWS no more; the next one finds what it left.
 */
export class Lab {
  readonly proxy: FaultProxy;
  readonly visitor: Visitor;
  readonly #close: () => Promise<void>;
  #apply: typeof import('../../lib/workflow/apply.ts').applyChange;
  #changes: typeof import('../../lib/store/changes.ts');
  #decide: typeof import('../../lib/change/decide.ts').decide;
  #table: typeof import('../../lib/store/table.ts');
  readonly rules: ReturnType<typeof import('../../lib/store/rulesFile.ts').loadRules>;
  /** Milliseconds that the lab's clock is ahead of the real one, which KMS has. It begins a year behind, so that no put comes before what led to it. */
  ahead = -YEAR;
  #serial = 0;
  readonly #administrators = new Map<string, Promise<KMSClient>>();

  private constructor(parts: {
    proxy: FaultProxy;
    edge: string;
    close: () => Promise<void>;
    apply: typeof import('../../lib/workflow/apply.ts');
    changes: typeof import('../../lib/store/changes.ts');
    decide: typeof import('../../lib/change/decide.ts');
    table: typeof import('../../lib/store/table.ts');
    rules: ReturnType<typeof import('../../lib/store/rulesFile.ts').loadRules>;
  }) {
    this.proxy = parts.proxy;
    this.visitor = new Visitor({ api: parts.edge, aws: parts.edge });
    this.#close = parts.close;
    this.#apply = parts.apply.applyChange;
    this.#changes = parts.changes;
    this.#decide = parts.decide.decide;
    this.#table = parts.table;
    this.rules = parts.rules;
  }

  /** Sets the environment of this process, as this lambda has it, with the keys of its role; the rooms are loaded after that. */
  static async open(lambda = 'apply'): Promise<Lab> {
    const dataDir = mkdtempSync(join(tmpdir(), 'countersign-lab-'));
    writeFileSync(join(dataDir, 'rules.yml'), RULES + SPOKE_RULES);
    const RULES_FILE = join(dataDir, 'rules.json');
    writeFileSync(RULES_FILE, packedRules(join(dataDir, 'rules.yml')));
    const environment = { RULES_FILE, PUBLIC_URL: 'https://countersign.example' };
    const service = readService({
      stage: 'local',
      env: { OPEN_CHANGES_PER_KEY: '100000' },
      overrides: { environment },
    });
    const place = { dataDir, region: service.region, accountId: service.accountId };
    const iam = openIam({ dataDir, roles: [...service.roles.values(), ...spokeRoles()] });
    const dynamodb = await openDynamodb({ dataDir, tables: service.tables });
    const states = openStates({
      ...place,
      stateMachines: [],
      functionKeys: new Map(),
      invoke: () => Promise.reject(new Error('nothing is started here')),
    });
    const edge = await startEdge({
      port: 0,
      services: {
        kms: openKms({ dataDir, iam, seeds: seedEntries(), declared: declaredEntries(service.keys) }),
        states,
        sts: openSts({ iam }),
        iamApi: openIamApi({ iam }),
        ses: openSes(place),
        slack: openSlack({ dataDir, users: [] }),
        dynamodb,
        s3: openS3(place),
        iam,
      },
    });
    const proxy = await startProxy();
    proxy.target = edge.url;
    proxy.crash = () => {
      proxy.dead = true;
    };
    const { environment: variables, role = '' } = service.functions.get(lambda) ?? {};
    const keys = iam.accessKeyFor(service.roles.get(role)?.name ?? '');
    Object.assign(process.env, variables, {
      AWS_ENDPOINT_URL: proxy.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    });
    const close = async () => {
      await proxy.close();
      await edge.close();
      states.close();
      await dynamodb.close();
      rmSync(dataDir, { recursive: true, force: true });
    };
    return new Lab({
      proxy,
      edge: edge.url,
      close,
      apply: await import('../../lib/workflow/apply.ts'),
      changes: await import('../../lib/store/changes.ts'),
      decide: await import('../../lib/change/decide.ts'),
      table: await import('../../lib/store/table.ts'),
      rules: (await import('../../lib/store/rulesFile.ts')).loadRules(),
    });
  }

  close = (): Promise<void> => this.#close();

  now = (): Date => new Date(Date.now() + this.ahead);

  /** A change that is approved, on the live policy of a key. */
  async approved(
    key: string = KEYS[this.#serial % KEYS.length] ?? '',
    timing: Terms = {},
    undone?: Change,
  ): Promise<Change> {
    const change = await this.pending(key, timing, undone);
    const answer = { person: 'sam@example.com', decision: 'approve', comment: '', channel: 'link' } as const;
    const decided = await this.#changes.record(
      change.id,
      { person: answer.person, at: this.now().toISOString() },
      (one) => this.#decide(one, { ...answer, binding: one.binding }, this.now().toISOString()),
    );
    if (!decided.ok) throw new Error(decided.refusal.detail);
    return decided.value;
  }

  /** The set that the next so many changes will be. */
  nextSet(size: number): ChangeSet {
    const ids = Array.from({ length: size }, (_, i) => idOf(this.#serial + 1 + i));
    return setOf(ids, []);
  }

  /** A change that waits for one approval. */
  async pending(key: string = KEYS[0] ?? '', { document, ...timing }: Terms = {}, undone?: Change): Promise<Change> {
    this.proxy.arm();
    const serial = ++this.#serial;
    const before = text(await this.live(key));
    const [back] = undone === undefined ? [] : await this.#changes.readDocuments([undone.before]);
    const [, , , region = '', accountId = ''] = key.split(':');
    const after = text(document ?? back ?? policyOf(serial, accountId));
    const at = this.now();
    const created = await this.#changes.createChange({
      submitted: submitted({
        change: idOf(serial),
        keyArn: key,
        at: at.toISOString(),
        key: { arn: key, keyId: key.split('/')[1] ?? '', accountId, region, aliases: [] },
        binding: { after: after.sha256, base: before.canonical },
        before: before.sha256,
        afterCanonical: after.canonical,
        rule: { ...submitted().rule, quorum: 1 },
        expiresAt: new Date(at.getTime() + 2 * YEAR).toISOString(),
        applyBy: new Date(at.getTime() + 3 * YEAR).toISOString(),
        ...timing,
        ...(undone === undefined ? {} : { reverts: undone.id }),
      }),
      before,
      after,
      proposal: {
        findings: [],
        access: { gains: [], loses: [], changed: [], public: false, crossAccount: [], lockout: false, summary: [] },
        matrix: [],
        riskReasons: [],
        externalPolicies: [],
      } as never,
    });
    if (!created.ok) throw new Error(created.refusal.detail);
    return created.value;
  }

  /** The live policy, read behind the proxy's back. */
  async live(key: string): Promise<string> {
    const { Policy = '' } = await (await this.#kmsOf(key)).send(new GetKeyPolicyCommand({ KeyId: key }));
    return Policy;
  }

  /** Another policy, put by an administrator of the key's account. */
  async put(key: string, Policy: string): Promise<void> {
    await (await this.#kmsOf(key)).send(new PutKeyPolicyCommand({ KeyId: key, Policy }));
  }

  /** KMS as an administrator of the account that a key is of. */
  #kmsOf(key: string): Promise<KMSClient> {
    const accountId = key.split(':')[4] ?? '';
    let client = this.#administrators.get(accountId);
    if (client === undefined) {
      client = this.#administrator(accountId);
      this.#administrators.set(accountId, client);
    }
    return client;
  }

  async #administrator(accountId: string): Promise<KMSClient> {
    const here = { region: 'us-east-1', endpoint: this.visitor.system.aws };
    const ours = { ...here, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
    if (accountId === ACCOUNT_ID) return new KMSClient(ours);
    const RoleArn = `arn:aws:iam::${accountId}:role/Admin`;
    const { Credentials } = await new STSClient(ours).send(
      new AssumeRoleCommand({ RoleArn, RoleSessionName: 'lab', DurationSeconds: 43_200 }),
    );
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    return new KMSClient({ ...here, credentials });
  }

  /** One attempt, named; it may reject, as the lambda does. */
  attempt(id: string, name: string): Promise<{ status: string }> {
    return this.#apply(id, {
      rules: this.rules,
      attempt: name,
      leaseSeconds: LEASE,
      settleSeconds: 2,
      now: this.now,
      wait: async (milliseconds) => {
        this.ahead += milliseconds;
      },
      log: () => undefined,
    });
  }

  /** Applies as the state machine does: again and again until an attempt says how it ended. */
  async apply(id: string, ...faults: Fault[]): Promise<Applied> {
    this.proxy.arm(...faults);
    for (let attempts = 1; attempts <= ATTEMPTS; attempts++) {
      const ended = await this.attempt(id, `attempt-${attempts}`).catch(() => undefined);
      this.proxy.dead = false;
      if (ended !== undefined) return { calls: this.proxy.calls(), happened: this.proxy.happened(), attempts };
      this.ahead += BETWEEN;
    }
    return { calls: this.proxy.calls(), happened: this.proxy.happened(), attempts: ATTEMPTS };
  }

  /** Everything of one change, and the change as it stands. */
  async outcome(id: string): Promise<{ change: Change; items: Record<string, unknown>[] }> {
    this.proxy.arm();
    const whole = await this.#changes.readWholeChange(id);
    if (whole === undefined) throw new Error(`${id} is gone`);
    const { change, seqs, before, after } = whole;
    const entries = await this.#table.getAll(
      seqs.map((seq) => ({ pk: 'LOG#main', sk: String(seq).padStart(12, '0') })),
    );
    const items = [
      ...(await this.#table.getAll([{ pk: `CHANGE#${id}`, sk: 'CHANGE' }])),
      { pk: `DOC#${change.binding.after}`, sk: 'DOC', document: after },
      { pk: `DOC#${change.before}`, sk: 'DOC', document: before },
      ...entries,
    ];
    return { change, items };
  }
}

const idOf = (serial: number) => `chg_${String(serial).padStart(26, '0')}`;

/** Three keys of the local account, whose ARNs are their ids. */
export const KEYS = SEEDS.slice(0, 3).map(({ keyId }) => `arn:aws:kms:us-east-1:111122223333:key/${keyId}`);

export const text = (document: string): PolicyText => ({
  document,
  sha256: sha256(document),
  canonical: canonicalOf(document),
});

/** A policy that no other serial has, and that names nobody who must exist. */
export const policyOf = (serial: number, accountId = '111122223333'): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'kms:*', Resource: '*' },
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${accountId}:root` },
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: { StringEquals: { 'kms:ViaService': `s${serial}.us-east-1.amazonaws.com` } },
      },
    ],
  });
