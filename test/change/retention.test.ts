import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packedRules } from '../../bin/packageRules.ts';
import { checkRetention, readRetention } from '../../lib/change/retention.ts';
import { readService } from '../../local/serverless.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-retention-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RULES = `approvers: { security: [sam@example.com] }
rules:
  - { name: slow, match: { alias: "alias/slow/*" }, quorum: 1, from: [security], expireAfter: P45D }
  - { name: default, quorum: 1, from: [security], expireAfter: PT72H }
`;

describe('the retention of what goes by itself', () => {
  it('is what serverless.yml has, in seconds', () => {
    const environments = [...readService({ stage: 'prod', env: {} }).functions.values()].map((one) => one.environment);
    const usual = { idempotency: 30 * 86_400, session: 3_600, ended: 400 * 86_400 };
    expect(environments.map(readRetention)).toEqual(environments.map(() => usual));
    expect(readRetention({})).toEqual(usual);
    expect(readRetention({ IDEMPOTENCY_DAYS: '90', SESSION_MINUTES: '15', ENDED_DAYS: '7' })).toEqual({
      idempotency: 90 * 86_400,
      session: 900,
      ended: 7 * 86_400,
    });
  });

  it.each([
    ['IDEMPOTENCY_DAYS', '0', 'idempotencyDays (params of serverless.yml) is "0": it must be a whole number above 0'],
    ['ENDED_DAYS', '1.5', 'endedDays (params of serverless.yml) is "1.5": it must be a whole number above 0'],
    ['SESSION_MINUTES', '', 'sessionMinutes (params of serverless.yml) is "": it must be a whole number above 0'],
    ['SESSION_MINUTES', '1441', 'sessionMinutes (params of serverless.yml) is 1441: it must be 1,440, a day, at most'],
  ])('%s cannot be %j', (name, value, said) => {
    expect(() => readRetention({ [name]: value })).toThrow(said);
  });

  it('is never shorter than a change by the rules is open: nothing is packaged then, and the error says what to set', () => {
    const file = join(folder, 'rules.yml');
    writeFileSync(file, RULES);
    const said =
      'idempotencyDays (params of serverless.yml) is 30, and a change by the rule "slow" waits for up to 45 days: set 45 at least, or shorten its expireAfter';
    expect(() => packedRules(file)).toThrow(said);
    expect(() => packedRules(file, { IDEMPOTENCY_DAYS: '44' })).toThrow('is 44');
    const rules = JSON.parse(packedRules(file, { IDEMPOTENCY_DAYS: '45' }));
    expect(() => checkRetention(readRetention({}), rules)).toThrow(said);
  });
});
