// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written like this.
import { describe, expect, it } from 'vitest';
import { Conditions, FALSE, TRUE } from '../../lib/policy/condition/conditions.ts';
import { holds, testsExclude } from '../../lib/policy/condition/conditionTest.ts';
import { readOperator } from '../../lib/policy/condition/operators.ts';
import { whenOf } from '../../lib/policy/condition/when.ts';
import type { Condition } from '../../lib/policy/types.ts';

/** The values of the key in a request; none when the request does not have the key. */
type Request = readonly string[];

/** How IAM judges one line of a Condition block, written down from its user guide, apart from lib. */
function judged({ operator, values }: Condition, request: Request): boolean {
  if (operator === 'Null') return values.includes(String(request.length === 0));
  const [, prefix, name = '', suffix] = /^(ForAllValues:|ForAnyValue:)?(.*?)(IfExists)?$/.exec(operator) ?? [];
  const negative = name.includes('Not');
  if (request.length === 0)
    return suffix !== undefined || prefix === 'ForAllValues:' || (negative && prefix === undefined);
  const one = (have: string) => values.some((want) => matches(name.replace('Not', ''), want, have)) !== negative;
  return prefix === 'ForAllValues:' ? request.every(one) : request.some(one);
}
function matches(name: string, want: string, have: string): boolean {
  switch (name) {
    case 'StringEquals':
    case 'BinaryEquals':
      return have === want;
    case 'StringEqualsIgnoreCase':
    case 'Bool':
      return have.toLowerCase() === want.toLowerCase();
    case 'StringLike':
    case 'ArnLike':
    case 'ArnEquals':
      return new RegExp(`^${want.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(have);
    case 'NumericEquals':
      return Number(have) === Number(want);
    case 'NumericLessThan':
      return Number(have) < Number(want);
    case 'NumericLessThanEquals':
      return Number(have) <= Number(want);
    case 'NumericGreaterThan':
      return Number(have) > Number(want);
    case 'NumericGreaterThanEquals':
      return Number(have) >= Number(want);
    case 'DateEquals':
      return Date.parse(have) === Date.parse(want);
    case 'DateLessThan':
      return Date.parse(have) < Date.parse(want);
    case 'DateLessThanEquals':
      return Date.parse(have) <= Date.parse(want);
    case 'DateGreaterThan':
      return Date.parse(have) > Date.parse(want);
    case 'DateGreaterThanEquals':
      return Date.parse(have) >= Date.parse(want);
    case 'IpAddress':
      return want.endsWith('/24') ? have.startsWith(want.replace(/0\/24$/, '')) : have === want.replace('/32', '');
    default:
      throw new Error(name);
  }
}

const IF_EXISTS = ['', 'IfExists'];
const lines = (key: string, operators: string[], lists: string[][]): Condition[] =>
  operators.flatMap((operator) =>
    IF_EXISTS.flatMap((suffix) => lists.map((values) => ({ operator: operator + suffix, key, values }))),
  );
const nulls = (key: string): Condition[] =>
  [['true'], ['false'], ['true', 'false']].map((values) => ({ operator: 'Null', key, values }));
const single = (...values: string[]): Request[] => [[], ...values.map((value) => [value])];

const MANY = 'kms:encryptioncontextkeys';
interface Family {
  conditions: Condition[];
  requests: Request[];
}
const TEXTS = [['a'], ['b', 'a'], ['a*'], ['ab', 'A'], ['b']];
const FAMILIES: Record<string, Family> = {
  strings: {
    conditions: [
      ...lines('kms:ViaService', ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike'], TEXTS),
      ...nulls('kms:ViaService'),
    ],
    requests: single('', 'a', 'A', 'b', 'ab', 'a*', 'ac', 'abb', 'c'),
  },
  'strings in any case': {
    conditions: [
      ...lines('kms:ViaService', ['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'], [['a'], ['B', 'A'], ['ab']]),
      ...nulls('kms:ViaService'),
    ],
    requests: single('a', 'A', 'b', 'B', 'ab', 'aB', 'c'),
  },
  ARNs: {
    conditions: lines(
      'aws:SourceArn',
      ['ArnEquals', 'ArnNotEquals', 'ArnLike', 'ArnNotLike'],
      [['arn:aws:s3:::a'], ['arn:aws:s3:::*'], ['arn:aws:s3:::b', 'arn:aws:s3:::a']],
    ),
    requests: single('arn:aws:s3:::a', 'arn:aws:s3:::b', 'arn:aws:s3:::c', 'arn:aws:s3:::*', 'arn:aws:sns:::a'),
  },
  numbers: {
    conditions: lines(
      'kms:RotationPeriodInDays',
      ['', 'Not']
        .map((not) => `Numeric${not}Equals`)
        .concat(['LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map((name) => `Numeric${name}`)),
      [['2'], ['3', '2']],
    ),
    requests: single('1', '2', '2.5', '3', '4'),
  },
  instants: {
    conditions: lines(
      'aws:CurrentTime',
      ['DateEquals', 'DateNotEquals', 'DateLessThan', 'DateLessThanEquals', 'DateGreaterThan', 'DateGreaterThanEquals'],
      [['2026-01-01T00:00:00Z'], ['2026-01-02T00:00:00Z']],
    ),
    requests: single(
      '2025-12-31T00:00:00Z',
      '2026-01-01T00:00:00Z',
      '2026-01-01T12:00:00Z',
      '2026-01-02T00:00:00Z',
      '2026-01-03T00:00:00Z',
    ),
  },
  booleans: {
    conditions: [
      ...lines('kms:GrantIsForAWSResource', ['Bool'], [['true'], ['FALSE'], ['true', 'false']]),
      ...nulls('kms:GrantIsForAWSResource'),
    ],
    requests: single('true', 'false'),
  },
  bytes: {
    conditions: lines('aws:RequestTag/a', ['BinaryEquals'], [['YQ=='], ['Yg==', 'YQ==']]),
    requests: single('YQ==', 'yq==', 'Yg=='),
  },
  addresses: {
    conditions: lines(
      'aws:SourceIp',
      ['IpAddress', 'NotIpAddress'],
      [['203.0.113.0/24'], ['203.0.113.7'], ['198.51.100.0/24', '203.0.113.7']],
    ),
    requests: single('203.0.113.7', '203.0.113.8', '198.51.100.1', '192.0.2.1'),
  },
  'several values': {
    conditions: [
      ...lines(
        'kms:EncryptionContextKeys',
        ['ForAllValues:', 'ForAnyValue:'].flatMap((prefix) =>
          ['Equals', 'NotEquals', 'Like', 'NotLike'].map((name) => `${prefix}String${name}`),
        ),
        [['a'], ['b', 'a'], ['a*']],
      ),
      ...nulls('kms:EncryptionContextKeys'),
    ],
    requests: [
      [],
      ...['a', 'b', 'ab', 'a*', 'c'].flatMap((one, i, all) => [
        [one],
        ...all.slice(i + 1).map((other) => [one, other]),
      ]),
    ],
  },
};

describe.each(Object.entries(FAMILIES))('%s, request by request', (_, { conditions: written, requests }) => {
  const reading = () => {
    const conditions = new Conditions();
    const idOf = (line: Condition) => conditions.testsOf(conditions.read([line], '2012-10-17'))[0];
    return { conditions, read: written.map((line) => ({ line, id: idOf(line) })) };
  };
  const passes = (line: Condition) => requests.filter((request) => judged(line, request));
  const name = ({ operator, values }: Condition) => `${operator} ${values}`;

  it('a test holds for the requests that IAM lets through', () => {
    const { conditions, read } = reading();
    for (const { line, id } of read) {
      if (id === undefined) expect([name(line), passes(line)]).toEqual([name(line), requests]);
      else if (conditions.test(id).quantifier === 'one')
        expect([name(line), requests.filter(([value]) => holds(conditions.test(id), value ?? null))]).toEqual([
          name(line),
          passes(line),
        ]);
    }
  });
  it('one implies and excludes another as the requests say', () => {
    const { conditions, read } = reading();
    for (const a of read) {
      for (const b of read) {
        if (a.id === undefined || b.id === undefined) continue;
        const both = [name(a.line), name(b.line)];
        const implies = conditions.testImplies(a.id, b.id);
        const excludes = testsExclude(conditions.test(a.id), conditions.test(b.id));
        const through = requests.filter((request) => judged(a.line, request));
        const implied = through.every((request) => judged(b.line, request));
        const excluded = !through.some((request) => judged(b.line, request));
        // Of keys with several values not everything is worked out; what is claimed of them is true.
        const open = conditions.test(a.id).key === MANY;
        const sameKind = conditions.test(a.id).quantifier === conditions.test(b.id).quantifier;
        expect([...both, implies]).toEqual([...both, open && !sameKind ? implied && implies : implied]);
        expect([...both, excludes]).toEqual([...both, open ? excluded && excludes : excluded]);
      }
    }
  });
  it('is written as a block that says the same, and its opposite as one that says the opposite', () => {
    const through = (ids: number[], conditions: Conditions) => {
      const block = Object.entries(whenOf(ids, conditions) ?? {}).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, values]): Condition => ({ operator, key, values })),
      );
      return requests.filter((request) => block.every((line) => judged(line, request)));
    };
    for (const line of written) {
      const conditions = new Conditions();
      const [id] = conditions.testsOf(conditions.read([line], '2012-10-17'));
      if (id === undefined) continue;
      const opposite = conditions.opposite(id);
      expect([name(line), through([id], conditions)]).toEqual([name(line), passes(line)]);
      const rest = line.operator.startsWith('Binary')
        ? undefined
        : requests.filter((request) => !judged(line, request));
      expect([name(line), opposite && through([opposite.id], conditions)]).toEqual([name(line), rest]);
    }
  });
});

const read = (conditions: Conditions, ...lines: [operator: string, key: string, ...values: string[]][]) =>
  conditions.read(
    lines.map(([operator, key, ...values]) => ({ operator, key, values })),
    '2012-10-17',
  );
const when = (...lines: [operator: string, key: string, ...values: string[]][]) => {
  const conditions = new Conditions();
  return whenOf(conditions.testsOf(read(conditions, ...lines)), conditions);
};

describe('a block', () => {
  it('says nothing when nothing is asked', () => {
    expect(when()).toBeUndefined();
    expect(when(['Null', 'kms:ViaService', 'true', 'false'])).toBeUndefined();
  });
  it('is sorted, and spells operators and known keys as AWS does', () => {
    const block = when(
      ['stringequals', 'KMS:VIASERVICE', 'b', 'a'],
      ['bool', 'aws:securetransport', 'TRUE'],
      ['stringequals', 'aws:principalarn', 'x'],
    );
    expect(JSON.stringify(block)).toBe(
      '{"Bool":{"aws:SecureTransport":["true"]},"StringEquals":{"aws:PrincipalArn":["x"],"kms:ViaService":["a","b"]}}',
    );
  });
  it('has the first by code unit of the spellings of a key that nobody knows', () => {
    const [one, other] = [
      ['StringEquals', 'my:key', 'a'],
      ['StringEquals', 'MY:Key', 'a'],
    ] as const;
    const block = { StringEquals: { 'MY:Key': ['a'] } };
    expect([when([...one], [...other]), when([...other], [...one])]).toEqual([block, block]);
  });
  it('has keys sorted as they are shown', () =>
    expect(JSON.stringify(when(['StringEquals', 'my:a', 'x'], ['StringEquals', 'MY:b', 'x']))).toBe(
      '{"StringEquals":{"MY:b":["x"],"my:a":["x"]}}',
    ));
  it('has the first by name of the operators that say the same', () => {
    const [one, other] = [
      ['StringLike', 'kms:ViaService', 'a'],
      ['StringEquals', 'kms:ViaService', 'a'],
    ] as const;
    const block = { StringEquals: { 'kms:ViaService': ['a'] } };
    expect([when([...one], [...other]), when([...other], [...one])]).toEqual([block, block]);
  });
  it('has a line that nobody can read as it was written', () => {
    expect(
      when(
        ['StringEquel', 'kms:viaservice', 'b', 'a'],
        ['ForAnyValue:StringEquel', 'my:key', 'c'],
        ['Null', 'my:key', 'yes'],
      ),
    ).toEqual({
      StringEquel: { 'kms:ViaService': ['a', 'b'] },
      'ForAnyValue:StringEquel': { 'my:key': ['c'] },
      Null: { 'my:key': ['yes'] },
    });
    expect(when(['StringEquel', 'kms:viaservice', 'b'], ['StringEquel', 'kms:ViaService', 'a'])).toEqual({
      StringEquel: { 'kms:ViaService': ['a'] },
    });
  });
  it('of a key that must be there and must not be says one', () => {
    const there: [string, string, string] = ['Null', 'kms:ViaService', 'false'];
    const gone: [string, string, string] = ['Null', 'kms:ViaService', 'true'];
    expect(when(gone, there)).toEqual({ Null: { 'kms:ViaService': ['true'] } });
    const conditions = new Conditions();
    const [id = -1] = conditions.testsOf(read(conditions, gone));
    const [maybe = -1] = conditions.testsOf(read(conditions, ['StringEqualsIfExists', 'kms:ViaService', 'a']));
    const opposite = conditions.opposite(maybe)?.id ?? -1;
    expect(whenOf([opposite], conditions)).toEqual({
      Null: { 'kms:ViaService': ['false'] },
      StringNotEquals: { 'kms:ViaService': ['a'] },
    });
    expect(whenOf([opposite, id], conditions)).toMatchObject({ Null: { 'kms:ViaService': ['true'] } });
  });
  it('joins what is ruled out, and of two lists of what is allowed says the first', () => {
    expect(when(['StringNotEquals', 'kms:ViaService', 'b'], ['StringNotEquals', 'kms:ViaService', 'a', 'b'])).toEqual({
      StringNotEquals: { 'kms:ViaService': ['a', 'b'] },
    });
    expect(when(['StringEquals', 'kms:ViaService', 'b', 'c'], ['StringEquals', 'kms:ViaService', 'a', 'c'])).toEqual({
      StringEquals: { 'kms:ViaService': ['a', 'c'] },
    });
  });
  it('leaves out values that another one contains', () => {
    expect(when(['StringLike', 'kms:ViaService', 'a*', 'ab', 'abc*', 'b'])).toEqual({
      StringLike: { 'kms:ViaService': ['a*', 'b'] },
    });
    expect(when(['IpAddress', 'aws:SourceIp', '10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/8'])).toEqual({
      IpAddress: { 'aws:SourceIp': ['10.0.0.0/8'] },
    });
  });
});

describe('a condition', () => {
  it('is the same whatever the order, the case and the repetition of its lines', () => {
    const conditions = new Conditions();
    const one = read(conditions, ['StringEquals', 'kms:ViaService', 'a', 'b'], ['Bool', 'aws:SecureTransport', 'true']);
    expect(
      read(
        conditions,
        ['bool', 'AWS:securetransport', 'True'],
        ['StringEquals', 'kms:ViaService', 'b', 'a'],
        ['Bool', 'aws:SecureTransport', 'true'],
      ),
    ).toBe(one);
    expect(
      read(conditions, ['Bool', 'aws:SecureTransport', 'true'], ['StringEquals', 'kms:ViaService', 'a', 'b']),
    ).toBe(one);
    expect(read(conditions, ['StringEquals', 'kms:ViaService', 'a', 'b'])).not.toBe(one);
    expect([read(conditions), read(conditions, ['Null', 'kms:ViaService', 'true', 'false'])]).toEqual([TRUE, TRUE]);
    expect(read(conditions, ['Bool', 'aws:SecureTransport', 'true', 'false'])).toBe(
      read(conditions, ['Null', 'aws:SecureTransport', 'false']),
    );
  });
  it('is another one with other tests, however many there are', () => {
    const conditions = new Conditions();
    const lines = Array.from({ length: 13 }, (_, i) => ['StringEquals', `my:${i}`, 'a'] as [string, string, string]);
    const ids = [...lines.map((line) => [line]), ...lines.map((line, i) => [line, ...lines.slice(i + 1, i + 2)])].map(
      (some) => read(conditions, ...some),
    );
    expect(new Set(ids).size).toBe(25);
  });
  it('of a text is not that of a Bool, and a Bool with a word that it cannot read is not any Bool', () => {
    const conditions = new Conditions();
    const id = (...line: [string, string, ...string[]]) => read(conditions, line);
    const key = 'aws:SecureTransport';
    expect(id('Bool', key, 'true')).not.toBe(id('StringEquals', key, 'true'));
    expect(id('Bool', key, 'true', 'x')).not.toBe(id('Null', key, 'false'));
    const opposites = conditions.testsOf(id('Bool', key, 'true', 'x')).map((test) => conditions.opposite(test));
    expect(opposites).toEqual([undefined]);
  });
  it('has policy variables from Version 2012-10-17 on', () => {
    const conditions = new Conditions();
    const line = { operator: 'StringEquals', key: 'kms:ViaService', values: ['${aws:username}'] };
    const unseen = (version?: string) =>
      conditions.testsOf(conditions.read([line], version)).map((id) => conditions.test(id).unseen);
    expect([unseen('2012-10-17'), unseen('2008-10-17'), unseen()]).toEqual([[true], [false], [false]]);
  });
  it.each<[boolean, string, string, ...string[]]>([
    [true, 'StringEquals', 'aws:PrincipalTag/team', 'a'],
    [true, 'StringEquals', 'kms:ViaService', 'a', '${aws:username}'],
    [true, 'StringEquals', 'aws:PrincipalAccount', '${aws:ResourceAccount}'],
    [true, 'Null', 'kms:ViaService', 'true', 'yes'],
    [true, 'Null', 'kms:ViaService', 'xtrue'],
    [true, 'Null', 'kms:ViaService', 'truex'],
    [false, 'StringEquals', 'kms:EncryptionContext:aws:PrincipalTag/team', 'a'],
    [false, 'BinaryEquals', 'aws:RequestTag/a', 'YQ=='],
    [true, 'StringEquals', 'AWS:RESOURCETAG/team', 'a'],
    [true, 'StringEquals', 'kms:ResourceAliases', 'alias/a'],
    [true, 'IpAddress', 'aws:SourceIp', 'home'],
    [true, 'StringEquel', 'kms:ViaService', 'a'],
    [true, 'Null', 'kms:ViaService', 'yes'],
    [false, 'StringEquals', 'aws:RequestTag/team', 'a'],
    [false, 'StringEquals', 'kms:ResourceAliasesX', 'a'],
    [false, 'StringEquals', 'kms:ViaService', 'a'],
    [false, 'Null', 'kms:ViaService', 'TRUE'],
  ])('holds by what is not seen: %s for %s %s %s', (unseen, operator, key, ...values) => {
    const conditions = new Conditions();
    expect(
      conditions.testsOf(read(conditions, [operator, key, ...values])).map((id) => conditions.test(id).unseen),
    ).toEqual([unseen]);
  });
  it('of an operator that nobody knows decides nothing', () => {
    const conditions = new Conditions();
    const [id = -1] = conditions.testsOf(read(conditions, ['StringEquel', 'kms:ViaService', 'a']));
    const [other = -1] = conditions.testsOf(read(conditions, ['StringEquel', 'kms:ViaService', 'b']));
    expect(other).not.toBe(id);
    const test = conditions.test(id);
    expect([holds(test, 'a'), holds(test, null)]).toEqual([undefined, undefined]);
    expect(conditions.opposite(id)).toBeUndefined();
    expect([conditions.testImplies(id, other), testsExclude(test, conditions.test(other))]).toEqual([false, false]);
    expect(conditions.testImplies(id, id)).toBe(true);
  });
  it('once keys are known is what is left of it', () => {
    const conditions = new Conditions();
    const service = ['StringEquals', 'kms:ViaService', 'a'] as const;
    const caller = ['StringEquals', 'aws:PrincipalArn', 'x'] as const;
    const both = read(conditions, [...service], [...caller]);
    const given = (...known: [string, string][]) => conditions.given(both, new Map(known));
    expect(given(['aws:principalarn', 'x'])).toBe(read(conditions, [...service]));
    expect(given(['aws:principalarn', 'y'])).toBe(FALSE);
    expect(given(['aws:principalarn', 'x'], ['kms:viaservice', 'a'])).toBe(TRUE);
    expect(given(['kms:callerarn', 'x'])).toBe(both);
    expect(conditions.given(FALSE, new Map())).toBe(FALSE);
    const about = () => [both, read(conditions, [...service]), TRUE].map((id) => conditions.aboutCaller(id));
    expect([about(), about()]).toEqual([
      [true, false, false],
      [true, false, false],
    ]);
  });
  it('asks for a test that there is', () =>
    expect(() => new Conditions().test(0)).toThrow(new RangeError('no test 0')));
});

describe('an operator', () => {
  it.each([
    ['StringEquals', 'StringEquals', 'one', false],
    ['foranyvalue:STRINGlike', 'StringLike', 'any', false],
    ['ForAllValues:BinaryEquals', 'BinaryEquals', 'all', false],
    ['ForAllValues:ArnNotLikeIfExists', 'ArnNotLike', 'all', true],
    ['DateEqualsIFEXISTS', 'DateEquals', 'one', true],
  ])('%s is %s', (written, name, quantifier, ifExists) =>
    expect(readOperator(written)).toMatchObject({ operator: { name }, quantifier, ifExists }),
  );
  it('Null is one', () =>
    expect(readOperator('nuLL')).toEqual({ operator: 'Null', quantifier: 'one', ifExists: false }));
  it.each([
    '',
    'StringEqual',
    'xStringEquals',
    'StringEqualsX',
    'ForSomeValues:StringEquals',
    'ForAnyValue:',
    'IfExists',
    'StringEquals ',
    'IfExistsStringEquals',
    'xForAnyValue:StringEquals',
    'NotBool',
  ])('%o is none', (written) => expect(readOperator(written)).toBeUndefined());
});

describe('two tests of which less is known', () => {
  type Line = [operator: string, key: string, ...values: string[]];
  const claims = (a: Line, b: Line) => {
    const conditions = new Conditions();
    const [one = -1, two = -1] = [a, b].map((line) => conditions.testsOf(read(conditions, line))[0]);
    return [conditions.testImplies(one, two), testsExclude(conditions.test(one), conditions.test(two))];
  };
  const many = 'kms:EncryptionContextKeys';
  it.each<[string, boolean, boolean, Line, Line]>([
    [
      'one value of a key that has one',
      true,
      false,
      ['StringEquals', 'kms:ViaService', 'a'],
      ['StringNotEquals', 'kms:ViaService', 'b'],
    ],
    [
      'another value of it',
      false,
      true,
      ['StringEquals', 'kms:ViaService', 'a'],
      ['StringEquals', 'kms:ViaService', 'b'],
    ],
    [
      'no prefix on a key with several values',
      false,
      false,
      ['StringEquals', many, 'a'],
      ['StringNotEquals', many, 'b'],
    ],
    ['no prefix on it, other values', false, false, ['StringEquals', many, 'a'], ['StringEquals', many, 'b']],
    ['a prefix on one side', false, false, ['StringEquals', many, 'a'], ['ForAnyValue:StringEquals', many, 'b']],
    ['or on the other', false, false, ['ForAnyValue:StringEquals', many, 'a'], ['StringEquals', many, 'b']],
    [
      'any of it and all of it',
      false,
      true,
      ['ForAnyValue:StringEquals', many, 'a'],
      ['ForAllValues:StringEquals', many, 'b'],
    ],
    ['any of it twice', false, false, ['ForAnyValue:StringEquals', many, 'a'], ['ForAnyValue:StringEquals', many, 'b']],
    ['a key that is in no table', false, false, ['StringEquals', 'my:key', 'a'], ['StringEquals', 'my:key', 'b']],
    [
      'a tag, which has one value',
      false,
      true,
      ['StringEquals', 'aws:RequestTag/a', 'a'],
      ['StringEquals', 'aws:RequestTag/a', 'b'],
    ],
    [
      'what only ends like a tag',
      false,
      false,
      ['StringEquals', 'my:aws:RequestTag/a', 'a'],
      ['StringEquals', 'my:aws:RequestTag/a', 'b'],
    ],
    ['two keys', false, false, ['StringEquals', 'kms:ViaService', 'a'], ['StringEquals', 'kms:CallerAccount', 'b']],
    [
      'one value of two keys',
      false,
      false,
      ['StringEquals', 'kms:ViaService', 'a'],
      ['StringEquals', 'aws:UserId', 'a'],
    ],
    [
      'all but one value, and a star that is no wildcard',
      false,
      false,
      ['StringNotEquals', 'kms:ViaService', 'a'],
      ['StringEqualsIfExists', 'kms:ViaService', '*'],
    ],
    [
      'a text in any case, and a pattern that may have it in another',
      false,
      false,
      ['StringEqualsIgnoreCase', 'kms:ViaService', 'ab'],
      ['StringLike', 'kms:ViaService', 'A*'],
    ],
    [
      'such a pattern, and the text',
      false,
      false,
      ['StringLike', 'kms:ViaService', 'A*'],
      ['StringEqualsIgnoreCase', 'kms:ViaService', 'ab'],
    ],
    [
      'an address, and a place that nobody knows',
      false,
      false,
      ['IpAddress', 'aws:SourceIp', '203.0.113.7'],
      ['IpAddress', 'aws:SourceIp', 'home'],
    ],
    [
      'a number, and one that nobody can read',
      false,
      false,
      ['NumericEquals', 'kms:RotationPeriodInDays', '5'],
      ['NumericEquals', 'kms:RotationPeriodInDays', 'five'],
    ],
    [
      'a number and a text',
      false,
      false,
      ['NumericEquals', 'kms:ViaService', '5'],
      ['StringEquals', 'kms:ViaService', '6'],
    ],
    [
      'a number and all but a text',
      false,
      false,
      ['NumericEquals', 'kms:ViaService', '5'],
      ['StringNotEquals', 'kms:ViaService', '6'],
    ],
    [
      'a number and its presence',
      true,
      false,
      ['NumericEquals', 'kms:ViaService', '5'],
      ['Null', 'kms:ViaService', 'false'],
    ],
    [
      'a number and its absence',
      false,
      true,
      ['NumericEquals', 'kms:ViaService', '5'],
      ['Null', 'kms:ViaService', 'true'],
    ],
    [
      'absence, and a number',
      false,
      true,
      ['Null', 'kms:ViaService', 'true'],
      ['NumericEquals', 'kms:ViaService', '5'],
    ],
    [
      'absence, and a number if it is there',
      true,
      false,
      ['Null', 'kms:ViaService', 'true'],
      ['NumericEqualsIfExists', 'kms:ViaService', '5'],
    ],
    [
      'an operator that nobody knows',
      false,
      false,
      ['StringEquel', 'kms:ViaService', 'a'],
      ['StringEquals', 'kms:ViaService', 'b'],
    ],
    [
      'and the other way round',
      false,
      false,
      ['StringEquals', 'kms:ViaService', 'b'],
      ['StringEquel', 'kms:ViaService', 'a'],
    ],
    ['it and presence', false, false, ['StringEquel', 'kms:ViaService', 'a'], ['Null', 'kms:ViaService', 'false']],
    ['it and absence', false, false, ['StringEquel', 'kms:ViaService', 'a'], ['Null', 'kms:ViaService', 'true']],
    ['absence and it', false, false, ['Null', 'kms:ViaService', 'true'], ['StringEquel', 'kms:ViaService', 'a']],
    [
      'it in other words',
      false,
      false,
      ['StringEquel', 'kms:ViaService', 'a'],
      ['StringEquell', 'kms:ViaService', 'a'],
    ],
  ])('%s: implies %s, excludes %s', (_, implies, excludes, a, b) => expect(claims(a, b)).toEqual([implies, excludes]));
  it('of long lists the one that has all values of the other is wider', () => {
    const values = Array.from({ length: 12 }, (_, i) => `v${i}`);
    expect(
      claims(['StringEquals', 'kms:ViaService', ...values.slice(3)], ['StringEquals', 'kms:ViaService', ...values])[0],
    ).toBe(true);
    expect(
      claims(['StringEquals', 'kms:ViaService', ...values, 'w'], ['StringEquals', 'kms:ViaService', ...values])[0],
    ).toBe(false);
    expect(claims(['StringEquals', 'kms:ViaService', 'ab'], ['StringLike', 'kms:ViaService', ...values, 'a*'])[0]).toBe(
      true,
    );
  });
});
