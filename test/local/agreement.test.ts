import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Key } from '../../lib/policy/types.ts';
import { validateKeyPolicy } from '../../lib/policy/validate.ts';
import { openWorld, type WorldState } from '../../local/iam/world.ts';
import { KmsError } from '../../local/kms/error.ts';
import { checkNewPolicy } from '../../local/kms/keyPolicies.ts';
import { mutatedPolicy, policyValue } from '../policy/arbitrary.ts';
import { APPLIER, KEY } from '../policy/judge.ts';
import { VALIDATION_CASES } from '../policy/validationCases.ts';
import { runs } from '../runs.ts';

// The endpoint and the validator share the JSON parser and no rule (dependency-cruiser holds that), and both are to refuse what
// KMS refuses. Where they part, one of them is wrong.

const LOCKOUT = ['APPLIER_LOCKED_OUT', 'APPLIER_MAY_BE_LOCKED_OUT'];
const EVERYTHING: WorldState = { missing: [], ids: {} };

/** The name of the error with which the local KMS answers, when the applier puts this text; `ok` when it takes it. */
function endpoint(text: string, key: Key, state: WorldState, bypass = false): string {
  const world = openWorld({ read: () => [state], append: () => undefined });
  const caller = {
    arn: 'arn:aws:sts::111122223333:assumed-role/CountersignApplier/session',
    principal: APPLIER,
    accountId: '111122223333',
    allows: () => true,
  };
  const target = { ...key, usage: 'ENCRYPT_DECRYPT' as const };
  try {
    checkNewPolicy({ iam: { world, denies: () => false } }, text, caller, target, bypass);
    return 'ok';
  } catch (error) {
    if (error instanceof KmsError) return error.name;
    throw error;
  }
}

/** Both answers; where they contradict each other, the reason. */
function contradiction(text: string, state = EVERYTHING): string | undefined {
  const { findings, text: sent } = validateKeyPolicy({
    text,
    key: KEY,
    guardians: { applier: APPLIER, breakGlass: [] },
    world: state,
  });
  const document = findings.filter(({ aws, code }) => aws !== undefined && !LOCKOUT.includes(code));
  const names = document.map(({ aws }) => aws);
  const read = endpoint(sent, KEY, state, true);
  if (read === 'ok' ? names.length > 0 : !names.includes(read)) {
    return `${sent}\nendpoint: ${read}, validator: ${document.map(({ code, aws }) => `${code} ${aws}`).join(', ')}`;
  }
  if (read !== 'ok') return undefined;
  // The lockout check: the validator knows a third answer, and an undecided condition is no Allow for the endpoint.
  const put = endpoint(sent, KEY, state);
  const said = findings.filter(({ code }) => LOCKOUT.includes(code)).map(({ code }) => code);
  const certain = said.includes('APPLIER_LOCKED_OUT');
  if (put === 'ok' ? certain : said.length === 0) {
    return `${sent}\nendpoint about the lockout: ${put}, validator: ${said.join() || 'nothing'}`;
  }
  return undefined;
}

const agree = (text: string, state = EVERYTHING): void => {
  const why = contradiction(text, state);
  if (why !== undefined) throw new Error(why);
};

const VECTORS: { id: string; policy: unknown; world?: Partial<WorldState> }[] = JSON.parse(
  readFileSync(new URL('../vectors/kms.json', import.meta.url), 'utf8'),
);
const textOf = (policy: unknown): string => (typeof policy === 'string' ? policy : JSON.stringify(policy));

