import { describe, expect, it } from 'vitest';
import { type Grant, keptFindings, sumUpGrants } from '../../lib/change/preflight.ts';
import { grantsSentence } from '../../lib/change/wording.ts';
import { awsSection, grantsSection } from '../../lib/http/preflight.ts';
import { newPrincipals } from '../../lib/policy/newPrincipals.ts';
import { allow, KEY, ROOT, withRoot } from '../policy/judge.ts';

const grant = (grantee: string, more: Partial<Grant> = {}): Grant => ({
  grantee,
  operations: ['Decrypt'],
  issuingAccount: ROOT,
  constraints: {},
  ...more,
});
const nobody = { ids: {}, missing: [], notSeen: [] };

describe('grants', () => {
  it('are one where they differ in nothing but their constraints, the most frequent first', () => {
    const limited = (id: number) => grant('b', { constraints: { SourceArn: `arn:${id}` } });
    const seen = sumUpGrants(
      [grant('a'), limited(1), limited(1), limited(2), limited(3), limited(4), grant('b')],
      true,
    );
    expect(seen).toEqual({
      total: 7,
      complete: true,
      groups: [
        {
          grantee: 'b',
          operations: ['Decrypt'],
          issuingAccount: ROOT,
          count: 6,
          unconstrained: 1,
          different: 4,
          constraints: [{ SourceArn: 'arn:1' }, { SourceArn: 'arn:2' }, { SourceArn: 'arn:3' }],
        },
        expect.objectContaining({ grantee: 'a', count: 1, unconstrained: 1, constraints: [] }),
      ],
    });
    const apart = [grant('a'), grant('a', { operations: ['Encrypt'] }), grant('a', { retiring: 'r' })];
    expect(sumUpGrants(apart, true).groups).toHaveLength(3);
  });

  it('of more grantees than anybody reads are counted', () => {
    const grants = sumUpGrants(
      Array.from({ length: 1000 }, (_, i) => grant(`role/${i}`)),
      false,
    );
    expect(grants.groups).toHaveLength(25);
    expect(grantsSentence(grants)).toContain('More than 1000 grants');
    expect(String(grantsSection({ principals: nobody, grants, accessAnalyzer: [] }))).toContain('And 975 more grants');
  });

  it('and findings of AWS, however many and long, leave room in an item of the table', () => {
    const context = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`key${i}`, 'x'.repeat(384)]));
    const grants = Array.from({ length: 1000 }, (_, i) =>
      grant(`role/${i % 25}`, { constraints: { EncryptionContextEquals: { ...context, job: String(i) } } }),
    );
    const seen = sumUpGrants(grants, true);
    expect(JSON.stringify(seen).length).toBeLessThan(25_000);
    expect(seen.groups[0]?.constraints).toHaveLength(3);
    expect(seen.groups.at(-1)).toMatchObject({ different: 40, constraints: [] });
    const finding = { severity: 'warning' as const, code: 'C', message: 'x'.repeat(5_000) };
    const kept = keptFindings(Array.from({ length: 500 }, () => finding));
    expect(JSON.stringify(kept).length).toBeLessThan(30_000);
    expect(kept.at(-1)?.message).toBe('And 450 more.');
    expect(keptFindings([finding])).toHaveLength(1);
  });

  it('cannot write into the page', () => {
    const grants = sumUpGrants(
      [grant('<b>', { constraints: { EncryptionContextEquals: { x: '</pre><script>' } } })],
      true,
    );
    const page = String(grantsSection({ principals: nobody, grants, accessAnalyzer: [] }));
    expect(page).not.toContain('<script>');
    expect(page).not.toContain('<b>');
    const message = '<img src=x>';
    const findings = [{ severity: 'warning' as const, code: '<i>', message }];
    const aws = String(awsSection({ principals: nobody, grants, accessAnalyzer: [{ check: '<u>', findings }] }));
    expect(aws).not.toMatch(/<(img|i|u)>?[ >]/);
  });
});

it('new principals are roles and users of the account that the live policy does not name', () => {
  const own = (name: string) => `arn:aws:iam::111122223333:${name}`;
  const names = (...ids: string[]) => JSON.stringify(withRoot(allow({ Principal: { AWS: ids } })));
  const before = names(own('role/Old'), own('user/pat'));
  const foreign = ['arn:aws:iam::444455556666:role/Other', '444455556666', 'AROA1234567890123456'];
  const session = 'arn:aws:sts::111122223333:assumed-role/New/s';
  const after = names(
    own('role/Old'),
    own('role/team/New'),
    own('role/team/New'),
    own('user/kim'),
    session,
    ...foreign,
  );
  expect(newPrincipals(before, after, KEY)).toEqual([own('role/team/New'), own('user/kim')]);
  expect(newPrincipals('{', after, KEY)).toEqual([own('role/Old'), own('role/team/New'), own('user/kim')]);
  expect(newPrincipals(before, '{', KEY)).toEqual([]);
});
