import { describe, expect, it } from 'vitest';
import { Verification } from '../../lib/audit/verify.ts';
import type { Fact } from '../../lib/change/facts.ts';
import { chained, exported, happenings, instant, notary } from './honest.ts';

const ours = notary();
type Told<T extends Fact['type']> = Fact & { type: T };

/** The story of a change with freezes and windows, with the facts of one type altered. Seconds are counted from its submit. */
function verdict<T extends Fact['type']>(type: T, alter: (fact: Told<T>) => object, story = happenings(1, 'windowed')) {
  const facts = story.map((one) =>
    one.fact.type === type ? { ...one, fact: alter(one.fact as Told<T>) as Fact } : one,
  );
  const log = chained(facts);
  const verification = new Verification(ours);
  for (const record of exported(log, [0, log.length], ours)) if (!verification.take(record)) break;
  const found = verification.verdict();
  return found.verdict === 'clean' ? 'clean' : `${found.verdict}: ${found.why}`;
}
const at = (second: number) => instant(100 + second);
const about = (second: number) => verdict('APPLY_INTENT', (fact) => ({ ...fact, at: at(second) }));
const put = (second: number) => verdict('APPLIED', (fact) => ({ ...fact, putAt: at(second) }));

describe('a put', () => {
  it.each([
    [4, 'tampered: it must not be applied before 2026-11-24T12:01:45.000Z'],
    [5, 'tampered: the window this minute or mondays held it'],
    [6, 'clean'],
    [9, 'clean'],
    [10, 'tampered: the freeze release held it'],
    [14, 'tampered: the freeze release held it'],
    [20, 'tampered: the window this minute or mondays held it'],
    [60, 'tampered: it had to be applied before 2026-11-24T12:02:40.000Z'],
  ])('at second %i is what its frozen rule says, for the intent and for the put itself: %s', (second, found) => {
    expect([about(second), put(second)]).toEqual([found, found]);
  });

  it('is held to the freezes and windows of its day too, as they were when it began', () => {
    expect([about(16), put(16)]).toEqual(['tampered: the freeze audit held it', 'clean']);
    const evenings = [{ name: 'evenings', days: ['tue'], from: '20:00', to: '21:00', timeZone: 'Asia/Kolkata' }];
    const today = { freeze: [], windows: evenings };
    expect(verdict('APPLY_INTENT', (fact) => ({ ...fact, today }))).toBe('tampered: the window evenings held it');
  });

  it('that was taken back was held by something, and only what was begun can be taken back', () => {
    const story = happenings(1, 'takenBack');
    const held = (second: number) => verdict('APPLY_HELD', (fact) => ({ ...fact, at: at(second) }), story);
    expect([held(6), held(7), held(9), held(10)]).toEqual([
      'tampered: nothing held it',
      'clean',
      'clean',
      'tampered: nothing held it',
    ]);
    const by = verdict('APPLY_HELD', (fact) => ({ ...fact, person: 'ana@example.com' }), story);
    expect(by).toBe('tampered: APPLY_HELD is not for ana@example.com to say');
    // Nobody gets an approval by it.
    const types = story.map(({ fact }) => fact.type);
    const [taken] = story.slice(types.indexOf('APPLY_HELD'), types.indexOf('APPLY_HELD') + 1);
    const begun = types.indexOf('APPROVAL_GIVEN');
    const forged = [...story.slice(0, begun), ...(taken === undefined ? [] : [taken])];
    expect(verdict('COMMENTED', (fact) => fact, forged)).toBe('tampered: chg_1 is PENDING: no apply can be taken back');
  });

  it('of an emergency is held by none of them', () => {
    const breakGlass = { reviewers: ['rae@example.com'], remindEvery: 60 };
    const freeze = [{ name: 'always', from: '2000-01-01T00:00Z', to: '2100-01-01T00:00Z' }];
    const frozen = (rule: object) => verdict('SUBMITTED', (fact) => ({ ...fact, rule: { ...fact.rule, ...rule } }));
    expect(frozen({ freeze })).toBe('tampered: the freeze always held it');
    expect(frozen({ freeze, breakGlass })).toBe('clean');
  });

  it('of an older version, which did not write down what it looked at, is judged by its deadlines alone', () => {
    const older = happenings(1, 'windowed').map((one) => {
      const { today: _, putAt: __, ...fact } = one.fact as Fact & { today?: object; putAt?: string };
      return { ...one, fact: fact as Fact };
    });
    const began = (second: number) => verdict('APPLY_INTENT', (fact) => ({ ...fact, at: at(second) }), older);
    expect([began(6), began(12)]).toEqual(['clean', 'clean']);
    expect([began(4), began(60)]).toEqual([
      'tampered: it must not be applied before 2026-11-24T12:01:45.000Z',
      'tampered: it had to be applied before 2026-11-24T12:02:40.000Z',
    ]);
  });

  it('on the clock of a place that is not known here is never called clean, nor tampered', () => {
    const windows = [{ name: 'x', days: ['tue'], timeZone: 'Mars/Olympus' }];
    const today = { freeze: [], windows };
    expect(verdict('SUBMITTED', (fact) => ({ ...fact, rule: { ...fact.rule, windows } }))).toMatch(/^incomplete/);
    expect(verdict('APPLY_INTENT', (fact) => ({ ...fact, today }))).toMatch(/^incomplete/);
  });
});
