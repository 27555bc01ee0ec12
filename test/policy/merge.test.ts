import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import { canonicalForm } from '../../lib/policy/document/canonical.ts';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import { type Merge, mergePolicies } from '../../lib/policy/document/merge.ts';
import { rebasePolicy } from '../../lib/policy/rebase.ts';
import type { Statement } from '../../lib/policy/types.ts';
import { policyOf, policyValue, readingOf, statementValue } from './arbitrary.ts';
import { OWN, smallStatement } from './smallPolicies.ts';

const KEY = { accountId: OWN };
const ROOT = {
  Sid: 'Root',
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${OWN}:root` },
  Action: 'kms:*',
  Resource: '*',
};
const allow = (role: string, action = 'kms:Decrypt', sid?: string) => ({
  ...(sid === undefined ? {} : { Sid: sid }),
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${OWN}:role/${role}` },
  Action: action,
  Resource: '*',
});
/** A statement with a Sid of its own, and with members of it changed. */
const use = (more: object = {}) => ({
  Sid: 'use',
  Effect: 'Allow',
  Principal: { AWS: ['A', 'B'].map(role) },
  Action: ['kms:Encrypt', 'kms:Decrypt'],
  Resource: '*',
  ...more,
});
const role = (name: string) => `arn:aws:iam::${OWN}:role/${name}`;
const roles = (...names: string[]) => ({ Principal: { AWS: names.map(role) } });
const ACCOUNT = { Principal: { AWS: 'arn:aws:iam::444455556666:root' } };
const via = (operator: string, ...values: string[]) => ({ Condition: { [operator]: { 'kms:ViaService': values } } });
const twoLines = (...values: string[]) => ({
  Condition: { StringEquals: { 'kms:ViaService': 's3' }, stringequals: { 'kms:ViaService': values } },
});
const doc = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const merge = (base: unknown, mine: unknown, theirs: unknown): Merge =>
  mergePolicies(readingOf(base), readingOf(mine), readingOf(theirs));
const textOf = (merged: Merge): string => {
  if (!merged.ok) throw new Error(JSON.stringify(merged.conflicts));
  return merged.text;
};
const kinds = (merged: Merge) => (merged.ok ? [] : merged.conflicts.map(({ kind }) => kind));
const canonical = (value: unknown) => canonicalOf(JSON.stringify(value));
const forms = (value: unknown) =>
  policyOf(value).statements.map((statement: Statement) => canonicalForm({ statements: [statement] }));
const count = (list: readonly string[], one: string) => list.filter((other) => other === one).length;

