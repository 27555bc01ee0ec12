import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { rulesCommand } from '../../bin/rules.ts';
import { afterHours } from '../../lib/change/rules/clock.ts';
import { parseRules } from '../../lib/change/rules/parse.ts';
import { rulesJsonSchema } from '../../lib/change/rules/schema.ts';
import { breakGlassFor, environmentsOf, heldUntil, knownOf, maySubmit, ruleFor } from '../../lib/change/rules.ts';
import { keyOf } from '../policy/keyOf.ts';

const FILE = `approvers:
  owners: [olu@example.com, ivy@example.com]
  security: [sam@example.com, kim@example.com]
  chiefs: [cho@example.com]
delegates: { Sam@example.com: [pat@example.com] }
teams: { ledger: [ben@example.com] }
submit:
  - { match: { alias: "alias/prod/*" }, from: [ledger] }
freeze:
  - { name: year end, match: { environment: prod }, from: "2026-12-20T00:00:00Z", to: "2027-01-02T00:00:00Z" }
  - { name: weekend, days: [sat, sun], timeZone: Europe/Berlin }
accounts:
  "222233334444":
    readRole: arn:aws:iam::222233334444:role/CountersignRead
    applyRole: arn:aws:iam::222233334444:role/CountersignApply
    externalId: x-42
    regions: [eu-central-1]
rules:
  - name: prod
    match: { environment: [prod, "live*"], account: ["111122223333"] }
    stages:
      - { name: owner, quorum: 1, from: [owners] }
      - { quorum: 2, from: [security] }
    expireAfter: PT48H
    remindEvery: PT4H
    escalateAfter: PT8H
    escalateTo: [chiefs]
    signIn: true
    quietHours: { from: "20:00", to: "07:00", timeZone: Europe/Berlin, days: [sat, sun] }
    breakGlass: { quorum: 1, from: [security], review: { from: [owners] } }
  - name: default
    quorum: 1
    from: [security]
    expireAfter: PT72H
`;

