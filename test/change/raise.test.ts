import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { rulesCommand } from '../../bin/rules.ts';
import { parseRules } from '../../lib/change/rules/parse.ts';
import { raised } from '../../lib/change/rules.ts';
import type { Risk } from '../../lib/policy/types.ts';
import { keyOf } from '../policy/keyOf.ts';

const FILE = `approvers: { all: [sam@example.com, kim@example.com] }
raise:
  - { match: { tags: { data: card } }, atLeast: medium }
  - { match: { alias: "alias/prod/*" }, atLeast: high }
  - { match: { alias: "alias/prod/x" }, atLeast: high }
rules:
  - { name: two, match: { risk: [high] }, quorum: 2, from: [all], expireAfter: PT72H }
  - { name: all, quorum: 1, from: [all], expireAfter: PT72H }
`;

describe('the rules file', () => {
  const read = parseRules(FILE);
  const [prod, card, both, other] = [
    keyOf({ aliases: ['alias/prod/x'], tags: {} }),
    keyOf({ aliases: ['alias/x'], tags: { data: 'card' } }),
    keyOf({ aliases: ['alias/prod/x'], tags: { data: 'card' } }),
    keyOf({ aliases: ['alias/x'], tags: {} }),
  ];
  test.each<[string, typeof prod, Risk, Risk, number?]>([
    ['raises', prod, 'low', 'high', 2],
    ['raises by the tags', card, 'low', 'medium', 1],
    ['raises by the highest, the first of these', both, 'low', 'high', 2],
    ['leaves what is as high', prod, 'high', 'high'],
    ['never lowers', card, 'critical', 'critical'],
    ['leaves other keys', other, 'low', 'low'],
  ])('%s', (_, key, risk, expected, entry) => {
    if (!read.ok) throw new Error('the file is not read');
    const graded = { risk, riskReasons: ['as graded'] };
    const result = raised(read.rules, key, graded);
    expect(result.risk).toBe(expected);
    const reason = `Raised by the rules file, entry ${entry} of raise: every change of this key counts as at least ${expected}.`;
    expect(result.riskReasons).toEqual(entry === undefined ? ['as graded'] : [reason, 'as graded']);
  });
  it('is explained: which entry raises to what, and the rule that then decides', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'raise-')), 'rules.yml');
    writeFileSync(file, FILE);
    const explain = (...more: string[]) => rulesCommand(['explain', file, ...more]).out;
    const prodKey = explain('--key', 'alias/prod/x');
    expect(prodKey).toContain('rule two decides about alias/prod/x at high risk');
    expect(prodKey).toContain('entry 2 of raise: every change of it counts as at least high, not low\n');
    const graver = explain('--key', 'alias/prod/x', '--risk', 'critical');
    expect(graver).toContain('rule all decides about alias/prod/x at critical risk');
    expect(graver).toContain('entry 2 of raise: every change of it counts as at least high\n');
    expect(explain('--key', 'alias/other')).not.toContain('raise');
  });
  it('takes no word that is no risk', () => {
    expect(parseRules(FILE.replace('atLeast: high', 'atLeast: huge')).ok).toBe(false);
  });
});
