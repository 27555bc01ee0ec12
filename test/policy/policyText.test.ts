import { expect, it, test } from 'vitest';
import { itemsOf, type JsonNode, memberOf, parseJson } from '../../lib/policy/document/json.ts';
import {
  appendStrings,
  applySplices,
  insertStatement,
  literal,
  removeItems,
  replaceStrings,
} from '../../lib/policy/document/policyText.ts';

function read(text: string): JsonNode {
  const result = parseJson(text);
  return result.ok ? result.node : expect.unreachable();
}
const listOf = (text: string): JsonNode => memberOf(read(text), 'L') ?? expect.unreachable();

const STATEMENT = { Sid: 'x', P: { AWS: ['a', 'b'] } };
const INSERTED: [text: string, index: number][] = [
  ...([
    ['[]', 0],
    ['{"A":"1"}', 1],
    ['{"A":"1"}', 0],
    ['[{"A":"1"},{"B":"2"}]', 1],
    ['[{"A":"1"}, {"B":"2"}]', 2],
  ] as [string, number][]),
  ['[ {"A" : "1", "B" : [ "2" ]} ]', 1],
  ['[\n  {\n    "A": "1",\n    "B": ["2"]\n  }\n]', 1],
  ['[\n  {\n    "A": "1",\n    "B": ["2"]\n  }\n]', 0],
  ['[\r\n\t{\r\n\t\t"A": {\r\n\t\t\t"C": "1"\r\n\t\t}\r\n\t}\r\n]', 1],
  ['[\n  {"A":"1"},\n  {"B":"2"}\n]', 2],
  ['[\n  { "A": "1",\n    "B": "2" }\n]', 1],
  ['[{\n    "A": { "B": "1" }\n}]', 1],
  ['[{\n"A": []\n}]', 1],
  ['[{}]', 1],
  ['[{\n  "A"\n:\n"1"\n}]', 1],
  ...([
    ['{\n  "A": "1"\n}', 1],
    ['{\n  "A": "1"\n}', 0],
    ['{"A": "1", "B": "2"}', 1],
    ['[{"A":\t"1"}]', 1],
    ['[1]', 1],
  ] as [string, number][]),
  ['[ { "A": "1" } ]', 1],
  ['[ {\t"A": "1" } ]', 1],
  ...([
    ['[{"A":"1", "B":"2"}]', 1],
    ['[{"A": "1","B": "2"}]', 1],
    ['[{"A":"1" , "B":"2"}]', 1],
    ['[{"A" :"1"}]', 1],
    ['[{  "A": "1"}]', 1],
    ['[{"A":{ "B":"1" }}]', 1],
    ['[{\n}]', 1],
  ] as [string, number][]),
  ['[\n  {\n\t  "A": "1"\n  }\n]', 1],
  ['[\n  {\n    "A": {},\n    "B": {\n      "C": "1"\n    }\n  }\n]', 1],
  ['[{\n    "A": "1"\n  }]', 1],
  ['[{\n    "A": "1"\n  }\n]', 1],
];
const LISTS = [
  ...['{"L":"a"}', '{"L":[]}', '{"L":["a"]}', '{"L": ["a", "b"]}', '{\n  "L": [\n    "a"\n  ]\n}', '{\n  "L": "a"\n}'],
  ...['{\n  "L": []\n}', '{ "L" : [ "a" ] }', '{\n  "L" : [ "a" ]\n}', '{"M":["x"],\n"L":"a"}', '{"L":[ "a" ]}'],
];

// Each layout and what is written into it, read and found to be as a careful hand would write it; `-u` writes the page anew.
test('what is written is laid out like what stands there', async () => {
  const lines = [
    ...INSERTED.flatMap(([text, index]) => {
      const splices = insertStatement(text, read(text), index, STATEMENT);
      return [`statement ${index + 1} of ${JSON.stringify(text)}`, `  ${JSON.stringify(applySplices(text, splices))}`];
    }),
    ...LISTS.flatMap((text) => [
      `list of ${JSON.stringify(text)}`,
      `  with é and z ${JSON.stringify(applySplices(text, [appendStrings(text, read(text), listOf(text), ['é', 'z'])]))}`,
      `  now p and q ${JSON.stringify(applySplices(text, [replaceStrings(text, read(text), listOf(text), ['p', 'q'])]))}`,
    ]),
  ];
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(
    new URL('../vectors/told/layouts.txt', import.meta.url).pathname,
  );
});

test.each([
  ['a', '[ "b",\n "c" ]'],
  ['b', '[ "a",\n "c" ]'],
  ['c', '[ "a", "b" ]'],
  ['ab', '[ "c" ]'],
  ['ac', '[ "b" ]'],
  ['bc', '[ "a" ]'],
])('without %s the list of a, b and c is %j', (gone, left) => {
  const text = '[ "a", "b",\n "c" ]';
  const splices = removeItems(itemsOf(read(text)), (item) => item.kind === 'string' && gone.includes(item.value));
  expect(applySplices(text, splices)).toBe(left);
});
it('the only item of a list is never removed', () =>
  expect(removeItems(itemsOf(read('["a"]')), () => true)).toEqual([]));

it('a string is written in ASCII', () => {
  expect(literal('é\u007f~\u2028"\\\u{1f511}')).toBe('"\\u00e9\\u007f~\\u2028\\"\\\\\\ud83d\\udd11"');
});
it('splices may come in any order', () => {
  const splices = [
    { start: 4, end: 5, text: 'X' },
    { start: 1, end: 2, text: '' },
  ];
  expect(applySplices('abcdef', splices)).toBe('acdXf');
});