describe('the merge of two sides', () => {
  it('keeps what each side did, and the other side byte for byte', () => {
    const base = doc(ROOT, allow('A', 'kms:Decrypt', 'a'), allow('B'));
    const mine = doc(ROOT, allow('A', 'kms:Encrypt', 'a'), allow('B'), allow('C'));
    const theirs =
      '{"Version":"2012-10-17","Statement":[' +
      JSON.stringify(ROOT) +
      ', ' +
      JSON.stringify(allow('A', 'kms:Decrypt', 'a'), null, 1) +
      ']}';
    const text = textOf(merge(base, mine, theirs));
    expect(text).toContain(JSON.stringify(ROOT));
    expect(canonicalOf(text)).toBe(canonical(doc(ROOT, allow('A', 'kms:Encrypt', 'a'), allow('C'))));
  });

  it('takes over Version and Id of the side that changed them, absence too', () => {
    const [one, two] = [
      { Version: '2008-10-17', Statement: [ROOT] },
      { Id: 'x', Statement: [ROOT] },
    ];
    expect(JSON.parse(textOf(merge(one, two, one)))).toEqual(two);
    expect(JSON.parse(textOf(merge(one, one, two)))).toEqual(two);
    expect(merge(doc(ROOT), { ...doc(ROOT), Id: 'x' }, { ...doc(ROOT), Id: 'y' })).toMatchObject({
      conflicts: [{ what: 'Id', kind: 'both-changed', mine: '"x"', theirs: '"y"' }],
    });
  });

  it.each([
    [
      'both changed one statement',
      [allow('A', 'kms:Decrypt', 's')],
      [allow('A', 'kms:Sign', 's')],
      [allow('A', 'kms:Verify', 's')],
      'both-changed',
    ],
    [
      'one removed what the other changed',
      [allow('A', 'kms:Decrypt', 's')],
      [],
      [allow('A', 'kms:Verify', 's')],
      'removed-and-changed',
    ],
    [
      'both added the same Sid with other words',
      [],
      [allow('A', 'kms:Sign', 's')],
      [allow('A', 'kms:Verify', 's')],
      'both-added',
    ],
    ['both added the same Sid, and one of them a whole account', [], [use()], [use(ACCOUNT)], 'both-added'],
    [
      'both added the same Sid, for others and for something else',
      [],
      [use()],
      [use({ ...roles('C'), Action: 'kms:Sign' })],
      'both-added',
    ],
    [
      'both added a Deny of one Sid',
      [],
      [use({ Effect: 'Deny' })],
      [use({ Effect: 'Deny', ...roles('C') })],
      'both-added',
    ],
    [
      'both added one Sid for all but somebody',
      [],
      [{ ...use(), Principal: undefined, NotPrincipal: { AWS: role('A') } }],
      [{ ...use(), Principal: undefined, NotPrincipal: { AWS: role('B') } }],
      'both-added',
    ],
    ['both rewrote one without a Sid', [allow('A', 'kms:*')], [allow('A')], [allow('A', 'kms:Sign')], 'cannot-follow'],
    [
      'one removed one without a Sid, the other rewrote it',
      [allow('A', 'kms:*')],
      [],
      [allow('A', 'kms:Sign')],
      'cannot-follow',
    ],
    [
      'both rewrote one with an empty Sid',
      [allow('A', 'kms:*', '')],
      [allow('A', 'kms:Decrypt', '')],
      [allow('A', 'kms:Sign', '')],
      'cannot-follow',
    ],
    [
      'both wrote one without a Sid once more, and not as often',
      [allow('A')],
      [allow('A'), allow('A')],
      [allow('A'), allow('A'), allow('A')],
      'both-changed',
    ],
    [
      'both added the same Sid for others, one under a condition',
      [],
      [use()],
      [use({ ...roles('C'), ...via('StringEquals', 's3') })],
      'both-added',
    ],
    [
      'both added the same Sid for others, the first with two lines of one name',
      [],
      [use({ ...roles('C'), ...twoLines('s3') })],
      [use({ ...via('StringEquals', 's3') })],
      'both-added',
    ],
    [
      'both added the same Sid for others, one with two lines of one name',
      [],
      [use({ ...via('StringEquals', 's3') })],
      [use({ ...roles('C'), ...twoLines('s3') })],
      'both-added',
    ],
    [
      'both rewrote one and gave it another Sid',
      [allow('A', 'kms:*', 's')],
      [allow('A', 'kms:Sign', 'm')],
      [allow('A', 'kms:Verify', 't')],
      'cannot-follow',
    ],
    [
      'a Sid that stands twice names nothing',
      [allow('A', 'kms:Decrypt', 's'), allow('B', 'kms:Decrypt', 's')],
      [allow('A', 'kms:Sign', 's'), allow('B', 'kms:Decrypt', 's')],
      [allow('A', 'kms:Verify', 's'), allow('B', 'kms:Decrypt', 's')],
      'cannot-follow',
    ],
  ])('is a conflict where %s', (_, base, mine, theirs, kind) => {
    expect(kinds(merge(doc(ROOT, ...base), doc(ROOT, ...mine), doc(ROOT, ...theirs)))).toEqual([kind]);
  });

  it('allows whom each side allowed where both added one Sid for others and nothing else differs', () => {
    const merged = merge(doc(ROOT), doc(ROOT, use(roles('C'))), doc(ROOT, use()));
    expect(canonicalOf(textOf(merged))).toBe(canonical(doc(ROOT, use(roles('A', 'B', 'C')))));
  });

  it('has no conflict where both put the same in the place of one, in any order, and one did more', () => {
    const [base, mine] = [doc(ROOT, allow('A', 'kms:*'), use()), doc(ROOT, allow('A'), allow('B'))];
    const theirs = doc(ROOT, use(), allow('B'), allow('A'));
    expect(canonicalOf(textOf(merge(base, mine, theirs)))).toBe(canonical(mine));
    expect(canonicalOf(textOf(merge(base, theirs, mine)))).toBe(canonical(mine));
  });

  it('counts a statement that stands there twice', () => {
    const twice = doc(ROOT, allow('A'), allow('A'));
    expect(canonicalOf(textOf(merge(doc(ROOT, allow('A')), twice, doc(ROOT, allow('A')))))).toBe(canonical(twice));
  });
});

