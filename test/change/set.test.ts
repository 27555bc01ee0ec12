import { describe, expect, it } from 'vitest';
import { fold } from '../../lib/change/change.ts';
import type { FrozenRule } from '../../lib/change/facts.ts';
import {
  askedBefore,
  firstOf,
  isAskedAsOne,
  setOf,
  setSentence,
  toAskFor,
  toTellOf,
  waitingAsOne,
  whyAskedApart,
} from '../../lib/change/set.ts';
import { approval, fact, minute, submitted } from '../fixtures/facts.ts';

const IDS = ['chg_01', 'chg_02', 'chg_03'];
const { rule } = submitted();
const asks = (part: Partial<FrozenRule>): FrozenRule => ({ ...rule, ...part });
/** A change of the set, by its place in it. */
const member = (i: number, part: Partial<FrozenRule> = {}, asOne = true) =>
  fold([submitted({ change: IDS[i] ?? '', rule: asks(part), set: { id: 'set_01', changes: IDS, asOne } })]);

describe('a set', () => {
  it('is named after its first change', () => {
    const { id, changes } = setOf(IDS, [rule, rule, rule]);
    expect([id, changes, firstOf(id)]).toEqual(['set_01', IDS, 'chg_01']);
  });

  it.each<[string, Partial<FrozenRule>, boolean]>([
    ['the same people, and another quorum', { quorum: 1, name: 'other' }, true],
    ['the same people in another order', { approvers: [...rule.approvers].reverse() }, true],
    ['one person more', { approvers: [...rule.approvers, 'zoe@example.com'] }, false],
    ['a sign-in for one', { signIn: true }, false],
    ['others to escalate to', { escalate: { after: 60, approvers: ['cho@example.com'] } }, false],
    [
      'the same people in two stages',
      { stages: [1, 2].map((n) => ({ name: `${n}`, quorum: 1, from: [], approvers: rule.approvers })) },
      false,
    ],
  ])('with %s is asked about as one: %s', (_, part, asOne) => {
    expect(setOf(IDS, [rule, asks(part), rule]).asOne).toBe(asOne);
    const members = [member(0, {}, asOne), member(1, part, asOne)];
    expect(whyAskedApart(members) === undefined).toBe(asOne);
  });

  it('has the first that waits ask, and nobody asked twice', () => {
    const members = [member(0), member(1), member(2)];
    const people = ['kim@example.com', 'lee@example.com', 'sam@example.com'];
    const toAsk = (i: number, all = members) => toAskFor(all[i] ?? member(i), all, people, minute(1));
    expect([toAsk(0), toAsk(1), toAsk(2)]).toEqual([people, [], []]);
    // Somebody took the first back: the second asks for the rest.
    const first = fold([
      submitted({ set: { id: 'set_01', changes: IDS, asOne: true } }),
      fact('ana@example.com', 1, { type: 'CANCELLED', comment: '' }),
    ]);
    const rest = [first, member(1), member(2)];
    expect(waitingAsOne(rest).map(({ id }) => id)).toEqual(['chg_02', 'chg_03']);
    expect([toAsk(1, rest), toAsk(2, rest)]).toEqual([people, []]);
    // Sam has decided about the first alone: the first asks him no more, and the second does.
    const decided = fold([
      submitted({ set: { id: 'set_01', changes: IDS, asOne: true } }),
      approval('sam@example.com', 1),
    ]);
    expect(toAsk(1, [decided, member(1)])).toEqual(['sam@example.com']);
    // Sam withdrew from the second, which asks anew although the first, which asks for all, waits for Sam too.
    const withdrawn = { ...member(1), askAgain: ['sam@example.com'] };
    expect(toAsk(1, [member(0), withdrawn])).toEqual(['sam@example.com']);
    const asking = { ...member(0), askedPeople: people };
    expect(askedBefore(withdrawn, [asking, withdrawn])).toEqual(['kim@example.com', 'lee@example.com']);
  });

  it('has as asked by others those whom a change before it did ask, and nobody whom it was only to ask', () => {
    const set = { id: 'set_01', changes: IDS, asOne: true };
    const told = { mailed: [], slacked: [], failed: [] };
    const first = fold([
      submitted({ set }),
      fact('countersign', 1, { type: 'ASKED', people: ['sam@example.com'], ...told }),
    ]);
    expect(askedBefore(member(1), [member(0), member(1)])).toEqual([]);
    expect(askedBefore(member(1), [first, member(1)])).toEqual(['sam@example.com']);
    expect(askedBefore(first, [first, member(1)])).toEqual([]);
    expect(askedBefore(member(1, {}, false), [first, member(1, {}, false)])).toEqual([]);
  });

  it('leaves out who has a new version, or is to get one', () => {
    const { binding, before, afterCanonical, risk, expiresAt, applyBy } = submitted();
    const set = { id: 'set_01', changes: IDS, asOne: true };
    const versioned = fold([
      submitted({ set }),
      fact('ana@example.com', 1, {
        type: 'VERSIONED',
        version: 2,
        reason: 'Mended.',
        ...{ binding, before, afterCanonical, risk, rule, expiresAt, applyBy },
      }),
    ]);
    const wanted = fold([
      submitted({ set }),
      fact('sam@example.com', 1, { type: 'CHANGES_REQUESTED', binding, comment: 'Less.', channel: 'api' }),
    ]);
    expect(isAskedAsOne(versioned)).toBe(false);
    expect(waitingAsOne([versioned, wanted, member(1)]).map(({ id }) => id)).toEqual(['chg_02']);
  });

  it('says how far it is, and never that it is one', () => {
    const stale = fold([
      submitted({ change: 'chg_02', set: { id: 'set_01', changes: IDS, asOne: true } }),
      ...[approval('sam@example.com', 1), approval('kim@example.com', 2)],
      fact('countersign', 3, {
        type: 'APPLY_INTENT',
        binding: submitted().binding,
        approvers: [],
        fence: 1,
        attempt: 'x',
      }),
      fact('countersign', 4, { type: 'STALE', live: 'f'.repeat(64), detail: 'Somebody else wrote' }),
    ]);
    expect(setSentence([member(0), stale])).toBe(
      '0 of 2 applied. payments: Waiting for approval. payments: Stale: the key moved (Somebody else wrote).',
    );
  });

  it('of temporary ones says which was put, also when it was not put back, and what holds the others', () => {
    const { key } = submitted();
    const ended = { key, status: 'STALE', revertAt: minute(40), outcome: 'It was not put back.' } as const;
    const held = { by: 'the freeze year end', until: minute(50), applyBy: minute(90) };
    expect(setSentence([ended, { key, status: 'APPROVED', held }])).toBe(
      '1 of 2 applied. payments: Stale: not put back (It was not put back.). payments: Approved, and held by the freeze year end until Tue 24 Nov 2026, 12:50 UTC: it is applied then.',
    );
  });
});

