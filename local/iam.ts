import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { evaluate, type IamStatement, type RequestContext } from './iam/evaluate.ts';
import { type AccessKey, accessKeyOf, sessionKeyOf } from './iam/keys.ts';
import { ACCOUNT_ID, ADMIN_ROLE_ARN, PARTITION, PIPELINE_ROLES, roleOf, sessionArn } from './iam/principals.ts';
import { type TrustStatement, trusts } from './iam/trust.ts';
import { openWorld, type World, type WorldState } from './iam/world.ts';
import { openJournal } from './journal.ts';
import type { AwsRequest, AwsResponse, AwsService, Caller } from './types.ts';

export { type DynamodbAccess, dynamodbAccess } from './iam/dynamodbAccess.ts';
export { verifySigV4 } from './iam/verifySigV4.ts';

/** A role of serverless.yml with the statements of all its `Policies`, intrinsics resolved. */
export interface IamRole {
  name: string;
  arn: string;
  statements: IamStatement[];
  /** Who may assume it, when that is known. */
  trust?: readonly TrustStatement[];
}

export interface IamOptions {
  dataDir: string;
  roles: readonly IamRole[];
}

/** The keys of an assumed role. */
export interface Session extends Required<AccessKey> {
  arn: string;
  /** Unique id of the role and the session name, as GetCallerIdentity gives it. */
  userId: string;
  expiration: Date;
}

export type CallerResult = { ok: true; caller: Caller } | { ok: false; status: 403; code: string; message: string };

/** Who calls the edge, and which principals there are. `handle` serves `GET` and `PUT /_iam/world`. */
export interface Iam extends AwsService {
  /** The administrator, for what the edge does in its own name. */
  admin: Caller;
  /** The caller behind a SigV4 `Authorization` header; the key id tells, the signature is not checked here. */
  callerOf(headers: Record<string, string>): CallerResult;
  /** The fixed key of a role of serverless.yml or a pipeline, by name. Throws on a name that is neither. */
  accessKeyFor(roleName: string): AccessKey;
  /** For `verifySigV4`: every fixed key, live sessions, and `test`/`test` for the administrator. */
  keyOf(accessKeyId: string): AccessKey | undefined;
  /**
   * Does this role let the caller assume it? A role whose trust policy is not known is assumed by every administrator, and by a
   * role of serverless.yml in its own account alone.
   */
  trusts(roleArn: string, caller: Caller, externalId: string | undefined): boolean;
  /** Starts a session of any role that exists, limited to what `policy` allows if there is one. Throws on what is no role ARN. */
  assume(roleArn: string, sessionName: string, seconds?: number, policy?: IamStatement[]): Session;
  /** Does an explicit Deny in the identity policies of this principal apply? It beats what a key policy allows. */
  denies(principal: string, action: string, resource: string, context: RequestContext): boolean;
  /** As GetCallerIdentity gives it. */
  userIdOf(caller: Caller): string;
  world: World;
}

interface SessionEntry {
  roleArn: string;
  sessionName: string;
  serial: number;
  expiresAt: string;
  /** The session policy: what the role may and this allows. */
  policy?: IamStatement[];
}

const EVERYTHING: IamStatement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];

/**
 * Opens IAM of the local account. A role of serverless.yml may do exactly what its `Policies` say; a pipeline role may only
 * invoke the API; every other principal is an administrator. Sessions and the world of principals are kept in `dataDir`.
 */
