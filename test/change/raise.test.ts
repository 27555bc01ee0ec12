import { describe, expect, it, test } from 'vitest';
import { parseRules } from '../../lib/change/rules/parse.ts';
import { raised } from '../../lib/change/rules.ts';
import type { Risk } from '../../lib/policy/types.ts';
import { keyOf } from '../policy/keyOf.ts';

const FILE = `approvers: { all: [sam@example.com, kim@example.com] }
raise:
  - { match: { alias: "alias/prod/*" }, atLeast: high }
  - { match: { tags: { data: card } }, atLeast: medium }
rules:
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
  test.each<[string, typeof prod, Risk, Risk]>([
    ['raises', prod, 'low', 'high'],
    ['raises by the tags', card, 'low', 'medium'],
    ['raises by the highest', both, 'low', 'high'],
    ['leaves what is as high', prod, 'high', 'high'],
    ['never lowers', card, 'critical', 'critical'],
    ['leaves other keys', other, 'low', 'low'],
  ])('%s', (_, key, risk, expected) => {
    if (!read.ok) throw new Error('the file is not read');
    const graded = { risk, riskReasons: ['as graded'] };
    const result = raised(read.rules, key, graded);
    expect(result.risk).toBe(expected);
    const reason = `The rules file counts every change of this key as at least ${expected}.`;
    expect(result.riskReasons).toEqual(risk === expected ? ['as graded'] : [reason, 'as graded']);
  });
  it('takes no word that is no risk', () => {
    expect(parseRules(FILE.replace('atLeast: high', 'atLeast: huge')).ok).toBe(false);
  });
});