describe('the endpoint and the validator refuse the same, by the same name', () => {
  test.each(VECTORS.map((vector) => [vector.id, vector] as const))('vector %s', (_id, { policy, world }) => {
    expect(contradiction(textOf(policy), { ...EVERYTHING, ...world })).toBeUndefined();
  });

  test.each(VALIDATION_CASES.map(({ id, document }) => [id, document] as const))('case %s', (_id, document) => {
    expect(contradiction(textOf(document))).toBeUndefined();
  });

  test.each([32_767, 32_768, 32_769, 131_072, 131_073])('a Sid that makes it %i bytes', (bytes) => {
    const text = textOf(document([statement({ Sid: '' })]));
    agree(text.replace('"Sid":""', `"Sid":"${'a'.repeat(bytes - text.length)}"`));
  });

  test('statements put together from good and bad parts', () => {
    fc.assert(
      fc.property(fc.array(mixedStatement, { maxLength: 3 }), world, (statements, state) =>
        agree(textOf(document(statements)), state),
      ),
      { numRuns: runs(3000) },
    );
  });

  test('good policies with one value replaced by another of any kind', () => {
    const texts = VECTORS.map(({ policy }) => textOf(policy)).filter((text) => text.startsWith('{'));
    const odd = fc.oneof(fc.constantFrom(...ODD), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(), odd, (text, seed, value) => {
        const places = [...text.matchAll(/"[^"]*"|\[[^[\]{}]*\]|\{[^{}]*\}/g)];
        const place = places[seed % places.length];
        if (place === undefined) return;
        const after = text.slice(place.index + place[0].length);
        agree(text.slice(0, place.index) + JSON.stringify(value) + after);
      }),
      { numRuns: runs(3000) },
    );
  });

  test('what people write, whole and damaged', () => {
    const text = fc.oneof(policyValue.map(textOf), mutatedPolicy);
    fc.assert(
      fc.property(text, (one) => agree(one)),
      { numRuns: runs(3000) },
    );
  });
});

