// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written like this.
import { describe, expect, it, test } from 'vitest';
import { parseCidr, sampleAddress } from '../../lib/policy/condition/cidr.ts';
import {
  type Reading,
  readValue,
  samplesOf,
  type ValueType,
  valueMatches,
  valuesDisjoint,
  valueWithin,
} from '../../lib/policy/condition/conditionValues.ts';

describe('an IP address or block', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7/32'],
    ['203.0.113.7/32', '203.0.113.7/32'],
    ['203.0.113.77/24', '203.0.113.0/24'],
    ['203.0.113.255/31', '203.0.113.254/31'],
    ['203.0.113.255/25', '203.0.113.128/25'],
    ['255.255.255.255/9', '255.128.0.0/9'],
    ['255.255.255.255/0', '0.0.0.0/0'],
    ['0.0.0.0', '0.0.0.0/32'],
    ['::', '0:0:0:0:0:0:0:0/128'],
    ['::1', '0:0:0:0:0:0:0:1/128'],
    ['1::', '1:0:0:0:0:0:0:0/128'],
    ['2001:DB8::aBcD:12', '2001:db8:0:0:0:0:abcd:12/128'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8/128'],
    ['1:2:3::5:6:7:8', '1:2:3:0:5:6:7:8/128'],
    ['2001:db8:ffff:ffff::/44', '2001:db8:fff0:0:0:0:0:0/44'],
    ['ffff:ffff::/17', 'ffff:8000:0:0:0:0:0:0/17'],
    ['::ffff/120', '0:0:0:0:0:0:0:ff00/120'],
    ['::/0', '0:0:0:0:0:0:0:0/0'],
  ])('%s is %s', (text, canonical) => expect(parseCidr(text)?.text).toBe(canonical));

  test.each([
    ...[
      '',
      ' ',
      '/',
      '/24',
      '203.0.113',
      '203.0.113.7.1',
      '203.0.113.256',
      '203.0.113.0777',
      '203.0.113.0077',
      '203.0.113.1e1',
      '203.0.113.a',
      '203.0.113.7a',
    ],
    ...['a203.0.113.7', '203.0.113.', '203.0.113.7/', '203.0.113.7/33', '203.0.113.7/a', '203.0.113.7/24/24'],
    ...['203.0.113.7/0024', '203.0.113.7/-1', '203.0.113.7/2x', '203.0.113.7/x2', '203.0.113.-7', '203.0.113. 7'],
    ...[
      ':',
      ':::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4::5:6:7:8',
      '1::2::3',
      '1:2:3::4:5:6::7:8',
      '::g',
      '::1g',
      '::g1',
      '::12345',
    ],
    ...['::/129', '::1/a', '1:2:3:4:5:6:7:8/', '::ffff:203.0.113.7', '1:2:3:4:5:6:7:', ':1:2:3:4:5:6:7'],
  ])('%o is none', (text) => expect(parseCidr(text)).toBeUndefined());

  it('begins with its first address', () => {
    const first = (text: string) => sampleAddress(parseCidr(text) ?? expect.unreachable());
    expect(first('203.0.113.77/24')).toBe('203.0.113.0');
    expect(first('2001:db8::77/120')).toBe('2001:db8:0:0:0:0:0:0');
  });
});

/** Every text of up to four of these characters: enough for these patterns to show what they take and what they do not. */
const longer = (texts: string[]): string[] => texts.flatMap((text) => ['a', 'b', 'A'].map((one) => text + one));
const PAIRS = longer(longer(['']));
const STRINGS = ['', ...longer(['']), ...PAIRS, ...longer(PAIRS), ...longer(longer(PAIRS))];
const ARNS = ['s3', 'sns', 'x'].flatMap((service) =>
  ['', '1', '22'].flatMap((account) => ['a', 'b', 'a:b', 'ab'].map((name) => `arn:aws:${service}::${account}:${name}`)),
);
const like = (pattern: string): RegExp => {
  const source = pattern.replace(/[^a-zA-Z0-9]/g, (one) => (one === '*' ? '.*' : one === '?' ? '.' : `\\${one}`));
  return new RegExp(`^${source}$`);
};
const NUMBERS = Array.from({ length: 41 }, (_, i) => String(i / 4 - 5));
const INSTANTS = [0, 0.5, 1, 2, 3540].flatMap((seconds) =>
  [-1, 0, 1].map((more) => new Date(1_767_225_600_000 + seconds * 1000 + more).toISOString()),
);
const ADDRESSES = Array.from({ length: 32 }, (_, i) => `203.0.113.${i}`);