describe('what happens to changes of a set, for their authors', () => {
  const happened = (...ids: string[]) => ({
    untold: ({ id }: { id: string }) => ids.includes(id),
    follows: ({ id }: { id: string }) => id === 'chg_03',
  });
  const members = [member(0), member(1), member(2)];
  const telling = (i: number, ids: string[], recent = false, all = members) => {
    const tell = toTellOf(all[i] ?? member(i), all, happened(...ids), recent);
    return tell.map(({ id }) => id);
  };

  it('is told of all of them by each that comes last, and by none to which it did not happen', () => {
    expect(telling(0, ['chg_01', 'chg_02'])).toEqual(['chg_01', 'chg_02']);
    expect(telling(1, ['chg_01', 'chg_02'])).toEqual(['chg_01', 'chg_02']);
    expect(telling(2, ['chg_01', 'chg_02'])).toEqual([]);
    expect(telling(1, ['chg_02'])).toEqual(['chg_02']);
  });

  it('waits a moment for one that may follow, and for nobody else', () => {
    expect(telling(0, ['chg_01', 'chg_02'], true)).toEqual([]);
    expect(telling(0, ['chg_01', 'chg_03'], true)).toEqual(['chg_01', 'chg_03']);
  });

  it('is told change by change where they are asked about apart', () => {
    const apart = [member(0, {}, false), member(1, {}, false), member(2, {}, false)];
    expect(telling(1, ['chg_01', 'chg_02'], true, apart)).toEqual(['chg_02']);
    // A new version is a matter of its own.
    const newer = [members[0] ?? member(0), { ...member(1), version: 2 }, member(2)];
    expect(telling(1, ['chg_01', 'chg_02'], true, newer)).toEqual(['chg_02']);
    expect(telling(0, ['chg_01', 'chg_02'], false, newer)).toEqual(['chg_01']);
  });
});
