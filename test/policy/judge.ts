import type { Finding, Key } from '../../lib/policy/types.ts';
import { type ValidateInput, type Validation, validateKeyPolicy } from '../../lib/policy/validate.ts';

export const APPLIER = 'arn:aws:iam::111122223333:role/CountersignApplier';
export const ROOT = 'arn:aws:iam::111122223333:root';
export const ROLE = 'arn:aws:iam::111122223333:role/ExampleRole';

export const KEY: Key = {
  arn: 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  accountId: '111122223333',
  region: 'us-west-2',
  aliases: [],
  manager: 'CUSTOMER',
  state: 'Enabled',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  multiRegion: false,
  tags: {},
};

export type StatementValue = Record<string, unknown>;

export const ROOT_STATEMENT: StatementValue = {
  Sid: 'Enable IAM User Permissions',
  Effect: 'Allow',
  Principal: { AWS: ROOT },
  Action: 'kms:*',
  Resource: '*',
};

/** A statement that every rule is content with, but for what the test changes. `undefined` takes an element out. */
export function allow(change: StatementValue = {}): StatementValue {
  const statement = {
    Sid: 'tested',
    Effect: 'Allow',
    Principal: { AWS: ROLE },
    Action: 'kms:Decrypt',
    Resource: '*',
    ...change,
  };
  return Object.fromEntries(Object.entries(statement).filter(([, value]) => value !== undefined));
}

/** A whole document: the root statement and what the test adds. */
export function withRoot(...statements: StatementValue[]): unknown {
  return { Version: '2012-10-17', Statement: [ROOT_STATEMENT, ...statements] };
}

export function judge(document: unknown, more: Partial<ValidateInput> = {}): Validation {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return validateKeyPolicy({ text, key: KEY, guardians: { applier: APPLIER, breakGlass: [] }, ...more });
}

export function findingsOf(code: string, document: unknown, more: Partial<ValidateInput> = {}): Finding[] {
  return judge(document, more).findings.filter((finding) => finding.code === code);
}

export function codesOf(document: unknown, more: Partial<ValidateInput> = {}): string[] {
  return judge(document, more).findings.map(({ code }) => code);
}