/** Three documents: a base, and two sides that came from it by few edits each. */
const sidesOf = (statement: fc.Arbitrary<object>) =>
  fc
    .record({
      base: fc.array(statement, { minLength: 1, maxLength: 4 }),
      drop: fc.tuple(fc.nat(4), fc.nat(4)),
      add: fc.tuple(fc.array(statement, { maxLength: 2 }), fc.array(statement, { maxLength: 2 })),
    })
    .map(({ base, drop, add }) => {
      const edited = (without: number, more: object[]) => ({
        Statement: [...base.filter((_, i) => i !== without), ...more],
      });
      return { base: { Statement: base }, mine: edited(drop[0], add[0]), theirs: edited(drop[1], add[1]) };
    });

const sides = sidesOf(statementValue);

describe('properties', () => {
  it('one side that did nothing leaves the other as it is, and two that did the same are one', () => {
    fc.assert(
      fc.property(policyValue, policyValue, (b, x) => {
        for (const merged of [merge(b, b, x), merge(b, x, b), merge(b, x, x)])
          expect(canonicalOf(textOf(merged))).toBe(canonical(x));
      }),
    );
  });

  it('it does not matter which side is which', () => {
    fc.assert(
      fc.property(sides, ({ base, mine, theirs }) => {
        const [one, other] = [merge(base, mine, theirs), merge(base, theirs, mine)];
        expect(one.ok).toBe(other.ok);
        if (one.ok && other.ok) expect(canonicalOf(one.text)).toBe(canonicalOf(other.text));
      }),
    );
  });

  it('a clean merge loses nothing that a side added, keeps nothing that a side removed, and invents nothing', () => {
    let clean = 0;
    fc.assert(
      fc.property(sides, ({ base, mine, theirs }) => {
        const merged = merge(base, mine, theirs);
        // Lists that were merged are judged below.
        if (!merged.ok || forms(merged.text).some((form) => ![base, mine, theirs].flatMap(forms).includes(form)))
          return;
        clean++;
        const [b, m, t, r] = [base, mine, theirs, merged.text].map(forms) as [string[], string[], string[], string[]];
        for (const form of new Set([...b, ...m, ...t, ...r])) {
          const [was, left, right, is] = [b, m, t, r].map((list) => count(list, form)) as [
            number,
            number,
            number,
            number,
          ];
          expect(is).toBe(left === was ? right : left);
          if (right !== was && left !== was) expect(left).toBe(right);
        }
      }),
    );
    expect(clean).toBeGreaterThan(20);
  });
});

const twoKeys = (service: string, ...accounts: string[]) => ({
  Condition: { StringEquals: { 'kms:ViaService': service, 'kms:CallerAccount': accounts } },
});
const one = (base: object, mine: object, theirs: object) => merge(doc(ROOT, base), doc(ROOT, mine), doc(ROOT, theirs));

