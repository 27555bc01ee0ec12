import type { Key } from '../types.ts';
import type { CopyCode } from './codes.ts';
import { partitionOf } from './consolePrincipal.ts';

/** What a string is now, and what of it was put right. */
interface Change {
  value: string;
  code: 'COPY_KEY' | 'COPY_ALIAS' | 'COPY_ACCOUNT' | 'COPY_REGION' | 'COPY_PARTITION';
}

/** What became of one string of the source's policy. Without a `change` it stays as it is. */
export interface Copied {
  change?: Change;
  /** What is left for a person to look at, or cannot be put right at all. */
  doubt?: { code: CopyCode; why: string; fix: string };
}

const UNCHANGED: Copied = {};

/** Condition keys (lower case) whose values are account ids. */
const ACCOUNT_KEYS = new Set([
  'aws:principalaccount',
  'aws:resourceaccount',
  'aws:sourceaccount',
  'aws:sourceowner',
  'kms:calleraccount',
]);

/** Condition keys (lower case) whose values are names of services, which may hold a Region. */
const SERVICE_KEYS = new Set([
  'aws:principalservicename',
  'aws:principalservicenameslist',
  'kms:granteeserviceprincipal',
  'kms:retiringserviceprincipal',
  'kms:viaservice',
]);

/** Condition keys (lower case) that compare a property of the key itself. */
const KEY_FACTS: Readonly<Record<string, (key: Key) => string>> = {
  'kms:customermasterkeyspec': (key) => key.spec,
  'kms:customermasterkeyusage': (key) => key.usage,
  'kms:keyorigin': (key) => key.origin,
  'kms:keyspec': (key) => key.spec,
  'kms:keyusage': (key) => key.usage,
  'kms:multiregion': (key) => String(key.multiRegion),
};

/** A principal of type AWS or Federated: an account id, an ARN, a unique id or `*`. */
export function copyPrincipal(id: string, from: Key, to: Key): Copied {
  return id === from.accountId ? changedTo(id, to.accountId, 'COPY_ACCOUNT') : copyArn(id, from, to);
}

/** A service principal; some services have one for each Region. Source: "AWS service principals" in the IAM user guide. */
export function copyServicePrincipal(id: string, from: Key, to: Key): Copied {
  return changedTo(id, withRegion(id, from, to), 'COPY_REGION');
}

/**
 * A value of a Condition, by the meaning that its condition key gives it. ARNs are put right under every key, because
 * encryption contexts hold them too.
 */
export function copyConditionValue(conditionKey: string, value: string, from: Key, to: Key): Copied {
  const name = conditionKey.toLowerCase();
  const fact = Object.hasOwn(KEY_FACTS, name) ? KEY_FACTS[name] : undefined;
  if (fact !== undefined) return copyFact(conditionKey, value, fact(from), fact(to));
  if (value === from.keyId) return changedTo(value, to.keyId, 'COPY_KEY');
  if (ACCOUNT_KEYS.has(name) && value === from.accountId) return changedTo(value, to.accountId, 'COPY_ACCOUNT');
  if (SERVICE_KEYS.has(name)) return changedTo(value, withRegion(value, from, to), 'COPY_REGION');
  if (name === 'aws:requestedregion' && value === from.region) return changedTo(value, to.region, 'COPY_REGION');
  if (name === 'kms:requestalias' && value.startsWith('alias/')) return copyAlias(value, from, to);
  if (value.startsWith('arn:')) return copyArn(value, from, to);
  if (/^A(?:ROA|IDA)[A-Z0-9]{8}/.test(value) && from.accountId !== to.accountId) {
    const why = `${value} is a unique id given in account ${from.accountId}; nobody in ${to.accountId} has it.`;
    return doubt('COPY_ACCOUNT_KEPT', why, 'Give the unique id of the matching role or user.');
  }
  return kept(value, value, from, to);
}

/** The parts of an ARN, of which the last may hold colons too. */
type Arn = [arn: 'arn', partition: string, service: string, region: string, account: string, ...resource: string[]];

function isArn(parts: string[]): parts is Arn {
  return parts[0] === 'arn' && parts.length > 5;
}

/** An ARN, whole or a pattern. Other keys and other accounts stay what they are. */
function copyArn(arn: string, from: Key, to: Key): Copied {
  const parts = arn.split(':');
  if (!isArn(parts)) return kept(arn, arn, from, to);
  const [, , service, , account, ...rest] = parts;
  const resource = rest.join(':');
  const own = account === from.accountId;
  if (service === 'kms' && (own || account === '*')) return copyKmsArn(arn, parts, resource, from, to);
  const ours = own || account === '' || account === 'aws' || account === '*';
  if (!ours) return copyForeignArn(arn, parts, from, to);
  return { ...kept(arn, resource, from, to), ...movedTo(arn, parts, resource, from, to) };
}

