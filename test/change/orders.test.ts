import { describe, expect, it } from 'vitest';
import { type Change, countingApprovals, evolve, fold } from '../../lib/change/change.ts';
import { decide } from '../../lib/change/decide.ts';
import type { Fact } from '../../lib/change/facts.ts';
import { minute, submitted } from '../fixtures/facts.ts';

const PEOPLE = ['kim@example.com', 'lee@example.com', 'sam@example.com'];
const VERDICTS = ['approve', 'withdraw', 'reject'] as const;
const ACTS = PEOPLE.flatMap((person) => VERDICTS.map((decision) => ({ person, decision })));
/** Every order of so many acts: the three approvals, a rejection, and room for what comes twice or is taken back. */
const LONGEST = 8;

/** What an order means, told in the plainest way. */
interface Model {
  yes: readonly string[];
  ended: boolean;
}

function after({ yes, ended }: Model, { person, decision }: (typeof ACTS)[number]): Model | undefined {
  if (ended) return undefined;
  if (decision === 'reject') return { yes, ended: true };
  const said = yes.includes(person);
  if (decision === 'withdraw') return said ? { yes: yes.filter((one) => one !== person), ended } : undefined;
  return said || yes.length === 2 ? undefined : { yes: [...yes, person], ended };
}

describe('#81 two of three', () => {
  it(`every order of up to ${LONGEST} approvals, withdrawals and rejections is what the model says`, () => {
    const rule = { ...submitted().rule, quorum: 2, approvers: PEOPLE };
    const seen = { orders: 0, refused: 0, approved: 0, rejected: 0 };
    const walk = (change: Change, model: Model, depth: number): void => {
      seen.orders++;
      const status = model.ended ? 'REJECTED' : model.yes.length === 2 ? 'APPROVED' : 'PENDING';
      if (change.status !== status)
        expect.fail(`${status} became ${change.status}: ${JSON.stringify(change.decisions)}`);
      const counted = model.ended ? undefined : [...model.yes].sort().join();
      if (counted !== undefined && countingApprovals(change).sort().join() !== counted) expect.fail(`not ${counted}`);
      if (status === 'APPROVED') seen.approved++;
      if (status === 'REJECTED') seen.rejected++;
      if (depth === LONGEST) return;
      for (const act of ACTS) {
        const answer = { ...act, comment: '', channel: 'api', binding: change.binding } as const;
        const outcome = decide(change, answer, minute(depth + 1));
        const next = after(model, act);
        if (outcome.ok !== (next !== undefined))
          expect.fail(`${act.person} may not ${act.decision}, or may: ${JSON.stringify(model)}`);
        if (!outcome.ok || next === undefined) {
          seen.refused++;
          continue;
        }
        const fact = {
          ...outcome.value,
          change: change.id,
          keyArn: change.key.arn,
          person: act.person,
          at: minute(depth + 1),
        };
        walk(evolve(change, fact as Fact), next, depth + 1);
      }
    };
    walk(fold([submitted({ rule })]), { yes: [], ended: false }, 0);
    expect(seen).toEqual({
      orders: expect.toSatisfy((n: number) => n > 1_000),
      refused: expect.toSatisfy((n: number) => n > 1_000),
      approved: expect.toSatisfy((n: number) => n > 100),
      rejected: expect.toSatisfy((n: number) => n > 100),
    });
  });
});
