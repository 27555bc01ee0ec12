import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { durationSeconds } from '../../lib/change/duration.ts';
import type { FrozenRule } from '../../lib/change/facts.ts';
import { parseRules } from '../../lib/change/rules/parse.ts';
import { breakGlassFor, entitledToday, type Rules, ruleFor } from '../../lib/change/rules.ts';
import type { Key } from '../../lib/policy/types.ts';

const key = (over: Partial<Key> = {}): Key => ({
  arn: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  accountId: '111122223333',
  region: 'us-east-1',
  aliases: ['alias/payments'],
  manager: 'CUSTOMER',
  state: 'Enabled',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  multiRegion: false,
  tags: {},
  ...over,
});

const FILE = `approvers:
  security: [Sam@Example.com, kim@example.com]
  owners: [olu@example.com]
rules:
  - name: production
    match: { alias: "alias/prod/*", tags: { env: prod }, risk: [high, critical] }
    quorum: 2
    from: [security]
    expireAfter: PT48H
    remindEvery: PT4H
  - name: default
    quorum: 1
    from: [security, owners]
    expireAfter: P3D
`;

function rules(text = FILE): Rules {
  const parsed = parseRules(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.rules;
}
const errors = (text: string) => {
  const parsed = parseRules(text);
  return parsed.ok ? [] : parsed.errors.map(({ line, message }) => `${line}: ${message}`);
};

describe('the rules file', () => {
  it('gives the first rule that matches in every part', () => {
    const prod = key({ aliases: ['alias/other', 'alias/prod/ledger'], tags: { env: 'prod' } });
    expect(ruleFor(rules(), prod, 'high').name).toBe('production');
    expect(ruleFor(rules(), prod, 'medium').name).toBe('default');
    expect(ruleFor(rules(), key({ aliases: ['alias/prod/ledger'] }), 'high').name).toBe('default');
    expect(ruleFor(rules(), key({ tags: { env: 'prod' } }), 'high').name).toBe('default');
  });

  it('freezes people in one spelling, sorted, with the times in seconds', () => {
    expect(ruleFor(rules(), key(), 'low')).toEqual({
      name: 'default',
      quorum: 1,
      approvers: ['kim@example.com', 'olu@example.com', 'sam@example.com'],
      from: ['security', 'owners'],
      remindEvery: 259_200,
      expireAfter: 259_200,
      rulesSha256: rules().sha256,
    });
  });

  describe('of another day entitles', () => {
    const WHOLE = FILE.replace(
      '    from: [security]\n',
      `    from: [security]
    escalateAfter: PT1H
    escalateTo: [owners]
    breakGlass: { quorum: 1, from: [owners], review: { from: [security] } }
`,
    );
    const frozen = ruleFor(rules(WHOLE), key({ aliases: ['alias/prod/x'], tags: { env: 'prod' } }), 'high');
    const emergency = breakGlassFor(rules(WHOLE), key({ aliases: ['alias/prod/x'], tags: { env: 'prod' } }), 'high');
    const { from: _, escalate, ...rest } = frozen;
    const earlier = { ...rest, escalate: { after: escalate?.after ?? 0, approvers: escalate?.approvers ?? [] } };
    const security = ['kim@example.com', 'sam@example.com'];
    const owners = ['olu@example.com'];
    const today = (text: string, rule: FrozenRule | undefined = frozen) => {
      const { stages, escalation } = entitledToday(rules(text), rule);
      return [...stages, escalation];
    };

    it('who is still in the groups that the frozen rule names, whatever the rules are called today and ask for', () => {
      expect(today(WHOLE)).toEqual([security, owners]);
      expect(today(WHOLE.replace('name: production', 'name: prod'))).toEqual([security, owners]);
      expect(today(FILE.replace('from: [security]', 'from: [owners]').replace('quorum: 2', 'quorum: 1'))).toEqual([
        security,
        owners,
      ]);
      expect(today(WHOLE.replace('name: production', 'name: prod'), emergency)).toEqual([owners, owners]);
    });

    it('nobody who left their group, and nobody of a group that is gone', () => {
      expect(today(WHOLE.replace('Sam@', 'max@'))).toEqual([['kim@example.com', 'max@example.com'], owners]);
      expect(today(FILE.replaceAll('owners', 'holders'))).toEqual([security, []]);
      expect(today(FILE.replaceAll('security', 'guards'))).toEqual([[], owners]);
    });

    it('and under one of an earlier version, those of the rule of its name', () => {
      expect(today(WHOLE, earlier)).toEqual([security, owners]);
      expect(today(WHOLE, { ...earlier, breakGlass: { reviewers: [], remindEvery: 1 } })).toEqual([owners, owners]);
      expect(today(WHOLE.replace('name: production', 'name: prod'), earlier)).toEqual([[], []]);
    });
  });

  it.each([
    [
      'a group that is not there',
      FILE.replace('from: [security]', 'from: [securty]'),
      '8: securty is not a group under approvers',
    ],
    ['a quorum that cannot be met', FILE.replace('quorum: 2', 'quorum: 3'), '7: quorum 3 cannot be met by 2 approvers'],
    [
      'a last rule that does not match everything',
      FILE.replace('name: default', 'name: default\n    match: { risk: [low] }'),
      '12: the last rule must match everything: leave its match out',
    ],
    ['two rules of one name', FILE.replace('name: default', 'name: production'), '11: two rules are named production'],
    ['a duration with months', FILE.replace('P3D', 'P1M'), '14: must be an ISO 8601 duration such as PT48H or P7D'],
    ['an address that is none', FILE.replace('olu@example.com', 'olu'), '3: must be an email address'],
    [
      'an address that the log could not hide whole',
      FILE.replace('olu@example.com', 'x/olu@example.com'),
      '3: must be an email address without quotes, slashes and brackets',
    ],
  ])('refuses %s and names the line', (_, text, error) => expect(errors(text)).toContain(error));

  it('refuses an unknown field, a key that stands twice and text that is no YAML', () => {
    expect(errors(FILE.replace('quorum: 1', 'quorom: 1'))[0]).toBe('12: there is no field quorom here');
    expect(errors(`${FILE}rules: []\n`)[0]).toMatch(/^15: /);
    expect(errors('a: [')[0]).toMatch(/^1: /);
    expect(errors('')).not.toEqual([]);
  });

  it('reads the example that the project ships', () => {
    expect(rules(readFileSync('rules.yml', 'utf8')).rules.length).toBeGreaterThan(1);
  });
});

describe('a duration', () => {
  it.each([
    ['PT48H', 172_800],
    ['P7D', 604_800],
    ['P1W', 604_800],
    ['P1DT12H30M5S', 131_405],
    ['PT0S', undefined],
    ['P', undefined],
    ['P1Y', undefined],
    ['48h', undefined],
    ['', undefined],
  ])('%s is %s seconds', (text, seconds) => expect(durationSeconds(text)).toBe(seconds));
});
