import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonNode, memberOf, parseJson, printCompact, toValue } from '../../lib/policy/document/json.ts';
import { runs } from '../runs.ts';

const codes = (input: string | Uint8Array, limits = {}): string[] => {
  const result = parseJson(input, limits);
  return result.ok ? [] : result.findings.map((finding) => finding.code);
};
const node = (text: string): JsonNode => {
  const result = parseJson(text);
  if (!result.ok) throw new Error(result.findings[0]?.message);
  return result.node;
};

describe('parseJson reads', () => {
  it.each([
    '{}',
    '[]',
    '""',
    '0',
    '-1.5e+3',
    '[1e2,1E-2]',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
    'true',
    'null',
    ' {"a":[1,{"b":"\\u00e9\\n"}]} ',
    '"\\ud83d\\ude00😀"',
  ])('%s', (text) => {
    expect(JSON.stringify(toValue(node(text)))).toBe(JSON.stringify(JSON.parse(text)));
  });
  it('any text that JSON.stringify writes, to the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(JSON.stringify(toValue(node(text)))).toBe(JSON.stringify(JSON.parse(text)));
        expect(printCompact(node(text))).toBe(JSON.stringify(value));
      }),
    );
  });
  it('with the place of every value', () => {
    const text = '{\r\n  "a/b": [1,\r\n  "x"]\n}';
    const list = memberOf(node(text), 'a/b');
    expect(list).toMatchObject({ kind: 'array', pointer: '/a~1b', line: 2, column: 10 });
    if (list?.kind !== 'array') throw new Error('no list');
    expect(list.items[1]).toMatchObject({ pointer: '/a~1b/1', line: 3, column: 3, value: 'x' });
    expect(text.slice(list.start, list.end)).toBe('[1,\r\n  "x"]');
  });
  it('members of objects alone', () => {
    expect(memberOf(node('{"a":1}'), 'a')).toMatchObject({ kind: 'number', raw: '1' });
    expect(memberOf(node('{"a":1}'), 'b')).toBeUndefined();
    expect(memberOf(node('[1]'), '0')).toBeUndefined();
    expect(memberOf(node('"length"'), 'length')).toBeUndefined();
  });
  it('a name __proto__ as a name like any other', () => {
    const value = toValue(node('{"__proto__":{"Effect":"Allow"}}')) as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(value.Effect).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBe(null);
  });
});