/** The ARN where `to` is, with this as its last part; `code` says what became of that, if anything. */
function movedTo(
  arn: string,
  [prefix, partition, service, region, account]: Arn,
  resource: string,
  from: Key,
  to: Key,
  code?: Change['code'],
): Copied {
  const there = [
    prefix,
    partition === partitionOf(from) ? partitionOf(to) : partition,
    service,
    region === from.region ? to.region : region,
    account === from.accountId ? to.accountId : account,
    resource,
  ];
  const ofAccount = account === from.accountId && from.accountId !== to.accountId;
  const ofRegion = region === from.region ? 'COPY_REGION' : 'COPY_PARTITION';
  return changedTo(arn, there.join(':'), code ?? (ofAccount ? 'COPY_ACCOUNT' : ofRegion));
}

function copyForeignArn(arn: string, [, partition, , region, account]: Arn, from: Key, to: Key): Copied {
  if (partition !== partitionOf(to) && partition === partitionOf(from)) {
    const why = `${arn} is in the partition ${partition}; the key is in ${partitionOf(to)}, and accounts do not reach across.`;
    return doubt('COPY_PARTITION_FOREIGN', why, 'Take it out, or name who takes its place there.');
  }
  if (region === from.region && region !== to.region) {
    const why = `${arn} is in ${region} and belongs to account ${account}; whether there is one in ${to.region} is not known.`;
    return doubt('COPY_REGION_KEPT', why, `Give its counterpart in ${to.region}, or take it out.`);
  }
  return UNCHANGED;
}

function copyKmsArn(arn: string, parts: Arn, resource: string, from: Key, to: Key): Copied {
  if (resource === `key/${from.keyId}`) return movedTo(arn, parts, `key/${to.keyId}`, from, to, 'COPY_KEY');
  if (resource.startsWith('alias/')) {
    const alias = copyAlias(resource, from, to);
    if (alias.doubt !== undefined) return alias;
    return movedTo(arn, parts, alias.change?.value ?? resource, from, to, alias.change?.code);
  }
  if (/^key\/[^*?]+$/.test(resource)) {
    if (from.accountId === to.accountId && from.region === to.region) return UNCHANGED;
    return doubt(
      'COPY_KEY_KEPT',
      `${arn} is another key of account ${from.accountId}; its id means nothing elsewhere.`,
      'Give the ARN of the key that takes its place, or take it out.',
    );
  }
  return movedTo(arn, parts, resource, from, to);
}

function copyAlias(alias: string, from: Key, to: Key): Copied {
  if (!from.aliases.includes(alias) || to.aliases.includes(alias)) return UNCHANGED;
  const [only, ...more] = to.aliases;
  if (only !== undefined && more.length === 0) return changedTo(alias, only, 'COPY_ALIAS');
  const has = only === undefined ? 'no alias' : `the aliases ${to.aliases.join(', ')}`;
  return doubt(
    'COPY_ALIAS_UNCLEAR',
    `${alias} is an alias of the other key; this key has ${has}, so it is not clear what takes its place.`,
    'Take the Condition out, or submit a whole document with the alias you mean.',
  );
}

function copyFact(conditionKey: string, value: string, before: string, after: string): Copied {
  if (value.toLowerCase() !== before.toLowerCase() || before === after) return UNCHANGED;
  const why = `${conditionKey} is compared with ${value}, which the other key is; this key is ${after}.`;
  return doubt('COPY_KEY_FACT_KEPT', why, `Compare with ${after}, or take the Condition out.`);
}

/** A Region as a part of a service's name, as in `s3.us-east-1.amazonaws.com`. */
function withRegion(name: string, from: Key, to: Key): string {
  const labels = name.split('.');
  return labels.map((label) => (label === from.region ? to.region : label)).join('.');
}

/** Says when the source's account or Region is left in a place whose meaning is not known. */
function kept(value: string, part: string, from: Key, to: Key): Copied {
  if (from.accountId !== to.accountId && part.split(/[^0-9]/).includes(from.accountId)) {
    const why = `${value} holds the account id ${from.accountId}; whether it means the account is not known.`;
    return doubt('COPY_ACCOUNT_KEPT', why, `Write ${to.accountId} there if it does.`);
  }
  if (from.region !== to.region && part.split(/[^a-z0-9-]/).includes(from.region)) {
    const why = `${value} holds ${from.region}; whether it means the Region is not known.`;
    return doubt('COPY_REGION_KEPT', why, `Write ${to.region} there if it does.`);
  }
  return UNCHANGED;
}

function changedTo(before: string, after: string, code: Change['code']): Copied {
  return before === after ? UNCHANGED : { change: { value: after, code } };
}

function doubt(code: CopyCode, why: string, fix: string): Copied {
  return { doubt: { code, why, fix } };
}
