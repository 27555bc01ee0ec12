import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { type CostCounts, changeRows, costTables, PRICES } from '../docs/cost.ts';
import { costsPage, rulesSchemaFile, statesPage } from '../docs/generate.ts';
import { parseRules } from '../lib/change/rules/parse.ts';

it('the drawn state machine is the one that runs', () => {
  expect(readFileSync('docs/states.md', 'utf8')).toBe(
    statesPage(readFileSync('statemachine/approval.asl.json', 'utf8')),
  );
});

it('the published schema of the rules file is the one that reads it', () => {
  expect(JSON.parse(readFileSync('docs/rules-file.schema.json', 'utf8'))).toEqual(JSON.parse(rulesSchemaFile()));
});

it('the rules file that the page shows is one', () => {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/rules-file.md', 'utf8')) ?? [];
  expect(parseRules(yaml)).toMatchObject({ ok: true });
});

it('the tables of what it costs are what was counted, times the prices', () => {
  expect(readFileSync('docs/cost.md', 'utf8')).toBe(costsPage());
  const counts = JSON.parse(readFileSync('docs/cost.json', 'utf8')) as CostCounts;
  const [writes] = changeRows(counts);
  expect(writes?.usd).toBeCloseTo((counts.change.writeUnits * PRICES.write.usd) / 1e6, 12);
  const dearer = { ...counts, change: { ...counts.change, mails: counts.change.mails + 1_000 } };
  expect(costTables(dearer)).not.toBe(costTables(counts));
});

/** A code block, or a code span, which ends at as many backquotes as it began with. What looks like a link there is none. */
const CODE = /^```[\s\S]*?^```$|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/gm;

it('every link between the pages leads somewhere', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ];
  for (const page of pages) {
    const prose = readFileSync(page, 'utf8').replaceAll(CODE, '');
    for (const [, target = ''] of prose.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      expect(existsSync(join(dirname(page), target)), `${target} in ${page}`).toBe(true);
    }
  }
});