describe('two edits of one list', () => {
  it.each<[string, object, object, object, object]>([
    ['two roles more', {}, roles('A', 'B', 'C'), roles('A', 'B', 'D'), roles('A', 'B', 'C', 'D')],
    ['the same role, and another', {}, roles('A', 'B', 'C'), roles('A', 'B', 'C', 'D'), roles('A', 'B', 'C', 'D')],
    ['two roles less', roles('A', 'B', 'C'), roles('B', 'C'), roles('A', 'C'), roles('C')],
    ['one less, another more', {}, roles('B'), roles('A', 'B', 'C'), roles('B', 'C')],
    [
      'a service and a role more',
      {},
      { Principal: { AWS: ['A', 'B'].map(role), Service: 'logs.amazonaws.com' } },
      roles('A', 'B', 'C'),
      { Principal: { AWS: ['A', 'B', 'C'].map(role), Service: 'logs.amazonaws.com' } },
    ],
    [
      'a service less, a role more',
      { Principal: { AWS: role('A'), Service: 'logs.amazonaws.com' } },
      roles('A'),
      { Principal: { AWS: ['A', 'C'].map(role), Service: 'logs.amazonaws.com' } },
      roles('A', 'C'),
    ],
    [
      'an action less, another more',
      {},
      { Action: ['kms:Encrypt'] },
      { Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Sign'] },
      { Action: ['kms:Encrypt', 'kms:Sign'] },
    ],
    [
      'a wildcard less, an action less',
      { Action: ['kms:Get*', 'kms:Encrypt', 'kms:Decrypt'] },
      {},
      { Action: ['kms:Get*', 'kms:Encrypt'] },
      { Action: 'kms:Encrypt' },
    ],
    ['one role less, one of a longer name more', {}, roles('B'), roles('A', 'B', 'Reader'), roles('B', 'Reader')],
    [
      'two roles more, with the conditions in another order',
      twoKeys('a', 'b'),
      { ...roles('A', 'B', 'C'), Condition: { StringEquals: { 'kms:CallerAccount': 'b', 'kms:ViaService': 'a' } } },
      { ...roles('A', 'B', 'D'), ...twoKeys('a', 'b') },
      { ...roles('A', 'B', 'C', 'D'), ...twoKeys('a', 'b') },
    ],
    [
      'two values more in the second line of the conditions',
      twoKeys('a', 'b'),
      twoKeys('a', 'b', 'c'),
      twoKeys('a', 'b', 'd'),
      twoKeys('a', 'b', 'c', 'd'),
    ],
    ...['StringEquals', 'StringLike', 'ArnEquals', 'ArnLike'].flatMap((one) =>
      [one, `${one}IfExists`].map((operator): [string, object, object, object, object] => [
        `values of ${operator}`,
        via(operator, 's3'),
        via(operator, 's3', 'sqs'),
        via(operator, 's3', 'rds'),
        via(operator, 's3', 'sqs', 'rds'),
      ]),
    ),
    [
      'two actions more, whatever their case',
      {},
      { Action: ['KMS:encrypt', 'kms:Decrypt', 'kms:Sign'] },
      { Action: ['kms:ENCRYPT', 'kms:Decrypt', 'kms:Verify'] },
      { Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Sign', 'kms:Verify'] },
    ],
    [
      'two resources more',
      {},
      { Resource: ['*', 'arn:aws:kms:us-east-1:111122223333:key/a'] },
      { Resource: ['*', 'arn:aws:kms:us-east-1:111122223333:key/b'] },
      { Resource: ['*', 'arn:aws:kms:us-east-1:111122223333:key/a', 'arn:aws:kms:us-east-1:111122223333:key/b'] },
    ],
    [
      'two values of a condition more',
      via('StringEquals', 's3'),
      via('StringEquals', 's3', 'sqs'),
      via('stringequals', 'rds', 's3'),
      via('StringEquals', 's3', 'sqs', 'rds'),
    ],
    [
      'two roles that a Deny names too',
      { Effect: 'Deny' },
      { Effect: 'Deny', ...roles('A', 'B', 'C') },
      { Effect: 'Deny', ...roles('A', 'B', 'D') },
      { Effect: 'Deny', ...roles('A', 'B', 'C', 'D') },
    ],
    [
      'a wildcard more, and another item',
      {},
      { Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Get*'] },
      { Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Sign'] },
      { Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Get*', 'kms:Sign'] },
    ],
  ])('are both in: %s', (_, base, mine, theirs, both) => {
    for (const merged of [one(use(base), use(mine), use(theirs)), one(use(base), use(theirs), use(mine))])
      expect(canonicalOf(textOf(merged))).toBe(canonical(doc(ROOT, use(both))));
  });

  it.each<[string, object, object, object]>([
    ['both rewrote one item', {}, roles('A', 'C'), roles('A', 'D')],
    ['two lines of the conditions have one name', twoLines('x'), twoLines('x', 'y'), twoLines('x', 'z')],
    ...[1, 2, 3].map((who): [string, object, object, object] => [
      `document ${who} alone has two lines of one name`,
      who === 1 ? twoLines('s3') : via('StringEquals', 's3'),
      { ...roles('A', 'B', 'C'), ...(who === 2 ? twoLines('s3') : via('StringEquals', 's3')) },
      { ...roles('A', 'B', 'D'), ...(who === 3 ? twoLines('s3') : via('StringEquals', 's3')) },
    ]),
    ['one took a role away, and the other added a pattern', {}, roles('B'), roles('A', 'B', 'Reader*')],
    [
      'one put another action in the place of one, and the other changed another list',
      {},
      { Action: ['kms:Encrypt', 'kms:Sign'] },
      roles('A', 'B', 'C'),
    ],
    ['nothing would be left', {}, roles('A'), roles('B')],
    ['each changed another list', {}, roles('A', 'B', 'C'), { Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Sign'] }],
    [
      'one of the two changed another list as well',
      {},
      roles('A', 'B', 'C'),
      { ...roles('A', 'B', 'D'), Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Sign'] },
    ],
    [
      'one took away what an account of the other has',
      {},
      roles('B'),
      { Principal: { AWS: [role('A'), role('B'), OWN] } },
    ],
    [
      'one took away what a session of the other has',
      {},
      roles('B'),
      { Principal: { AWS: [role('A'), role('B'), `arn:aws:sts::${OWN}:assumed-role/A/x`] } },
    ],
    [
      'one took away what a wildcard of the other has',
      {},
      { Action: ['kms:Encrypt'] },
      { Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:De*'] },
    ],
    [
      'one took a wildcard away, and the other added what it had covered',
      { Action: ['kms:Encrypt', 'kms:*'] },
      { Action: ['kms:Encrypt'] },
      { Action: ['kms:Encrypt', 'kms:*', 'kms:Sign'] },
    ],
    [
      'a Deny loses an item',
      { Effect: 'Deny' },
      { Effect: 'Deny', ...roles('B') },
      { Effect: 'Deny', ...roles('A', 'B', 'C') },
    ],
    [
      'they are exceptions',
      { Action: undefined, NotAction: ['kms:Encrypt', 'kms:Sign'] },
      { Action: undefined, NotAction: ['kms:Encrypt', 'kms:Sign', 'kms:Verify'] },
      { Action: undefined, NotAction: ['kms:Encrypt', 'kms:Sign', 'kms:Decrypt'] },
    ],
    [
      'they are principals that are excepted',
      { Principal: undefined, Effect: 'Deny', NotPrincipal: { AWS: [role('A')] } },
      { Principal: undefined, Effect: 'Deny', NotPrincipal: { AWS: [role('A'), role('B')] } },
      { Principal: undefined, Effect: 'Deny', NotPrincipal: { AWS: [role('A'), role('C')] } },
    ],
    ...['StringNotEquals', 'ForAllValues:StringEquals', 'ForAnyValue:StringEquals', 'NumericLessThan', 'IpAddress'].map(
      (operator): [string, object, object, object] => [
        `they are values of ${operator}`,
        via(operator, '1'),
        via(operator, '1', '2'),
        via(operator, '1', '3'),
      ],
    ),
    ['one has another effect', {}, { ...roles('A', 'B', 'C'), Effect: 'Deny' }, roles('A', 'B', 'D')],
    ['one has a condition more', {}, { ...roles('A', 'B', 'C'), ...via('StringEquals', 's3') }, roles('A', 'B', 'D')],
  ])('are a conflict where %s', (_, base, mine, theirs) => {
    expect(kinds(one(use(base), use(mine), use(theirs)))).toEqual(['both-changed']);
    expect(kinds(one(use(base), use(theirs), use(mine)))).toEqual(['both-changed']);
  });

  it('are written as they stand in `theirs`, and one item by itself', () => {
    const text = textOf(one(use(roles('A', 'B', 'C')), use(roles('B', 'C')), use(roles('A', 'C'))));
    expect(text).toContain(`"AWS": ${JSON.stringify(role('C'))}\n`);
  });

  it('decides about each item by whoever touched it, for any lists, and never where nobody did', () => {
    const names = ['A', 'B', 'C', 'D', 'E', 'F'];
    const list = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 });
    let clean = 0;
    fc.assert(
      fc.property(list, list, list, (b, m, t) => {
        const merged = one(use(roles(...b)), use(roles(...m)), use(roles(...t)));
        const wanted = names.filter((name) => {
          const [was, left, right] = [b, m, t].map((some) => some.includes(name));
          return left === was ? right : left;
        });
        if (!merged.ok) {
          const rewrote = b.some((name) => !m.includes(name) && !t.includes(name));
          expect(rewrote || wanted.length === 0).toBe(true);
          return;
        }
        clean++;
        expect(canonicalOf(merged.text)).toBe(canonical(doc(ROOT, use(roles(...wanted)))));
      }),
    );
    expect(clean).toBeGreaterThan(10);
  });

  it('gives nobody more than the two sides gave together, and takes no more away', () => {
    const list = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D'), { minLength: 1 });
    const effect = fc.constantFrom('Allow', 'Deny');
    fc.assert(
      fc.property(effect, list, list, list, (Effect, b, m, t) => {
        const [base, mine, theirs] = [b, m, t].map((some) =>
          doc(allow('A'), allow('B'), use({ Effect, ...roles(...some) })),
        ) as [object, object, object];
        const merged = merge(base, mine, theirs);
        if (!merged.ok) return;
        const access = (after: unknown) => {
          const { gains, loses, changed } = compareAccess(policyOf(base), policyOf(after), KEY).access;
          return [...gains, ...loses, ...changed].flatMap(({ principal, actions }) =>
            actions.map((action) => `${principal} ${action}`),
          );
        };
        const given = new Set([...access(mine), ...access(theirs)]);
        expect(access(merged.text).filter((entry) => !given.has(entry))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a rebase', () => {
  const texts = (base: unknown, proposed: unknown, live: unknown) => ({
    base: JSON.stringify(base),
    proposed: JSON.stringify(proposed),
    live: JSON.stringify(live),
  });

  it('is refused where the two together give what neither gave: a Deny that is gone, an Allow that it had made void', () => {
    const deny = {
      Sid: 'No',
      Effect: 'Deny',
      Principal: { AWS: `arn:aws:iam::${OWN}:role/A` },
      Action: 'kms:Decrypt',
      Resource: '*',
    };
    const rebased = rebasePolicy(
      texts(doc(ROOT, deny), doc(ROOT), doc(ROOT, deny, allow('A', 'kms:Decrypt', 'Yes'))),
      KEY,
    );
    expect(rebased).toMatchObject({
      ok: false,
      findings: [{ code: 'REBASE_CONFLICT', message: expect.stringContaining('kms:Decrypt') }],
    });
  });

  it('counts what one side gave only for whom, and only under what, it was given', () => {
    const no = (more: object = {}) => ({ ...allow('A', 'kms:Decrypt', 'No'), Effect: 'Deny', ...more });
    const yes = [allow('A', 'kms:Decrypt', 'Yes'), allow('B', 'kms:Decrypt', 'Too')];
    const besides = rebasePolicy(texts(doc(ROOT, no()), doc(ROOT), doc(ROOT, no(), ...yes)), KEY);
    expect(besides).toMatchObject({ ok: false, findings: [{ message: expect.stringContaining('role/A"') }] });

    const outside = no({ Condition: { StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } } });
    const everywhere = rebasePolicy(texts(doc(ROOT, outside), doc(ROOT), doc(ROOT, outside, ...yes)), KEY);
    expect(everywhere).toMatchObject({ ok: false, findings: [{ message: expect.stringContaining('role/A"') }] });

    const unless = {
      Sid: 'No',
      Effect: 'Deny',
      NotPrincipal: { AWS: role('B') },
      Action: 'kms:Decrypt',
      Resource: '*',
    };
    const certain = rebasePolicy(texts(doc(ROOT, unless), doc(ROOT, unless, yes[1] ?? {}), doc(ROOT)), KEY);
    expect(certain).toMatchObject({ ok: false, findings: [{ message: expect.stringContaining('role/B"') }] });

    const narrowed = rebasePolicy(texts(doc(ROOT), doc(ROOT, ...yes), doc(ROOT, outside)), KEY);
    expect(narrowed).toMatchObject({ ok: true, text: expect.stringContaining('"Yes"') });
  });

  it('shows the statement alone where nobody can say which of those that were added it became', () => {
    const [was, mine, live] = [allow('A', 'kms:*'), allow('A'), allow('A', 'kms:Sign')];
    expect(rebasePolicy(texts(doc(ROOT, was), doc(ROOT, mine), doc(ROOT, live)), KEY)).toEqual({
      ok: false,
      findings: [
        {
          code: 'REBASE_CONFLICT',
          severity: 'error',
          message: expect.stringContaining('both removed it and added other statements'),
          path: '',
          fix: 'Read the live policy, make your change on it by hand, and submit that.',
          documents: [{ title: 'As it was', document: JSON.stringify(was) }],
        },
      ],
    });
  });

  it('counts what one side gave perhaps only for what both together give perhaps', () => {
    const tagged = {
      ...allow('A', 'kms:Decrypt', 'Some'),
      Condition: { StringEquals: { 'aws:PrincipalTag/team': 'red' } },
    };
    const no = { ...allow('A', 'kms:Decrypt', 'No'), Effect: 'Deny' };
    const yes = { ...allow('A', 'kms:Decrypt', 'Yes'), Action: ['kms:Decrypt', 'kms:Sign'] };
    const more = { ...no, Action: ['kms:Decrypt', 'kms:Sign'] };
    const both = rebasePolicy(texts(doc(ROOT, more), doc(ROOT, more, yes), doc(ROOT, tagged)), KEY);
    expect(both).toMatchObject({
      ok: false,
      findings: [{ message: expect.stringContaining('kms:Decrypt, kms:Sign,') }],
    });
    expect(
      rebasePolicy(texts(doc(ROOT), doc(ROOT, tagged), doc(ROOT, allow('B', 'kms:Sign', 'b'))), KEY),
    ).toMatchObject({
      ok: true,
    });
  });

  it('says for each statement what both sides did', () => {
    const rebased = rebasePolicy(
      texts(doc(ROOT, allow('A', 'kms:Decrypt', 's')), doc(ROOT), doc(ROOT, allow('A', 'kms:Sign', 's'))),
      KEY,
    );
    expect(rebased).toMatchObject({
      ok: false,
      findings: [
        {
          message: 'The statement "s": one of the two removed it and the other changed it.',
          documents: [
            { title: 'As it was', document: JSON.stringify(allow('A', 'kms:Decrypt', 's')) },
            { title: 'In your change', document: null },
            { title: 'Live now', document: JSON.stringify(allow('A', 'kms:Sign', 's')) },
          ],
        },
      ],
    });
  });

  it('says so when one of the three cannot be read', () => {
    expect(rebasePolicy({ ...texts(doc(ROOT), doc(ROOT), doc(ROOT)), live: 'x' }, KEY)).toMatchObject({
      ok: false,
      findings: [{ code: 'REBASE_CONFLICT', message: expect.stringContaining('is live now') }],
    });
  });

  it('is refused where what both together say is too long to be read', () => {
    const long = (name: string) => allow(name, 'kms:Decrypt', name.repeat(70_000));
    const rebased = rebasePolicy(texts(doc(ROOT), doc(ROOT, long('A')), doc(ROOT, long('B'))), KEY);
    expect(rebased).toMatchObject({ ok: false, findings: [{ code: 'JSON_TOO_LARGE' }] });
  });

  it('gives nobody more than the two sides gave together', () => {
    let clean = 0;
    fc.assert(
      fc.property(sidesOf(smallStatement), ({ base, mine: proposed, theirs: live }) => {
        const rebased = rebasePolicy(texts(base, proposed, live), KEY);
        if (!rebased.ok) return;
        clean++;
        const gains = (after: unknown) => {
          const { gains: all, changed } = compareAccess(policyOf(base), policyOf(after), KEY).access;
          return [...all, ...changed].flatMap(({ principal, actions }) =>
            actions.map((action) => `${principal} ${action}`),
          );
        };
        const given = new Set([...gains(proposed), ...gains(live)]);
        expect(gains(rebased.text).filter((one) => !given.has(one))).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(clean).toBeGreaterThan(5);
  });
});