export function openIam({ dataDir, roles }: IamOptions): Iam {
  const pipelines = PIPELINE_ROLES.map((name): IamRole => {
    const statements: IamStatement[] = [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }];
    return { name, arn: `arn:${PARTITION}:iam::${ACCOUNT_ID}:role/${name}`, statements };
  });
  const known = new Map([...pipelines, ...roles].map((role) => [role.arn, role]));
  const keys = new Map([...known.values()].map((role) => [accessKeyOf(role.name).accessKeyId, role]));
  const world = openWorld(openJournal<WorldState>(join(dataDir, 'iam-world.jsonl')));
  const sessionJournal = openJournal<SessionEntry>(join(dataDir, 'iam-sessions.jsonl'));
  const sessions = new Map<string, SessionEntry>();
  for (const entry of sessionJournal.read()) sessions.set(keyOfSession(entry).accessKeyId, entry);

  const statementsOf = (principal: string) => known.get(principal)?.statements ?? EVERYTHING;
  const callerAs = (roleArn: string, sessionName: string, policy: IamStatement[] = EVERYTHING): Caller => {
    const within: Caller['allows'] = (action, resource, context = {}) =>
      evaluate(policy, action, resource, context) === 'allow';
    return {
      arn: sessionArn(roleArn, sessionName),
      principal: roleArn,
      accountId: roleOf(roleArn)?.accountId ?? ACCOUNT_ID,
      within,
      allows: (action, resource, context = {}) =>
        evaluate(statementsOf(roleArn), action, resource, context) === 'allow' && within(action, resource, context),
    };
  };
  const admin = callerAs(ADMIN_ROLE_ARN, 'local');
  const liveSession = (accessKeyId: string) => {
    const session = sessions.get(accessKeyId);
    return session !== undefined && Date.parse(session.expiresAt) > Date.now() ? session : undefined;
  };

  return {
    admin,
    world,
    callerOf(headers) {
      const authorization = headers.authorization;
      if (authorization === undefined)
        return refused('MissingAuthenticationTokenException', 'Missing Authentication Token');
      const accessKeyId = /^AWS4-HMAC-SHA256 Credential=([^/\s,]+)\//.exec(authorization)?.[1];
      if (accessKeyId === undefined) {
        return refused('IncompleteSignatureException', 'The Authorization header is no AWS4-HMAC-SHA256 signature.');
      }
      const role = keys.get(accessKeyId);
      if (role !== undefined) return { ok: true, caller: callerAs(role.arn, 'local') };
      const session = liveSession(accessKeyId);
      if (session !== undefined)
        return { ok: true, caller: callerAs(session.roleArn, session.sessionName, session.policy) };
      if (accessKeyId.startsWith('ASIA')) {
        return refused('ExpiredTokenException', 'The security token included in the request is expired');
      }
      return { ok: true, caller: admin };
    },
    accessKeyFor(roleName) {
      const role = [...known.values()].find((candidate) => candidate.name === roleName);
      if (role === undefined) throw new Error(`no role named ${roleName}: neither in serverless.yml nor a pipeline`);
      return accessKeyOf(role.name);
    },
    keyOf(accessKeyId) {
      if (accessKeyId === 'test') return { accessKeyId, secretAccessKey: 'test' };
      const role = keys.get(accessKeyId);
      if (role !== undefined) return accessKeyOf(role.name);
      const session = liveSession(accessKeyId);
      return session === undefined ? undefined : keyOfSession(session);
    },
    trusts(roleArn, caller, externalId) {
      const decided = trusts(known.get(roleArn)?.trust ?? [], caller, externalId);
      return decided ?? (!known.has(caller.principal) || roleOf(roleArn)?.accountId === caller.accountId);
    },
    assume(roleArn, sessionName, seconds = 3600, policy) {
      const expiration = new Date(Date.now() + seconds * 1000);
      const expiresAt = expiration.toISOString();
      const limit = policy === undefined ? {} : { policy };
      const entry: SessionEntry = { roleArn, sessionName, serial: sessions.size, expiresAt, ...limit };
      const arn = sessionArn(roleArn, sessionName);
      sessionJournal.append(entry);
      sessions.set(keyOfSession(entry).accessKeyId, entry);
      return { ...keyOfSession(entry), arn, userId: `${world.uniqueIdOf(roleArn)}:${sessionName}`, expiration };
    },
    denies: (principal, action, resource, context) =>
      evaluate(statementsOf(principal), action, resource, context) === 'explicitDeny',
    userIdOf: (caller) => `${world.uniqueIdOf(caller.principal)}:${caller.arn.split('/').at(-1)}`,
    handle: async (request) => handleWorld(world, request),
    close: async () => {},
  };
}

function keyOfSession({ roleArn, sessionName, serial }: SessionEntry): Required<AccessKey> {
  return sessionKeyOf(roleArn, sessionName, serial);
}

function refused(code: string, message: string): CallerResult {
  return { ok: false, status: 403, code, message };
}

function handleWorld(world: World, request: AwsRequest): AwsResponse {
  const path = request.path.split('?')[0];
  if (path !== '/_iam/world') return json(404, { message: `nothing at ${path}` });
  if (request.method === 'GET') return json(200, world.state());
  if (request.method !== 'PUT') return json(405, { message: 'GET or PUT' });
  const next = readWorld(request.body);
  if (next === undefined) return json(400, { message: 'want {"missing": [arn], "ids": {uniqueId: arn}}' });
  world.set(next);
  return json(200, next);
}

function readWorld(body: Buffer): WorldState | undefined {
  try {
    const { missing = [], ids = {} } = JSON.parse(body.toString('utf8')) as { missing?: unknown; ids?: unknown };
    if (!Array.isArray(missing) || !missing.every((entry) => typeof entry === 'string')) return undefined;
    if (typeof ids !== 'object' || ids === null || Array.isArray(ids)) return undefined;
    const strings = Object.entries(ids).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return strings.length === Object.keys(ids).length ? { missing, ids: Object.fromEntries(strings) } : undefined;
  } catch {
    return undefined;
  }
}

function json(status: number, value: unknown): AwsResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) };
}