describe('parseJson refuses', () => {
  const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
  it.each<[string, string | Uint8Array, string]>([
    ['nothing', '', 'JSON_EMPTY'],
    ['white space alone', ' \n', 'JSON_EMPTY'],
    ['a name twice', '{"a":1,"a":2}', 'JSON_DUPLICATE_NAME'],
    ['a name twice by escape', '{"Effect":"Deny","\\u0045ffect":"Allow"}', 'JSON_DUPLICATE_NAME'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}', 'JSON_DUPLICATE_NAME'],
    ['a lone escaped surrogate', '"\\ud800"', 'JSON_LONE_SURROGATE'],
    ['a lone escaped surrogate in a name', '{"\\udc00":1}', 'JSON_LONE_SURROGATE'],
    ['a raw lone surrogate', '"\ud800"', 'JSON_LONE_SURROGATE'],
    ['text after the end', '{} {}', 'JSON_TRAILING_TEXT'],
    ['a line comment', '{} // x', 'JSON_COMMENT'],
    ['a block comment', '{/* x */}', 'JSON_COMMENT'],
    ['a control character', '"a\u0001"', 'JSON_CONTROL_CHARACTER'],
    ['a raw NUL', '"a\0"', 'JSON_CONTROL_CHARACTER'],
    ['an escaped NUL', '"\\u0000"', 'JSON_CONTROL_CHARACTER'],
    ['a NUL after the end', '{}\0', 'JSON_TRAILING_TEXT'],
    ['a raw line break in a string', '"a\nb"', 'JSON_CONTROL_CHARACTER'],
    ['a leading zero', '[01]', 'JSON_NUMBER'],
    ['a plus sign', '[+1]', 'JSON_NUMBER'],
    ['a bare point', '[1.]', 'JSON_NUMBER'],
    ['a hex number', '[0x10]', 'JSON_NUMBER'],
    ['a number beyond doubles', '[1e999]', 'JSON_NUMBER'],
    ['NaN', '[NaN]', 'JSON_SYNTAX'],
    ['a longer word', '[nullable]', 'JSON_SYNTAX'],
    ['a cut word', '[tru]', 'JSON_SYNTAX'],
    ['a trailing comma in a list', '[1,]', 'JSON_SYNTAX'],
    ['a trailing comma in an object', '{"a":1,}', 'JSON_SYNTAX'],
    ['single quotes', "{'a':1}", 'JSON_SYNTAX'],
    ['no colon', '{"a" 1}', 'JSON_SYNTAX'],
    ['no comma', '[1 2]', 'JSON_SYNTAX'],
    ['an open string', '"abc', 'JSON_SYNTAX'],
    ['an open list', '[1', 'JSON_SYNTAX'],
    ['an unknown escape', '"\\x41"', 'JSON_SYNTAX'],
    ['an unknown escape of four digits', '"\\x0041"', 'JSON_SYNTAX'],
    ['a short escape', '"\\u12"', 'JSON_SYNTAX'],
    ['another white space', '\u00a0{}', 'JSON_SYNTAX'],
    ['a byte order mark', '\ufeff{}', 'JSON_BYTE_ORDER_MARK'],
    ['a byte order mark in bytes', bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d), 'JSON_BYTE_ORDER_MARK'],
    ['bytes that are no UTF-8', bytes(0x22, 0xff, 0x22), 'JSON_NOT_UTF8'],
    ['overlong UTF-8', bytes(0x22, 0xc0, 0xa2, 0x22), 'JSON_NOT_UTF8'],
    ['encoded surrogates', bytes(0x22, 0xed, 0xa0, 0x80, 0x22), 'JSON_NOT_UTF8'],
    ['a depth bomb', '['.repeat(200_000), 'JSON_TOO_DEEP'],
    ['a depth bomb of objects', '{"a":'.repeat(200_000), 'JSON_TOO_DEEP'],
  ])('%s', (_name, input, code) => {
    expect(codes(input)).toEqual([code]);
  });
  it('more than the limits allow, and not what is just within', () => {
    expect(codes('[1,2]', { maxLength: 5 })).toEqual([]);
    expect(codes('[1,2]', { maxLength: 4 })).toEqual(['JSON_TOO_LARGE']);
    expect(codes('[1,2]', { maxNodes: 3 })).toEqual([]);
    expect(codes('[1,2]', { maxNodes: 2 })).toEqual(['JSON_TOO_MANY_VALUES']);
    expect(codes('[[{}]]', { maxDepth: 3 })).toEqual([]);
    expect(codes('[[{}]]', { maxDepth: 2 })).toEqual(['JSON_TOO_DEEP']);
    expect(codes('['.repeat(64) + ']'.repeat(64))).toEqual([]);
    expect(codes('['.repeat(65) + ']'.repeat(65))).toEqual(['JSON_TOO_DEEP']);
    expect(codes('['.repeat(300_000), { maxDepth: 1e9 })).toEqual(['JSON_TOO_DEEP']);
  });
  it('a name twice among many, wherever the two stand', () => {
    const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
    const text = (...more: string[]) => `{${[...names, ...more].map((name) => `"${name}":1`).join()}}`;
    expect(codes(text())).toEqual([]);
    for (const name of names) expect(codes(text(name))).toEqual(['JSON_DUPLICATE_NAME']);
  });
  it('what is too long, in the unit that was counted', () => {
    const message = (input: string | Uint8Array): unknown => {
      const result = parseJson(input, { maxLength: 2 });
      return result.ok || result.findings[0]?.message;
    };
    expect(message('null')).toBe('The text has 4 characters; at most 2 are read.');
    expect(parseJson('null', { maxLength: 2 })).toMatchObject({ findings: [{ severity: 'error' }] });
    expect(parseJson('[1,2]', { maxNodes: 2 })).toMatchObject({ findings: [{ message: 'More than 2 values.' }] });
    expect(message(new Uint8Array(3))).toBe('The text has 3 bytes; at most 2 are read.');
  });
  it('at the place where it went wrong', () => {
    const result = parseJson('{\n  "a": {\n    "b": 1,\n    "b": 2 } }');
    expect(result.ok || result.findings[0]).toMatchObject({ path: '/a/b', line: 4, column: 5 });
    const broken = parseJson('{\n  "a": 1,\n  "b": nil }');
    expect(broken.ok || broken.findings[0]).toMatchObject({ path: '/b', line: 3, column: 8 });
    const bytes = parseJson(new Uint8Array([0x22, ...[1, 2, 3].flatMap(() => [0xc3, 0xa9]), 0xff]));
    expect(bytes.ok || bytes.findings[0]).toMatchObject({ code: 'JSON_NOT_UTF8', line: 1, column: 5 });
    const marked = parseJson(new Uint8Array([0xef, 0xbb, 0xbf, 0x22, 0xff]));
    expect(marked.ok || marked.findings[0]).toMatchObject({ code: 'JSON_NOT_UTF8', line: 1, column: 3 });
    const half = parseJson('{\n  "a": "\\ud800" }');
    expect(half.ok || half.findings[0]).toMatchObject({ path: '/a', line: 2, column: 8 });
  });
  it('every text that JSON.parse refuses, and never throws', () => {
    const bit = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      'a',
      '\\',
      'u00',
      '41',
      'true',
      'null',
      '-',
      '1',
      '.',
      'e',
      ' ',
      '\n',
      '/',
      'é',
      '\u2028',
    );
    fc.assert(
      fc.property(fc.array(bit, { maxLength: 14 }), (bits) => {
        const text = bits.join('');
        const result = parseJson(text);
        if (!result.ok) return;
        expect(JSON.stringify(toValue(result.node))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: runs(3000) },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (input) => void parseJson(input)));
  });
});

describe('the place of what is no text', () => {
  const placeOf = (input: string | Uint8Array) => {
    const result = parseJson(input, { maxLength: 20 });
    return result.ok ? undefined : result.findings.map(({ line, column }) => [line, column]);
  };
  it.each<[string, string | Uint8Array, [number, number]]>([
    ['a byte in the second line', Uint8Array.from([0x7b, 0x0d, 0x0a, 0x20, 0xff, 0x7d]), [2, 2]],
    ['a byte after a letter of two bytes', Uint8Array.from([0x22, 0xc3, 0xa9, 0xc3, 0x22]), [1, 3]],
    ['a letter that is cut off', Uint8Array.from([0x22, 0x61, 0xc3]), [1, 3]],
    ['half of a pair', '{\n"a\ud83d\ude00\ud83d"', [2, 5]],
    ['the second half alone', '"\ude00"', [1, 2]],
    ['a text that is too long', 'a'.repeat(21), [1, 1]],
  ])('is told: %s', (_, input, place) => expect(placeOf(input)).toEqual([place]));
});
