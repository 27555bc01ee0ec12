import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';

/**
 * What the test files get in place of `vitest` while mutants are tried (modules.ts): the same `expect`, and a `describe`, `it`,
 * `test` and `afterAll` that only write down what they are given, so that runner.ts can run each test many times as a plain function.
 */
export interface Test {
  /** The file from the root of the repository, `#` and the names down to the test. */
  id: string;
  file: string;
  run: () => unknown;
}

type Body = (...cells: never[]) => unknown;

const names: string[] = [];
let file = '';
let tests: Test[] = [];
let endings: (() => unknown)[] = [];

/** What the files asked for between two calls of this. The next ones are of `next`. */
export function collected(next: string): { tests: Test[]; endings: (() => unknown)[] } {
  const all = { tests, endings };
  [file, tests, endings] = [next, [], []];
  return all;
}

function record(name: string, run: () => unknown): void {
  tests.push({ id: `${file}#${[...names, name].join(' > ')}`, file, run });
}

function group(name: string, body: () => unknown): void {
  names.push(name);
  body();
  names.pop();
}

/** `each` of vitest: one call a row, the cells of a row as arguments. The number of the row tells the names apart. */
function each(one: (name: string, run: () => unknown) => void) {
  return (rows: readonly unknown[]) => (name: string, body: Body) => {
    for (const [index, row] of rows.entries()) {
      const cells = (Array.isArray(row) ? row : [row]) as never[];
      one(`${name} [${index}]`, () => body(...cells));
    }
  };
}

export const describe = Object.assign(group, { each: each(group) });
export const it = Object.assign(record, { each: each(record) });
export const test = it;
export const afterAll = (ending: () => unknown): void => {
  endings.push(ending);
};
export { expect };

// The matchers that are added to `expect` ask for the worker that runs them.
Object.assign(globalThis, { __vitest_worker__: { filepath: '' } });

// Vitest's own asks its main process for the file. Nothing is ever written here.
expect.extend({
  async toMatchFileSnapshot(received: unknown, path: string) {
    return { pass: received === (await readFile(path, 'utf8')), message: () => `differs from ${path}` };
  },
});