function document(statements: unknown[]): unknown {
  const root = { AWS: 'arn:aws:iam::111122223333:root' };
  const first = { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' };
  return { Version: '2012-10-17', Statement: [first, ...statements] };
}

function statement(change: object): object {
  return { Effect: 'Allow', Principal: { AWS: APPLIER }, Action: 'kms:PutKeyPolicy', Resource: '*', ...change };
}

const own = 'arn:aws:iam::111122223333';
const ROLES = [
  'App',
  'CountersignApplier',
  'team/App',
  'a//b',
  `${'x'.repeat(64)}`,
  `${'x'.repeat(65)}`,
  '',
  'Andr\u00e9',
  '*',
  'a b',
];
const AWS_IDS = [
  '*',
  '111122223333',
  '444455556666',
  '11112222333',
  '1111222233334',
  '',
  ...ROLES.flatMap((name) => [`${own}:role/${name}`, `${own}:user/${name}`, `arn:aws:iam::444455556666:role/${name}`]),
  `${own}:root`,
  `${own}:root/`,
  `${own}:Root`,
  'arn:aws:iam::444455556666:root',
  'arn:aws-cn:iam::444455556666:root',
  'arn:aws:iam:us-east-1:111122223333:role/App',
  'arn:aws:iam::1111222233:role/App',
  `${own}:role`,
  `${own}:group/Admins`,
  `${own}:group/team/Admins`,
  `${own}:instance-profile/x`,
  `${own}:saml-provider/corp`,
  'arn:aws:sts::111122223333:assumed-role/App/session',
  'arn:aws:sts::111122223333:assumed-role/CountersignApplier/session',
  'arn:aws:sts::111122223333:assumed-role/App',
  'arn:aws:sts::111122223333:assumed-role/team/App/session',
  'arn:aws:sts::111122223333:assumed-role/App/*',
  'arn:aws:sts::111122223333:assumed-role/App/s',
  'arn:aws:sts::111122223333:federated-user/Bob',
  'arn:aws:sts::111122223333:role/App',
  'arn:aws:iam::111122223333:assumed-role/App/session',
  'arn:aws:s3:::bucket',
  'arn:aws:lambda:us-east-1:111122223333:function:f',
  'arn:aws:iam',
  'AIDACKCEVSQ6C2EXAMPLE',
  'AROADBQP57FF2AEXAMPLE',
  'AROADBQP57FF2AEXAMPLE:session',
  'AGPACKCEVSQ6C2EXAMPLE',
  'App',
];
const SERVICES = [
  'logs.us-east-1.amazonaws.com',
  's3.amazonaws.com',
  'alexa-appkit.amazon.com',
  'logs.cn-north-1.amazonaws.com.cn',
  'S3.amazonaws.com',
  's3',
  '*.amazonaws.com',
  '*',
  '',
];
const FEDERATED = ['accounts.google.com', `${own}:saml-provider/corp`, `${own}:role/App`, 'corp', '*', ''];
const ACTIONS = [
  'kms:*',
  '*',
  'kms:Decrypt',
  'KMS:decrypt',
  'kms:D?crypt*',
  's3:GetObject',
  'kms:Nothing',
  'Decrypt',
  'kms:',
  ':Decrypt',
  'k*s:Decrypt',
  '*:*',
  'kms:De crypt',
  'kms:Decrypt:x',
  'kms:Decrypt\u00e9',
  '',
];
const OPERATORS = [
  'StringEquals',
  'stringequals',
  'STRINGLIKEIFEXISTS',
  'ForAnyValue:StringLike',
  'forallvalues:stringequals',
  'ForSomeValues:StringLike',
  'StringEqual',
  'StringEquals ',
  'Null',
  'NullIfExists',
  'ForAllValues:Null',
  'IfExists',
  'BoolIfExists',
  'ArnLike',
  'NotIpAddress',
  '',
];
const CONDITION_KEYS = [
  'kms:CallerAccount',
  'KMS:calleraccount',
  'aws:PrincipalArn',
  'kms:ViaService',
  'aws:ResourceTag/env',
  'AWS:RESOURCETAG/env',
  'aws:ResourceTag',
  'kms:ResourceAliases',
  'kms:ResourceAliases/x',
  'aws:ResourceTags/env',
  'kms:Unheard',
  '',
];
const VALUES: unknown[] = [
  '111122223333',
  APPLIER,
  'true',
  '*',
  '',
  true,
  1,
  111122223333,
  1e21,
  null,
  {},
  [],
  ['x'],
  [['x']],
];
const EFFECTS = ['Allow', 'Deny', 'allow', 'DENY', '', null, true];
const RESOURCES = ['*', ['*'], ['*', '*'], [], '', '**', '?', `${own}:role/App`, KEY.arn, ['*', KEY.arn], null];
const ODD: unknown[] = [...AWS_IDS, ...ACTIONS, ...OPERATORS, ...EFFECTS, ...RESOURCES, ...VALUES];

const listed = (items: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(fc.constantFrom(...items), fc.array(fc.constantFrom(...items), { maxLength: 3 }));
/** Mostly the first of some values, which is a good one. */
const mostly = (first: unknown, other: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: other });

const principal = fc.oneof(
  fc.constantFrom<unknown>('*', '', `${own}:root`, '111122223333', null, [], {}, ['*'], { aws: '*' }, { AWS: {} }),
  ...[
    ['AWS', AWS_IDS],
    ['Service', SERVICES],
    ['Federated', FEDERATED],
    ['CanonicalUser', ['79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be']],
  ].map(([kind, ids]) => listed(ids as string[]).map((value) => ({ [kind as string]: value }))),
);
const condition = fc.dictionary(
  fc.constantFrom(...OPERATORS),
  fc.oneof(
    { weight: 9, arbitrary: fc.dictionary(fc.constantFrom(...CONDITION_KEYS), listed(VALUES), { maxKeys: 2 }) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(...VALUES) },
  ),
  { maxKeys: 2 },
);

/** A statement that is good in most of its parts; an element that came out undefined is not there. */
const mixedStatement = fc
  .record({
    Sid: mostly(undefined, fc.constantFrom<unknown>('a', '', 'a b', 1, null, ['a'])),
    Effect: mostly('Allow', fc.constantFrom(...EFFECTS)),
    Principal: mostly({ AWS: APPLIER }, fc.oneof(principal, fc.constant(undefined))),
    NotPrincipal: mostly(undefined, principal),
    Action: mostly('kms:PutKeyPolicy', fc.oneof(listed(ACTIONS), fc.constantFrom<unknown>(undefined, 1, {}))),
    NotAction: mostly(undefined, listed(ACTIONS)),
    Resource: mostly('*', fc.oneof(fc.constantFrom<unknown>(...RESOURCES), fc.constant(undefined))),
    NotResource: mostly(undefined, fc.constantFrom<unknown>('*', KEY.arn, [])),
    Condition: mostly(undefined, fc.oneof(condition, fc.constantFrom<unknown>({}, [], null, 'x'))),
    Extra: mostly(undefined, mostly(undefined, fc.constant('x'))),
  })
  .map((parts) => Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)));

const world: fc.Arbitrary<WorldState> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(EVERYTHING) },
  {
    weight: 1,
    arbitrary: fc.record({
      missing: fc.subarray([
        `${own}:role/App`,
        'App',
        '444455556666',
        'arn:aws:iam::444455556666:root',
        's3.amazonaws.com',
      ]),
      ids: fc.constantFrom<Record<string, string>>(
        {},
        { AIDACKCEVSQ6C2EXAMPLE: `${own}:user/App` },
        { AROADBQP57FF2AEXAMPLE: APPLIER },
      ),
    }),
  },
);