const rules = (text = FILE) => {
  const parsed = parseRules(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.rules;
};
const errors = (text: string) => {
  const parsed = parseRules(text);
  return parsed.ok ? [] : parsed.errors.map(({ line, message }) => `${line}: ${message}`);
};
const key = (tags: Record<string, string> = {}, alias = 'alias/prod/ledger') => ({
  ...keyOf(),
  aliases: [alias],
  tags,
});
const folder = mkdtempSync(join(tmpdir(), 'countersign-rules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a whole rules file', () => {
  it('freezes stages, escalation, sign-in, quiet hours, delegates and the freezes of the key', () => {
    expect(ruleFor(rules(), key({ Environment: 'PROD' }), 'low')).toMatchObject({
      name: 'prod',
      quorum: 3,
      approvers: ['ivy@example.com', 'kim@example.com', 'olu@example.com', 'sam@example.com'],
      stages: [
        { name: 'owner', quorum: 1, from: ['owners'] },
        { name: 'stage 2', quorum: 2, approvers: ['kim@example.com', 'sam@example.com'] },
      ],
      escalate: { after: 28_800, approvers: ['cho@example.com'] },
      signIn: true,
      delegates: { 'sam@example.com': ['pat@example.com'] },
      freeze: [{ name: 'year end' }, { name: 'weekend' }],
    });
    const plain = ruleFor(rules(), key({ env: 'dev' }), 'low');
    expect(plain).toMatchObject({ name: 'default', freeze: [{ name: 'weekend' }] });
    expect(plain).not.toHaveProperty('stages');
    expect(breakGlassFor(rules(), key({ env: 'dev' }), 'low')).toBeUndefined();
    const emergency = breakGlassFor(rules(), key({ env: 'prod' }), 'low');
    expect(emergency).toMatchObject({ quorum: 1, breakGlass: { reviewers: ['ivy@example.com', 'olu@example.com'] } });
    expect(emergency).not.toHaveProperty('stages');
    expect(emergency).not.toHaveProperty('freeze');
  });

  it('takes the environment from the tags environment and env, in any case, and both when they disagree', () => {
    expect(environmentsOf({ Environment: 'Prod', ENV: 'dev', environments: 'x' })).toEqual(['prod', 'dev']);
    expect(ruleFor(rules(), key({ env: 'dev', Environment: 'Live-eu' }), 'low').name).toBe('prod');
    expect(ruleFor(rules(), key({ env: 'product' }), 'low').name).toBe('default');
  });

  it('says who may submit', () => {
    expect(maySubmit(rules(), key(), 'ben@example.com')).toEqual({ ok: true });
    expect(maySubmit(rules(), key(), 'ana@example.com')).toEqual({ ok: false, teams: ['ledger'] });
    expect(maySubmit(rules(), key({}, 'alias/other'), 'ana@example.com')).toEqual({ ok: true });
  });

  it('says what requests are known to have: of the applier and of the administrators apart', () => {
    expect(knownOf(rules())).toEqual({ applier: {}, administrators: {} });
    const known = `known:
  everybody: { aws:PrincipalOrgID: o-1 }
  applier: { aws:SourceVpc: [vpc-1, vpc-2] }
  administrators: { aws:SourceIp: 203.0.113.0/24 }
`;
    expect(knownOf(rules(known + FILE))).toEqual({
      applier: { 'aws:PrincipalOrgID': ['o-1'], 'aws:SourceVpc': ['vpc-1', 'vpc-2'] },
      administrators: { 'aws:PrincipalOrgID': ['o-1'], 'aws:SourceIp': ['203.0.113.0/24'] },
    });
    writeFileSync(join(folder, 'known.yml'), known + FILE);
    const said = rulesCommand(['explain', join(folder, 'known.yml'), '--key', 'alias/x']).out;
    expect(said).toContain('every request of the applier has aws:SourceVpc vpc-1 or vpc-2\n');
    expect(said).toContain('every request of the administrators has aws:PrincipalOrgID o-1\n');
  });

  it.each([
    [
      'an address of the applier',
      `known:\n  applier:\n    aws:SourceIp: 203.0.113.7\n${FILE}`,
      /^3: the applier runs in Lambda/,
    ],
    [
      'an address of everybody',
      `known:\n  everybody:\n    aws:SourceIp: 203.0.113.7\n${FILE}`,
      /^3: the applier runs in Lambda/,
    ],
    [
      'no address',
      `known:\n  administrators:\n    aws:SourceIp: office\n${FILE}`,
      /^3: must be an IP address or a range/,
    ],
    ['a wildcard', `known:\n  everybody:\n    aws:PrincipalOrgID: o-*\n${FILE}`, /^3: must be the value itself/],
    ['a key that is known anyway', `known:\n  everybody:\n    aws:PrincipalArn: x\n${FILE}`, /^\d+: there is no field/],
    [
      'a key twice',
      `known:\n  everybody: { aws:SourceVpc: vpc-1 }\n  administrators:\n    aws:SourceVpc: vpc-2\n${FILE}`,
      /^4: aws:SourceVpc stands under everybody too/,
    ],
    [
      'quorum beside stages',
      FILE.replace('    stages:', '    quorum: 1\n    from: [owners]\n    stages:'),
      /^\d+: a rule has quorum and from, or stages/,
    ],
    [
      'neither',
      FILE.replace('    quorum: 1\n    from: [security]\n    expire', '    expire'),
      /^31: a rule needs quorum and from/,
    ],
    [
      'stages that need more people than there are',
      FILE.replace('quorum: 2, from: [security]', 'quorum: 2, from: [owners]'),
      /^22: the stages ask for 3 different people, and there are 2/,
    ],
    [
      'a rule that hides those after it',
      FILE.replace(/ {4}match: \{ environment: \[.*\n/, ''),
      /^19: this rule matches everything/,
    ],
    [
      'an escalation to nobody',
      FILE.replace('    escalateTo: [chiefs]\n', ''),
      /^19: escalateAfter and escalateTo belong together/,
    ],
    ['an escalation after the end', FILE.replace('PT8H', 'PT48H'), /^26: must be less than expireAfter/],
    ['reminders without end', FILE.replace('PT4H', 'PT1M'), /^25: that is more than 1000 reminders/],
    [
      'a time zone that is none',
      FILE.replace('timeZone: Europe/Berlin, days', 'timeZone: CEST-2, days'),
      /^29: must be an IANA time zone/,
    ],
    [
      'quiet hours without a time zone',
      FILE.replace('timeZone: Europe/Berlin, days', 'days'),
      /^29: is missing, or is no string/,
    ],
    ['a freeze that ends before it begins', FILE.replace('2027-01-02', '2026-01-02'), /^10: must be later than from/],
    [
      'a week that is frozen whole',
      FILE.replace('days: [sat, sun], timeZone', 'days: [mon, tue, wed, thu, fri, sat, sun], timeZone'),
      /^11: would freeze forever/,
    ],
    [
      'an emergency that nobody is left to review',
      FILE.replace('review: { from: [owners] }', 'review: { from: [chiefs] }'),
      /^30: needs at least 2 people/,
    ],
    [
      'a team that is not there',
      FILE.replace('from: [ledger]', 'from: [ledgers]'),
      /^8: ledgers is not a group under teams/,
    ],
    [
      'somebody who stands in for themselves',
      FILE.replace('[pat@example.com]', '[sam@example.com]'),
      /^5: nobody stands in for themselves/,
    ],
    [
      'a role of another account than its own',
      FILE.replace('222233334444:role/CountersignApply', '555566667777:role/CountersignApply'),
      /^15: must be a role of account 222233334444/,
    ],
    [
      'one role for reading and putting',
      FILE.replace('role/CountersignApply', 'role/CountersignRead'),
      /^15: must be the ARN of a role whose name begins with CountersignApply/,
    ],
    ['an account that is none', FILE.replace('"222233334444":', 'production:'), /^14: must be an account id/],
    ['an account without an external id', FILE.replace('    externalId: x-42\n', ''), /^14: is missing/],
    ['a Region that is none', FILE.replace('eu-central-1', 'frankfurt'), /^17: must be a Region such as/],
    [
      'a field of a stage that does not exist',
      FILE.replace('{ quorum: 2, from', '{ quorums: 2, quorum: 2, from'),
      /^23: there is no field quorums here/,
    ],
  ])('refuses %s, and names the line', (_, text, error) => {
    expect(text).not.toBe(FILE);
    expect(errors(text).join('\n')).toMatch(new RegExp(error.source, 'm'));
  });

  it('is what the published schema takes, and what it refuses is refused', () => {
    const validate = new Ajv2020({ strict: false }).compile(rulesJsonSchema());
    for (const text of [FILE, readFileSync('rules.yml', 'utf8')]) {
      expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
    }
    expect(validate(parse(FILE.replace('quorum: 1', 'quorom: 1')))).toBe(false);
    expect(validate(parse(FILE.replace('PT48H', '48h')))).toBe(false);
  });
});

describe('the clock', () => {
  const at = (time: string) => Date.parse(time);
  const quiet = { from: '20:00', to: '07:00', timeZone: 'Europe/Berlin', days: ['sat', 'sun'] as const };
  it.each([
    ['2026-11-25T10:00:00Z', '2026-11-25T10:00:00Z'],
    ['2026-11-25T18:59:59Z', '2026-11-25T18:59:59Z'],
    ['2026-11-25T19:00:00Z', '2026-11-26T06:00:00Z'],
    ['2026-11-26T05:59:59Z', '2026-11-26T06:00:00Z'],
    ['2026-11-27T20:00:00Z', '2026-11-30T06:00:00Z'],
    ['2026-07-01T18:00:00Z', '2026-07-02T05:00:00Z'],
  ])('puts off what falls at %s to %s', (from, to) => {
    expect(new Date(afterHours(quiet, at(from))).toISOString()).toBe(new Date(to).toISOString());
  });

  it('holds through windows that follow each other, and not a moment longer', () => {
    const { freeze = [] } = rules();
    expect(heldUntil([{ freeze }], '2026-12-18T22:59:59.999Z')).toBeUndefined();
    expect(heldUntil([{ freeze }], '2026-12-18T23:00:00.000Z')).toEqual({
      name: 'the freeze weekend',
      until: '2027-01-03T23:00:00.000Z',
    });
    expect(heldUntil([{ freeze }], '2027-01-03T23:00:00.000Z')).toBeUndefined();
  });
});

describe('npm run rules', () => {
  const file = join(folder, 'rules.yml');
  it('checks, explains, and says how it is used', () => {
    writeFileSync(file, FILE);
    expect(rulesCommand(['check', file])).toMatchObject({ code: 0 });
    const said = rulesCommand([
      'explain',
      file,
      '--key',
      'alias/prod/ledger',
      '--risk',
      'high',
      '--tag',
      'env=prod',
      '--submitter',
      'olu@example.com',
    ]);
    expect(said.code).toBe(0);
    expect(said.out).toContain('rule prod decides about alias/prod/ledger at high risk');
    expect(said.out).toContain('asks 1 of ivy@example.com (owner)');
    expect(said.out).toContain('then asks 2 of kim@example.com, sam@example.com (stage 2)');
    expect(said.out).toMatch(/^expires after (\d+ (day|hour|minute)s? ?)+(,|$)/m);
    expect(said.out).toContain('olu@example.com may not submit for it: only ledger');
    expect(said.out).toContain('no reminder from 20:00 to 07:00 Europe/Berlin, nor on sat, sun');
    expect(said.out).toContain('pat@example.com may stand in for sam@example.com, who must ask them to');
    const anybody = (key: string) => rulesCommand(['explain', file, '--key', key]).out;
    expect(anybody('alias/prod/ledger')).toContain('only ledger may submit for it');
    expect(anybody('alias/other')).not.toContain('submit');
    writeFileSync(file, FILE.replace('PT8H', '8h'));
    expect(rulesCommand(['check', file])).toMatchObject({ code: 1, out: expect.stringContaining('rules.yml:26: ') });
    expect(rulesCommand(['explain', file])).toMatchObject({ code: 1 });
    expect(rulesCommand([]).code).toBe(2);
    expect(rulesCommand(['check', join(folder, 'none.yml')]).code).toBe(2);
  });
});

describe('change windows', () => {
  const WINDOWS = `approvers: { security: [sam@example.com, kim@example.com] }
freeze:
  - { name: year end, from: "2026-12-20T00:00:00Z", to: "2027-01-02T00:00:00Z" }
windows:
  - { name: weekday evenings, match: { environment: prod }, days: [mon, tue, wed, thu], from: "18:00", to: "22:00", timeZone: Europe/Berlin }
  - { name: release, match: { environment: prod }, from: "2026-11-28T08:00:00Z", to: "2026-11-28T12:00:00Z" }
rules:
  - name: own
    match: { alias: alias/prod/ledger }
    quorum: 1
    from: [security]
    expireAfter: PT48H
    breakGlass: { quorum: 1, from: [security], review: { from: [security] } }
    windows:
      - { name: sundays, days: [sun], timeZone: Europe/Berlin }
  - name: default
    quorum: 1
    from: [security]
    expireAfter: PT72H
`;
  const names = (tags: Record<string, string>, alias?: string) =>
    ruleFor(rules(WINDOWS), key(tags, alias), 'low').windows?.map(({ name }) => name);

  it('are those of the rule, or those of the file that match the key; an emergency has none', () => {
    expect(names({ env: 'prod' }, 'alias/other')).toEqual(['weekday evenings', 'release']);
    expect(names({ env: 'dev' }, 'alias/other')).toBeUndefined();
    expect(names({ env: 'prod' }, 'alias/prod/ledger')).toEqual(['sundays']);
    const emergency = breakGlassFor(rules(WINDOWS), key({ env: 'prod' }, 'alias/prod/ledger'), 'low');
    expect(emergency).not.toHaveProperty('windows');
    expect(emergency).not.toHaveProperty('freeze');
  });

  it.each([
    ['before it opens', '2026-11-25T10:00:00.000Z', '2026-11-25T17:00:00.000Z'],
    ['as it opens', '2026-11-25T17:00:00.000Z', undefined],
    ['in its last moment', '2026-11-25T20:59:59.999Z', undefined],
    ['as it closes', '2026-11-25T21:00:00.000Z', '2026-11-26T17:00:00.000Z'],
    ['over days without one, to the one that is there once', '2026-11-26T21:00:00.000Z', '2026-11-28T08:00:00.000Z'],
    ['after that one, to the next week', '2026-11-28T12:00:00.000Z', '2026-11-30T17:00:00.000Z'],
    ['by the clock of its zone in summer', '2026-07-01T15:59:00.000Z', '2026-07-01T16:00:00.000Z'],
    ['through a freeze', '2026-12-17T21:00:00.000Z', '2027-01-04T17:00:00.000Z'],
  ])('%s', (_, at, until) => {
    const held = heldUntil([ruleFor(rules(WINDOWS), key({ env: 'prod' }, 'alias/other'), 'low')], at);
    expect(held?.until).toBe(until);
  });

  it('that have closed for good hold for good, and so do two that never meet', () => {
    const gone = { name: 'gone', from: '2001-01-01T00:00:00Z', to: '2001-01-02T00:00:00Z' };
    expect(heldUntil([{ windows: [gone] }], '2026-11-25T10:00:00.000Z')).toEqual({ name: 'the window gone' });
    const on = (day: 'mon' | 'tue') => ({ name: day, days: [day], timeZone: 'Etc/UTC' });
    const never = heldUntil([{ windows: [on('mon')] }, { windows: [on('tue')] }], '2026-11-25T10:00:00.000Z');
    expect(never).toEqual({ name: 'the window mon' });
  });

  it.each([
    [
      'one that ends before it begins',
      WINDOWS.replace('2026-11-28T12', '2026-11-27T12'),
      /^6: must be later than from/,
    ],
    ['hours over midnight', WINDOWS.replace('"22:00"', '"02:00"'), /^5: must be later than from on the same day/],
    ['half of the hours', WINDOWS.replace(', to: "22:00"', ''), /^5: from and to belong together/],
    ['a key in the window of a rule', WINDOWS.replace('sundays,', 'sundays, match: {},'), /^15: .*match/],
  ])('refuses %s, and names the line', (_, text, error) => {
    expect(text).not.toBe(WINDOWS);
    expect(errors(text).join('\n')).toMatch(new RegExp(error.source, 'm'));
  });

  it('are in the published schema, and explained', () => {
    const validate = new Ajv2020({ strict: false }).compile(rulesJsonSchema());
    expect(validate(parse(WINDOWS)), JSON.stringify(validate.errors)).toBe(true);
    const file = join(folder, 'windows.yml');
    writeFileSync(file, WINDOWS);
    const said = rulesCommand(['explain', file, '--key', 'alias/other', '--tag', 'env=prod']).out;
    expect(said).toContain('held by the freeze year end while it lasts: 2026-12-20T00:00:00Z to 2027-01-02T00:00:00Z');
    expect(said).toContain(
      'applied only in a window: weekday evenings, mon, tue, wed, thu 18:00 to 22:00 Europe/Berlin; release, 2026-11-28',
    );
  });
});
