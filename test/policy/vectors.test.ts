import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { utf8Length } from '../../lib/policy/rules/document.ts';
import type { Key } from '../../lib/policy/types.ts';
import { type Validation, validateKeyPolicy } from '../../lib/policy/validate.ts';
import { APPLIER, KEY } from './judge.ts';

interface Vector {
  id: string;
  policy: unknown;
  key: Partial<Omit<Key, 'multiRegion'>> & { multiRegion?: boolean | string };
  expect: 'accept' | 'warn' | 'reject';
  code: string | null;
  why: string;
  generate?: { kind: string; bytes?: number; minifiedBytes?: number; char?: string; count?: number };
  caller?: { arn: string; iamAllows?: string[] };
  request?: { KeyId?: string; PolicyName?: string | null; BypassPolicyLockoutSafetyCheck?: boolean };
  world?: { missing?: string[]; ids?: Record<string, string> };
}

const VECTORS: Vector[] = JSON.parse(readFileSync(new URL('../vectors/kms.json', import.meta.url), 'utf8'));

/** What only the KMS endpoint can judge, because it hangs on the call and not on the document, the key or the guardians. */
const FOR_THE_ENDPOINT: Record<string, string> = {
  'lockout-root-but-no-iam':
    "the caller's IAM policies; our applier's are part of the deployment and give kms:PutKeyPolicy",
  'key-other-account-bare-id': 'how the KeyId is looked up',
  'key-id-not-uuid': 'how the KeyId is looked up',
  'key-alias-name': 'how the KeyId is looked up',
  'caller-no-permission': "the current policy and the caller's IAM policies",
};

/** Accepted by KMS, and yet worth a word to the approver. Everything else that is accepted gets no warning at all. */
const WARNED_THOUGH_ACCEPTED: Record<string, string[]> = {
  'size-32768': ['POLICY_NEAR_LIMIT'],
  'principal-user': ['PRINCIPAL_IAM_USER'],
  'principal-live-unique-id': ['PRINCIPAL_UNIQUE_ID'],
  'principal-federated-user': ['PRINCIPAL_SESSION'],
};

function textOf({ policy, generate }: Vector): string {
  if (generate === undefined) return typeof policy === 'string' ? policy : JSON.stringify(policy);
  const root = { AWS: 'arn:aws:iam::111122223333:root' };
  const document = (sid: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Sid: sid, Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' }],
    });
  const padded = (bytes: number): string => document('a'.repeat(bytes - utf8Length(document(''))));
  if (generate.kind === 'padSidWith') return document((generate.char ?? '').repeat(generate.count ?? 0));
  if (generate.kind === 'padSid') return padded(generate.bytes ?? 0);
  const minified = padded(generate.minifiedBytes ?? 0);
  return minified.replace('{', `{${' '.repeat((generate.bytes ?? 0) - minified.length)}`);
}

function judged(vector: Vector): Validation {
  const account = vector.key.accountId ?? KEY.accountId;
  const session = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\//.exec(vector.caller?.arn ?? '');
  const applier = session ? `arn:aws:iam::${session[1]}:role/${session[2]}` : (vector.caller?.arn ?? APPLIER);
  const { PolicyName, BypassPolicyLockoutSafetyCheck: bypass } = vector.request ?? {};
  return validateKeyPolicy({
    text: textOf(vector),
    key: {
      ...KEY,
      ...vector.key,
      multiRegion: Boolean(vector.key.multiRegion),
      arn: `arn:aws:kms:us-west-2:${account}:key/${KEY.keyId}`,
    },
    guardians: { applier, breakGlass: [] },
    request: {
      ...(typeof PolicyName === 'string' && { policyName: PolicyName }),
      ...(bypass !== undefined && { bypass }),
    },
    world: vector.world ?? {},
  });
}

describe('the vectors of AWS KMS', () => {
  it('are all here, and each is judged or left to the endpoint for a reason', () => {
    expect(VECTORS).toHaveLength(82);
    const ids = VECTORS.map(({ id }) => id);
    expect(Object.keys(FOR_THE_ENDPOINT).filter((id) => !ids.includes(id))).toEqual([]);
  });
  const ours = VECTORS.filter(({ id }) => !Object.hasOwn(FOR_THE_ENDPOINT, id));
  it.each(ours.map((vector) => [vector.id, vector] as const))('%s', (id, vector) => {
    const { findings, text } = judged(vector);
    const refusals = findings.filter(({ severity, aws }) => severity === 'error' && aws !== undefined);
    if (id === 'size-whitespace-counts') {
      // KMS would refuse the text as it came; what we would send instead fits.
      expect(findings.map(({ code }) => code)).toContain('POLICY_MINIFIED');
      expect(utf8Length(textOf(vector))).toBeGreaterThan(32_768);
      expect(utf8Length(text)).toBe(30_000);
      expect(refusals).toEqual([]);
      return;
    }
    expect(text).toBe(textOf(vector));
    if (vector.expect === 'reject') {
      expect(refusals.map(({ aws }) => aws)).toContain(vector.code);
      return;
    }
    expect(refusals).toEqual([]);
    if (vector.expect === 'warn') {
      expect(findings.map(({ code }) => code)).toContain(vector.code);
    } else {
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
      const warned = findings.filter(({ severity }) => severity === 'warning').map(({ code }) => code);
      expect(warned).toEqual(WARNED_THOUGH_ACCEPTED[id] ?? []);
    }
  });
  it.each(Object.entries(FOR_THE_ENDPOINT))('%s does not look wrong by its document: it hangs on %s', (id) => {
    const vector = VECTORS.find((one) => one.id === id);
    if (vector === undefined) throw new Error(`${id} is no vector`);
    const own = { ...vector, key: { ...vector.key, accountId: KEY.accountId } };
    expect(judged(own).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
