import { describe, expect, it } from 'vitest';
import { countingApprovals, evolve, fold, TRANSITIONS } from '../../lib/change/change.ts';
import type { Event } from '../../lib/change/facts.ts';
import { AFTER, approval, BINDING, fact, minute, submitted } from '../fixtures/facts.ts';

describe('the fold of the facts', () => {
  it('is approved with the approval that completes the quorum', () => {
    expect(fold([submitted(), approval('sam@example.com', 1)]).status).toBe('PENDING');
    expect(fold([submitted(), approval('sam@example.com', 1), approval('kim@example.com', 2)]).status).toBe('APPROVED');
  });

  it.each([
    ['the same person twice', [approval('sam@example.com', 1), approval('sam@example.com', 2)]],
    ['the submitter', [approval('sam@example.com', 1), approval('ana@example.com', 2)]],
    ['a person whom the rule does not name', [approval('sam@example.com', 1), approval('olu@example.com', 2)]],
    [
      'an approval of another document',
      [approval('sam@example.com', 1), approval('kim@example.com', 2, { after: BINDING.base, base: BINDING.base })],
    ],
    [
      'an approval on another base',
      [approval('sam@example.com', 1), approval('kim@example.com', 2, { after: AFTER, base: AFTER })],
    ],
    ['an approval at the expiry', [approval('sam@example.com', 1), approval('kim@example.com', 100)]],
  ])('does not count %s, whoever wrote the fact', (_, approvals) => {
    const change = fold([submitted(), ...approvals]);
    expect(change.status).toBe('PENDING');
    expect(countingApprovals(change)).toEqual(['sam@example.com']);
  });

  it('refuses a step that the states do not have', () => {
    const rejected = fold([
      submitted(),
      fact('sam@example.com', 1, { type: 'REJECTED', binding: BINDING, comment: 'no', channel: 'api' }),
    ]);
    expect(rejected.outcome).toBe('no');
    const after: Event[] = [
      { type: 'CANCELLED', comment: '' },
      { type: 'EXPIRED' },
      { type: 'APPLY_INTENT', binding: BINDING, approvers: [], fence: 1, attempt: 'x' },
      { type: 'APPLIED', before: '', after: '', live: '', put: true },
    ];
    for (const event of after) expect(() => evolve(rejected, fact('x', 2, event))).toThrow(/cannot go from REJECTED/);
    expect(() => evolve(rejected, submitted())).toThrow(/twice/);
  });

  it('is approved again when an apply of it is taken back, and by nothing else is it approved so', () => {
    const today = { freeze: [], windows: [] };
    const held = { type: 'APPLY_HELD', by: 'the freeze year end', fence: 1, attempt: 'x', today } as const;
    const intent: Event = { type: 'APPLY_INTENT', binding: BINDING, approvers: [], fence: 1, attempt: 'x' };
    const approved = [submitted(), approval('sam@example.com', 1), approval('kim@example.com', 2)];
    const told = { mailed: [], slacked: [], failed: [] };
    const before = [...approved, fact('countersign', 3, { type: 'HELD_TOLD', by: 'x', ...told })];
    const back = fold([...before, fact('countersign', 4, intent), fact('countersign', 5, held)]);
    expect([back.status, back.applyingSince, back.heldTold]).toEqual(['APPROVED', undefined, undefined]);
    for (const facts of [approved.slice(0, 2), approved]) {
      expect(() => fold([...facts, fact('countersign', 4, held)])).toThrow('no apply can be taken back');
    }
  });

  it('never puts what was not approved: APPLYING follows APPROVED alone', () => {
    const before = Object.entries(TRANSITIONS).filter(([, to]) => (to as readonly string[]).includes('APPLYING'));
    expect(before.map(([from]) => from)).toEqual(['APPROVED']);
  });

  it('keeps when it was asked and when it was closed', () => {
    const told = { mailed: [], slacked: [], failed: [] };
    const asked = fold([submitted(), fact('countersign', 1, { type: 'ASKED', ...told })]);
    expect(asked).toMatchObject({ asked: true, closed: false, submittedAt: minute(0) });
    const ended = evolve(asked, fact('countersign', 100, { type: 'EXPIRED' }));
    expect(evolve(ended, fact('countersign', 101, { type: 'CLOSED', ...told }))).toMatchObject({ closed: true });
  });
});
