import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { loadRules } from '../store/rulesFile.ts';

const sts = new STSClient({
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
});

/** Seconds: the shortest session that STS gives. A role that was assumed from a role may last an hour at most. */
const SESSION = 900;
/** Milliseconds that must be left of a session when it is handed out: longer than any lambda runs, so that none ends in use. */
const LEFT = 300_000;

/** What a session is for, and how it is named in the other account's CloudTrail. */
export interface Purpose {
  role: 'readRole' | 'applyRole';
  sessionName: string;
  /** An IAM policy on top of the role's own: the session may do what both allow. */
  policy?: object;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

/** How to call KMS where a key lives. `credentials` left out: the lambda's own. */
export interface Place {
  accountId: string;
  region: string;
  credentials?: Credentials;
}

/** Why a key is out of reach; `error` never changes its meaning. */
export interface OutOfReach {
  ok: false;
  error: 'AccountNotRegistered' | 'RegionNotRegistered' | 'RoleNotAssumed';
  detail: string;
}

const sessions = new Map<string, { credentials: Credentials; until: number }>();

/** The account that Countersign itself lives in, with its Region. */
const home = (): { accountId: string; region: string } => ({
  accountId: (process.env.APPLIER_ARN ?? '').split(':')[4] ?? '',
  region: process.env.AWS_REGION ?? '',
});

/** Is this ARN one of the account that Countersign lives in? */
export const isOurs = (arn: string): boolean => arn.split(':')[4] === home().accountId;

/** The account and Region of an ARN of KMS; those of Countersign for an id or an alias name. */
export function placeOf(key: string): Place {
  const [, , , region = '', accountId = ''] = key.startsWith('arn:') ? key.split(':') : [];
  return accountId === '' ? home() : { accountId, region };
}

/** Every place whose keys may be seen: Countersign's own account and Region, and those of the rules file. */
export function places(): Place[] {
  const spokes = Object.entries(loadRules().accounts ?? {}).flatMap(([accountId, { regions }]) =>
    regions.map((region) => ({ accountId, region })),
  );
  return [home(), ...spokes.filter(({ accountId }) => accountId !== home().accountId)];
}

/**
 * The way to a place. In Countersign's own account the lambda's role does; elsewhere the role that the rules file registers
 * is assumed, with its external id, and the session is kept until shortly before it ends.
 *
 * @throws what may pass: STS throttled, failed or did not answer
 */
export async function reach(place: Place, purpose: Purpose): Promise<{ ok: true; place: Place } | OutOfReach> {
  const { accountId, region } = place;
  if (accountId === home().accountId) return { ok: true, place };
  const account = loadRules().accounts?.[accountId];
  if (account === undefined) {
    const detail = `Account ${accountId} is not registered: nobody but itself may put policies on its keys (accounts in the rules file).`;
    return { ok: false, error: 'AccountNotRegistered', detail };
  }
  if (!account.regions.includes(region)) {
    const detail = `Region ${region} of account ${accountId} is not registered (accounts in the rules file).`;
    return { ok: false, error: 'RegionNotRegistered', detail };
  }
  try {
    return { ok: true, place: { accountId, region, credentials: await sessionOf(account, purpose) } };
  } catch (error) {
    return refused(error, account[purpose.role]);
  }
}

async function sessionOf(
  account: { readRole: string; applyRole: string; externalId: string },
  { role, sessionName, policy }: Purpose,
): Promise<Credentials> {
  const id = `${account[role]} ${sessionName}`;
  const known = sessions.get(id);
  if (known !== undefined && known.until - Date.now() > LEFT) return known.credentials;
  const { Credentials: given } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: account[role],
      ExternalId: account.externalId,
      RoleSessionName: sessionName,
      DurationSeconds: SESSION,
      ...(policy === undefined ? {} : { Policy: JSON.stringify(policy) }),
    }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '', Expiration } = given ?? {};
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  for (const [old, { until }] of sessions) if (until < Date.now()) sessions.delete(old);
  sessions.set(id, { credentials, until: Expiration?.getTime() ?? 0 });
  return credentials;
}

/** STS said no. Everything else may pass, and is thrown. */
function refused(thrown: unknown, roleArn: string): OutOfReach {
  const error = thrown as Error & { $metadata?: { httpStatusCode?: number } };
  const status = error.$metadata?.httpStatusCode ?? 0;
  if (status < 400 || status >= 500 || /throttl/i.test(error.name)) throw thrown;
  const detail = `${roleArn} could not be assumed; its trust policy must name this role of Countersign and the external id of the rules file. ${error.name}: ${error.message}`;
  return { ok: false, error: 'RoleNotAssumed', detail };
}
