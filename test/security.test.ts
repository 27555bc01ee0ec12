import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The cases of the threat model that have a number of their own, by group. */
const GROUPS = {
  A: [1, 3, 5, 7, 9, 10, 11, 13, 15, 17, 19],
  B: [20, 21, 23, 25, 27, 29, 31, 33],
  C: [35, 37, 39, 41, 43, 45, 47],
  E: [67, 69, 71, 73, 75, 76, 77, 79, 80, 81],
};

const rows = [...readFileSync('docs/security.md', 'utf8').matchAll(/^\| (\d+) \| .+ \| `([\w./]+)` \|$/gm)].map(
  ([, number, file]) => ({ number: Number(number), file: file ?? '' }),
);

/** The numbers with which the names of tests, or of groups of them, begin in a file. */
const numbersIn = (file: string): number[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:describe|it|test)(?:\.each\([^)]*\))?\(\s*['"`]#(\d+) /g)].map(
    ([, number]) => Number(number),
  );

describe('the page of the security cases', () => {
  it.each(Object.entries(GROUPS))('has each case of group %s', (_, numbers) => {
    expect(rows.map(({ number }) => number)).toEqual(expect.arrayContaining(numbers));
  });

  it.each(rows)('$number is the name of a test in $file', ({ number, file }) => {
    expect(numbersIn(file)).toContain(number);
  });

  it('leaves out no case that has a test', () => {
    const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.test.ts'),
    );
    const tested = files.flatMap((name) => numbersIn(join('test', name)));
    const inGroups = new Set(Object.values(GROUPS).flat());
    const listed = rows.map(({ number }) => number);
    expect([...new Set(tested)].filter((number) => inGroups.has(number) && !listed.includes(number))).toEqual([]);
  });
});