interface Case {
  type: ValueType;
  texts: string[];
  reading: Reading;
  raw: string;
  /** Whether the operator takes this text: worked out in another way than in lib. */
  takes: (text: string) => boolean;
}
const compared = (reading: string, a: number, b: number): boolean =>
  ({ '=': a === b, '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b })[reading.split(' ')[1] ?? ''] ?? false;
const last = (text: string): number => Number(text.split('.')[3]);
const COMPARISONS = ['=', '<', '<=', '>', '>='] as const;

const strings = (reading: Reading, raws: string[], takes: (raw: string, text: string) => boolean): Case[] =>
  raws.map((raw) => ({ type: 'string', texts: STRINGS, reading, raw, takes: (text) => takes(raw, text) }));
const FAMILIES: Record<string, Case[]> = {
  string: [
    ...strings('string', ['', 'a', 'A', 'ab'], (raw, text) => raw === text),
    ...strings('fold', ['a', 'aB', 'b'], (raw, text) => raw.toUpperCase() === text.toUpperCase()),
    ...strings('like', ['a', '*', 'a*', '*a', '?', 'a?', '?b', '??', 'a*b', '*a*', 'b*', '*b', '?*'], (raw, text) =>
      like(raw).test(text),
    ),
  ],
  arn: [
    'arn:aws:s3:::a',
    'arn:aws:s3:::*',
    'arn:aws:s*:::a',
    'arn:aws:*:*:*:*',
    'arn:aws:s3::*:a*',
    'arn:aws:s3::?:a',
    'arn:aws:s*:::a:b',
  ].map(
    (raw): Case => ({
      type: 'string',
      texts: [...ARNS, 'a'],
      reading: 'arn',
      raw,
      takes: (text) => {
        const [, ...parts] = /^(.*?):(.*?):(.*?):(.*?):(.*?):(.*)$/.exec(text) ?? [];
        const [, ...wanted] = /^(.*?):(.*?):(.*?):(.*?):(.*?):(.*)$/.exec(raw) ?? [];
        return parts.length === 6 && wanted.every((part, index) => like(part).test(parts[index] ?? ''));
      },
    }),
  ),
  number: COMPARISONS.flatMap((sign) =>
    ['-2', '0', '3', '3.0', '+3.5', '4'].map((raw): Case => {
      const reading = `number ${sign}` as const;
      return {
        type: 'number',
        texts: [...NUMBERS, 'a', ''],
        reading,
        raw,
        takes: (text) => /^[-\d]/.test(text) && compared(reading, Number(text), Number(raw)),
      };
    }),
  ),
  date: COMPARISONS.flatMap((sign) =>
    ['2026-01-01T00:00:00Z', '2026', '2026-01-01T01:00:00+01:00', '1767225601', '2026-01-01T00:59:00Z'].map(
      (raw): Case => {
        const reading = `date ${sign}` as const;
        const at = /^\d{5,}$/.test(raw) ? Number(raw) * 1000 : new Date(raw).getTime();
        return {
          type: 'date',
          texts: [...INSTANTS, 'a'],
          reading,
          raw,
          takes: (text) => compared(reading, new Date(text).getTime(), at),
        };
      },
    ),
  ),
  bool: ['true', 'False'].map(
    (raw): Case => ({
      type: 'bool',
      texts: ['true', 'TRUE', 'false', 'x'],
      reading: 'bool',
      raw,
      takes: (text) => raw.toUpperCase() === text.toUpperCase(),
    }),
  ),
  binary: ['YQ==', 'Yg=='].map(
    (raw): Case => ({
      type: 'binary',
      texts: ['YQ==', 'yq==', 'Yg=='],
      reading: 'binary',
      raw,
      takes: (text) => raw === text,
    }),
  ),
  ip: [
    ['203.0.113.0/29', 0, 7],
    ['203.0.113.8/29', 8, 15],
    ['203.0.113.0/28', 0, 15],
    ['203.0.113.5', 5, 5],
    ['203.0.113.16/28', 16, 31],
    ['203.0.113.31/32', 31, 31],
    ['0.0.0.0/0', 0, 255],
  ].map(
    ([raw, low, high]): Case => ({
      type: 'ip',
      texts: [...ADDRESSES, 'a'],
      reading: 'ip',
      raw: String(raw),
      takes: (text) => last(text) >= Number(low) && last(text) <= Number(high),
    }),
  ),
};

/** What is not worked out: whether a text in any case is like a pattern, and what follows from how long the texts of a pattern are. */
const LENGTHS = ['?', '?*', 'arn:aws:s3::?:a'];
const undecided = (a: Case, b: Case): boolean =>
  a.reading !== b.reading &&
  [a, b].every(({ reading, raw }) => reading === 'fold' || (reading === 'like' && /[*?]/.test(raw)));

describe.each(Object.entries(FAMILIES))('values of the type %s, text by text', (_, cases) => {
  const read = ({ raw, reading }: Case) => readValue(raw, reading, true);
  it.each(cases)('$reading $raw takes what it says', (one) => {
    for (const text of one.texts)
      expect([text, valueMatches(read(one), text, one.type)]).toEqual([text, one.takes(text)]);
  });
  it.each(cases)('$reading $raw is within those that take all its texts, and apart from those that take none', (a) => {
    const taken = a.texts.filter(a.takes);
    for (const b of cases) {
      const within = valueWithin(read(a), read(b), a.type);
      const apart = valuesDisjoint(read(a), read(b), a.type);
      const truth = { b, within: taken.every(b.takes), apart: !taken.some(b.takes) };
      const open = undecided(a, b) || (a.raw !== b.raw && [a, b].some(({ raw }) => LENGTHS.includes(raw)));
      // Where it is not worked out, neither is claimed wrongly.
      const claimed = { b, within: truth.within && within, apart: truth.apart && apart };
      expect({ b, within, apart }).toEqual(open ? claimed : truth);
    }
  });
});

describe('what a value is read as', () => {
  const form = (raw: string, reading: Reading, variables = true): [string, string] => {
    const value = readValue(raw, reading, variables);
    return [value.form, value.text];
  };
  test.each<[Reading, string, string, string]>([
    ['string', 'a*?', 'literal', 'a*?'],
    ['string', '${aws:username}', 'opaque', '${aws:username}'],
    ['string', 'x${*}${?}${$}', 'literal', 'x*?$'],
    ['string', '${*}${aws:username}', 'opaque', '${*}${aws:username}'],
    ['string', '${$}{a}', 'literal', '${a}'],
    ['string', '$${*}{a}', 'literal', '$*{a}'],
    ['string', '${*', 'opaque', '${*'],
    ['string', '${*x}', 'opaque', '${*x}'],
    ['like', '${aws:username}', 'opaque', '${aws:username}'],
    ['fold', 'aÄB', 'fold', 'aÄb'],
    ['fold', '${*}', 'opaque', '${*}'],
    ['like', 'a***b**', 'glob', 'a*b*'],
    ['like', 'a', 'literal', 'a'],
    ['like', '?', 'glob', '?'],
    ['like', 'a${*}b', 'literal', 'a*b'],
    ['like', 'a${*}*', 'opaque', 'a${*}*'],
    ['like', 'a${?}?', 'opaque', 'a${?}?'],
    ['arn', 'arn:aws:s3:::b', 'literal', 'arn:aws:s3:::b'],
    ['arn', 'arn:aws:s3:::b*', 'glob', 'arn:aws:s3:::b*'],
    ['arn', 'arn:aws:s3:::b**', 'glob', 'arn:aws:s3:::b*'],
    ['arn', 'arn:aws:s3::*:b*', 'arn', 'arn:aws:s3::*:b*'],
    ['arn', 'arn:aws:s3::**:b***', 'arn', 'arn:aws:s3::*:b*'],
    ['arn', 'arn:aws:s3::*', 'opaque', 'arn:aws:s3::*'],
    ['arn', '*', 'opaque', '*'],
    ['arn', 'arn:aws:s3:::${*}', 'opaque', 'arn:aws:s3:::${*}'],
    ['bool', 'TRUE', 'literal', 'true'],
    ['bool', 'False', 'literal', 'false'],
    ['bool', 'Yes', 'opaque', 'Yes'],
    ['binary', 'YQ==', 'literal', 'YQ=='],
    ['ip', '203.0.113.9/30', 'cidr', '203.0.113.8/30'],
    ['ip', 'home', 'opaque', 'home'],
    ['number =', '+1.50', 'range', '1.5'],
    ['number =', '-12', 'range', '-12'],
    ['number <', '007', 'range', '7'],
    ['date =', '2026', 'range', '2026-01-01T00:00:00.000Z'],
    ['date =', '2026-02', 'range', '2026-02-01T00:00:00.000Z'],
    ['date =', '2026-02-03', 'range', '2026-02-03T00:00:00.000Z'],
    ['date =', '2026-02-03T04:05Z', 'range', '2026-02-03T04:05:00.000Z'],
    ['date =', '2026-02-03T04:05:06Z', 'range', '2026-02-03T04:05:06.000Z'],
    ['date =', '2026-02-03T04:05:06.789+01:00', 'range', '2026-02-03T03:05:06.789Z'],
    ['date =', '2026-02-03T04:05:06+0100', 'range', '2026-02-03T03:05:06.000Z'],
    ['date >', '20260', 'range', '1970-01-01T05:37:40.000Z'],
    ['date >', '1767225600', 'range', '2026-01-01T00:00:00.000Z'],
    ['date >', '8640000000000', 'range', '+275760-09-13T00:00:00.000Z'],
  ])('%s %o is a %s: %s', (reading, raw, expected, text) => expect(form(raw, reading)).toEqual([expected, text]));

  test.each([
    ...['', 'a', '1a', 'a1', '1.', '.5', '1.5.', '1e3', '--1', '0x1', ' 1', '1 '].map(
      (raw) => ['number =', raw] as const,
    ),
    ...['', '202', 'x2026', '2026x', '2026-1', '2026-01-1', '2026-01-01T00', '2026-01-01T00:00', '2026-13-01'].map(
      (raw) => ['date =', raw] as const,
    ),
    ...[
      '2026-01-01T00:00:0Z',
      '2026-01-01T00:00:00',
      '2026-01-01T00:00:00.Z',
      '2026-01-01 00:00:00Z',
      '8640000000001',
    ].map((raw) => ['date =', raw] as const),
    ...['-2026-01-01', '2026-01-01T0:00Z', '2026-01-01T00:0Z', '2026-01-01T00:00+1:00', '2026-01-01T00:00+01:0'].map(
      (raw) => ['date =', raw] as const,
    ),
  ])('%s %o is none, and nobody knows what it takes', (reading, raw) => {
    expect(form(raw, reading)).toEqual(['opaque', raw]);
    const value = readValue(raw, reading, true);
    expect(valueMatches(value, raw, 'number')).toBeUndefined();
    expect([
      valueWithin(value, value, 'number'),
      valuesDisjoint(value, readValue('5', reading, true), 'number'),
    ]).toEqual([true, false]);
    expect(valuesDisjoint(readValue('5', reading, true), value, 'number')).toBe(false);
  });

  it('without variables, ${…} is text', () => {
    expect(form('${aws:username}', 'string', false)).toEqual(['literal', '${aws:username}']);
    expect(form('${*}', 'like', false)).toEqual(['glob', '${*}']);
    expect(form('arn:aws:s3:::${aws:username}', 'arn', false)).toEqual(['literal', 'arn:aws:s3:::${aws:username}']);
  });
  it('anything that is known is like *, and nothing unseen is', () => {
    const all = readValue('*', 'like', true);
    expect(valueWithin(readValue('a', 'fold', true), all, 'string')).toBe(true);
    expect(valueWithin(readValue('${aws:username}', 'string', true), all, 'string')).toBe(false);
  });
  it('an ARN is like another part by part, and its last part may have colons', () => {
    const has = (pattern: string, text: string) => valueMatches(readValue(pattern, 'arn', true), text, 'string');
    expect(has('arn:aws:s3::*:b', 'arn:aws:s3::1:b')).toBe(true);
    expect(has('arn:aws:s3::*:b', 'arn:aws:s3::1:a:b')).toBe(false);
    expect(has('arn:aws:s3::*:a:b', 'arn:aws:s3::1:a:b')).toBe(true);
    expect(has('arn:aws:s3::*:a:b', 'arn:aws:s3::1:ab')).toBe(false);
  });
  it('a block of addresses in a request is in a block, or not, or nobody can tell', () => {
    const block = readValue('203.0.113.0/28', 'ip', true);
    const has = (text: string) => valueMatches(block, text, 'ip');
    expect([has('203.0.113.0/29'), has('203.0.113.16/29'), has('203.0.113.0/27')]).toEqual([true, false, undefined]);
  });
});

describe('texts to try', () => {
  test.each<[Reading, ValueType, string, string[]]>([
    ['string', 'string', 'a', ['a']],
    ['fold', 'string', 'aB', ['ab', 'AB']],
    ['like', 'string', 'a*?', ['axx', 'ax', 'a999999999999x']],
    ['arn', 'string', 'arn:aws:iam::*:r', ['arn:aws:iam::x:r', 'arn:aws:iam:::r', 'arn:aws:iam::999999999999:r']],
    ['like', 'string', '4444*', ['4444x', '4444', '4444999999999999', '444499999999']],
    ['like', 'string', 'a*1', ['ax1', 'a1', 'a9999999999991']],
    ['like', 'string', '1*a', ['1xa', '1a', '1999999999999a']],
    ['string', 'string', '${aws:username}', []],
    ['number =', 'number', '5', ['4', '5', '6', '4', '5', '6']],
    ['number <', 'number', '5', ['4', '5', '6']],
    ['number >=', 'number', '5', ['4', '5', '6']],
    ['date <', 'date', '2026', ['2025-12-31T23:59:59.000Z', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z']],
    [
      'date >',
      'date',
      '8640000000000',
      ['+275760-09-12T23:59:59.000Z', '+275760-09-13T00:00:00.000Z', '+275760-09-13T00:00:00.000Z'],
    ],
    ['ip', 'ip', '203.0.113.9/30', ['203.0.113.8']],
  ])('for %s, a %s, %s', (reading, type, raw, texts) =>
    expect(samplesOf(readValue(raw, reading, true), type)).toEqual(texts),
  );
});
