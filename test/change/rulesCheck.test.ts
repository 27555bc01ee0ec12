import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { packedRules } from '../../bin/packageRules.ts';
import { rulesCommand } from '../../bin/rules.ts';
import { matches } from '../../lib/change/rules/match.ts';
import { parseRules } from '../../lib/change/rules/parse.ts';
import type { Match, RulesFile } from '../../lib/change/rules/schema.ts';
import { shadowed } from '../../lib/change/rules/shadows.ts';
import { loadRules } from '../../lib/store/rulesFile.ts';
import { keyOf } from '../policy/keyOf.ts';
import { runs } from '../runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'rules.yml');

/** What `npm run rules -- check` says of this file, and how it exits. */
function check(text: string): { out: string; code: number } {
  writeFileSync(file, text);
  const { out, code } = rulesCommand(['check', file]);
  return { out: out.replaceAll(`${file}:`, '').replaceAll(file, 'it'), code };
}

const tail = '{ quorum: 1, from: [security], expireAfter: PT1H }';
const ruled = (...matched: string[]) =>
  `approvers: { security: [sam@example.com, kim@example.com] }
rules:
${matched.map((match, i) => `  - { name: r${i + 1}, match: ${match}, ${tail.slice(2)}\n`).join('')}  - { name: default, ${tail.slice(2)}
`;

describe('a rule that never decides is an error that names both rules and lines', () => {
  it.each([
    ['a narrower alias after a wider one', ['{ alias: "alias/*" }', '{ alias: "alias/prod/*" }']],
    ['each alias of a list', ['{ alias: ["alias/a*", "alias/b?"] }', '{ alias: ["alias/bx", "alias/ab*"] }']],
    ['the same again, with more asked', ['{ alias: "alias/a" }', '{ alias: "alias/a", risk: [high] }']],
    ['fewer tags before more', ['{ tags: { env: prod } }', '{ tags: { team: pay, env: prod } }']],
    ['a tag that says the environment', ['{ environment: "prod*" }', '{ tags: { Env: Production } }']],
    ['an environment in another case', ['{ environment: PROD }', '{ environment: prod }']],
    ['one account of several', ['{ account: ["111122223333", "222233334444"] }', '{ account: "222233334444" }']],
    [
      'a key ARN',
      ['{ key: "arn:aws:kms:*:111122223333:key/*" }', '{ key: "arn:aws:kms:eu-west-1:111122223333:key/*" }'],
    ],
  ])('%s', (_, [first = '', second = '']) => {
    const { out, code } = check(ruled(first, second));
    expect(out).toBe(
      '4: rules.1: rule r2 never decides: rule r1 (line 3) matches everything that it matches, and stands before it; put it first, or narrow that\n',
    );
    expect(code).toBe(1);
  });

  it('also where two rules share its risks', () => {
    const { out } = check(
      ruled('{ risk: [low, medium] }', '{ alias: "alias/*", risk: [high, critical] }', '{ alias: alias/a }'),
    );
    expect(out).toMatch(
      /^5: rules\.2: rule r3 never decides: rule r1 \(line 3\) and rule r2 \(line 4\) match everything/,
    );
  });

  it.each([
    ['a wider alias after a narrower one', ['{ alias: "alias/prod/*" }', '{ alias: "alias/*" }']],
    ['a key without an alias', ['{ alias: "*" }', '{ account: "111122223333" }']],
    ['another risk', ['{ alias: "alias/*", risk: [low] }', '{ alias: alias/a, risk: [low, high] }']],
    ['one alias of the list that is outside', ['{ alias: "alias/a*" }', '{ alias: ["alias/ab", "alias/b"] }']],
    ['a tag of another name', ['{ tags: { env: prod } }', '{ environment: prod }']],
    ['a tag of another case', ['{ tags: { env: prod } }', '{ tags: { Env: prod } }']],
    ['an account that is no pattern', ['{ account: "1*" }', '{ account: "111122223333" }']],
  ])('and not %s', (_, [first = '', second = '']) => {
    expect(check(ruled(first, second))).toMatchObject({ code: 0, out: expect.stringMatching(/^it is a rules file/) });
  });

  it('also among those who may submit', () => {
    const text = `teams: { ledger: [ben@example.com] }
submit:
  - { match: { alias: "alias/prod/*" }, from: [ledger] }
  - { from: [ledger] }
  - { match: { alias: alias/prod/a }, from: [ledger] }
${ruled()}`;
    expect(check(text).out).toBe(
      '5: submit.2: this entry never decides: the entry at line 3 matches everything that it matches, and stands before it; put it first, or narrow that\n',
    );
  });

  it('is never said of a rule that does decide for some key', () => {
    const globs = fc.constantFrom('*', 'a*', '?', 'a', 'ab', '*b', '?b', 'A');
    const pick = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const match = fc.record({
      alias: pick(fc.array(globs, { minLength: 1, maxLength: 2 })),
      key: pick(globs),
      account: pick(fc.constantFrom('1', ['1', '2'], '*')),
      environment: pick(globs),
      tags: pick(fc.dictionary(fc.constantFrom('env', 'ENVIRONMENT', 'team'), fc.constantFrom('a', 'ab', 'A', 'a*'))),
      risk: pick(fc.constantFrom(['low' as const], ['low' as const, 'high' as const])),
    }) as fc.Arbitrary<Match>;
    const words = fc.constantFrom('a', 'ab', 'b', 'A', 'abb', 'a*');
    const asked = fc.record({
      arn: words,
      accountId: fc.constantFrom('1', '2', '3'),
      aliases: fc.array(words, { maxLength: 2 }),
      tags: fc.dictionary(fc.constantFrom('env', 'ENVIRONMENT', 'team'), words),
    });
    let said = 0;
    fc.assert(
      fc.property(fc.array(match, { minLength: 2, maxLength: 4 }), fc.array(asked, { maxLength: 20 }), (list, keys) => {
        const rules = { rules: [...list.map((one, i) => ({ name: `r${i}`, match: one })), {}] } as unknown as RulesFile;
        for (const [[, place]] of shadowed(rules, () => 1)) {
          said++;
          for (const key of keys) {
            for (const risk of ['low', 'medium', 'high', 'critical'] as const) {
              const first = list.findIndex((one) => matches(one, { ...keyOf(), ...key }, risk));
              expect(first).not.toBe(place);
            }
          }
        }
      }),
      { numRuns: runs(2_000) },
    );
    expect(said).toBeGreaterThan(0);
  });
});

describe('callers', () => {
  const iam = (...entries: string[]) => `iam:\n${entries.map((arn) => `  ${arn}\n`).join('')}${ruled()}`;
  const who = '{ person: ci@example.com, groups: [submitters] }';

  it('two roles that one caller may be are an error, also of one person', () => {
    const text = iam(`arn:aws:iam::111122223333:role/a/ci: ${who}`, `arn:aws:iam::111122223333:role/ci: ${who}`);
    expect(check(text)).toEqual({
      code: 1,
      out: '3: iam.arn:aws:iam::111122223333:role/ci: a caller of this role may also be arn:aws:iam::111122223333:role/a/ci (line 2), and is refused: keep one of the two\n',
    });
  });

  it.each(['arn:aws:iam::111122223333:role/ci-*', 'arn:aws:sts::111122223333:assumed-role/ci/session'])(
    '%s is nobody: an error',
    (arn) => expect(check(iam(`${arn}: ${who}`)).out).toMatch(/^2: .*: no caller is ever this: name the whole ARN/),
  );

  it('roles of two accounts, of two names, and a user of the same name are apart', () => {
    const text = iam(
      `arn:aws:iam::111122223333:role/ci: ${who}`,
      `arn:aws:iam::222233334444:role/ci: ${who}`,
      `arn:aws:iam::111122223333:role/ci/deploy: ${who}`,
      `arn:aws:iam::111122223333:user/ci: ${who}`,
    );
    expect(check(text).code).toBe(0);
  });
});

it('what the check refuses is not packaged, in the same words; what it only warns of reaches the lambdas as it was read', () => {
  const { out } = check(ruled('{ alias: "alias/*" }', '{ alias: alias/a }'));
  const [, said = ''] = /^4: rules\.1: (.*)\n/.exec(out) ?? [];
  expect(said).toMatch(/never decides/);
  expect(() => packedRules(file)).toThrow(`line 4 rules.1: ${said}`);
  expect(check(`delegates: { sam@example.com: [pat@example.com] }\n${ruled()}`).out).toContain('warning');
  process.env.RULES_FILE = join(folder, 'rules.json');
  for (const other of [readFileSync(file, 'utf8'), '{ "rules": [] }']) {
    writeFileSync(process.env.RULES_FILE, other);
    expect(() => loadRules()).toThrow();
  }
  writeFileSync(process.env.RULES_FILE, packedRules(file));
  expect(parseRules(readFileSync(file, 'utf8'))).toMatchObject({ ok: true, rules: loadRules() });
});

describe('delegates', () => {
  const delegates = (...lines: string[]) => `delegates:\n${lines.map((line) => `  ${line}\n`).join('')}${ruled()}`;

  it('in no group, or of somebody in no group, are warnings: it is a rules file', () => {
    const { out, code } = check(
      delegates('sam@example.com: [Kim@example.com, pat@exmaple.com]', 'olu@example.com: [sam@example.com]'),
    );
    expect(out.split('\n')).toEqual([
      '2: warning: delegates.sam@example.com.1: pat@exmaple.com is in no group of approvers, and may approve in the place of sam@example.com',
      '3: warning: delegates.olu@example.com: olu@example.com is in no group of approvers, so nobody ever stands in for them',
      expect.stringMatching(/^it is a rules file, sha256 [0-9a-f]{64}$/),
      '',
    ]);
    expect(code).toBe(0);
  });

  it('of one person in two spellings are an error: one of the lists would be forgotten', () => {
    expect(check(delegates('sam@example.com: [kim@example.com]', 'Sam@Example.com: [kim@example.com]')).out).toBe(
      '3: delegates.Sam@Example.com: sam@example.com stands at line 2 already: make it one list\n',
    );
  });
});

describe('what is too little or too much says so', () => {
  it.each([
    [
      'an empty group',
      ruled().replace('approvers: {', 'approvers: { empty: [],'),
      '1: approvers.empty: empty under approvers has nobody: name at least one person, or take it out',
    ],
    [
      'an empty team',
      `teams:\n  ledger: []\n${ruled()}`,
      '2: teams.ledger: ledger under teams has nobody: name at least one person, or take it out',
    ],
    ['a quorum of nobody', ruled().replace('quorum: 1', 'quorum: 0'), '3: rules.0.quorum: must be at least 1'],
    ['too large a quorum', ruled().replace('quorum: 1', 'quorum: 21'), '3: rules.0.quorum: must be at most 20'],
    ['a name without letters', ruled().replace('name: default', 'name: ""'), '3: rules.0.name: must not be empty'],
    [
      'too long a name',
      ruled().replace('name: default', `name: ${'x'.repeat(65)}`),
      '3: rules.0.name: must have at most 64 characters',
    ],
    ['no rules', ruled().replace(/rules:[\s\S]*/, 'rules: []'), '2: rules: must not be empty'],
    ['no account', ruled('{ account: [] }'), '3: rules.0.match.account: must not be empty'],
  ])('%s', (_, text, said) => expect(check(text)).toEqual({ code: 1, out: `${said}\n` }));
});
