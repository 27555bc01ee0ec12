import { expect } from 'vitest';
import type { Change } from '../../lib/change/change.ts';
import { violations } from './invariants.ts';
import { KEYS, type Lab } from './lab.ts';
import { progress, type Share, shared } from './part.ts';
import { type Fault, type Mode, nameOf } from './proxy.ts';

/** Milliseconds for which the changes here are temporary. */
export const HOUR = 3_600_000;

/** A temporary change that is applied, and whose time is over. */
export async function due(lab: Lab, key?: string): Promise<Change> {
  const { id } = await lab.approved(key, { revertAfter: 'PT1H' });
  await lab.apply(id);
  const { change } = await lab.outcome(id);
  expect(change.status).toBe('APPLIED');
  lab.ahead += HOUR;
  return change;
}

/** Puts a change back with these faults on the way, and says what is wrong with the outcome. */
export async function putBack(lab: Lab, change: Change, ...faults: Fault[]) {
  const { calls, happened, attempts } = await lab.apply(change.id, ...faults);
  const { change: ended, items } = await lab.outcome(change.id);
  const twice = faults.some(({ operation, mode }) => operation === 'apply kms.PutKeyPolicy' && mode === 'duplicate');
  // The close is no part of the step.
  const found = violations(items, await lab.visitor.puts(), twice).filter((line) => !line.startsWith('I14'));
  return { calls, happened: happened.length, ended, found, attempts };
}

/** One fault at each call that putting back makes; `choose` picks the modes of the i-th call. What went wrong, and how many faults came to pass. */
export async function sweepReverts(
  lab: Lab,
  choose: (i: number) => readonly Mode[],
  share: Share = { part: 1, of: 1 },
  say: (line: string) => void = () => undefined,
): Promise<{ wrong: string[]; faults: number; happened: number }> {
  // Every key has had policies before, so that a stale read has something to give.
  for (const _ of [...KEYS, ...KEYS]) await putBack(lab, await due(lab));
  const { calls, ended, found } = await putBack(lab, await due(lab));
  const wrong = ended.status === 'REVERTED' ? found : [`without a fault it is ${ended.status}`];
  const faults = shared(
    calls.flatMap((call, i) => choose(i).map((mode) => ({ ...call, mode }))),
    share,
  );
  const played = progress(say, 'reverts', faults.length);
  let happened = 0;
  for (const fault of faults) {
    const went = await putBack(lab, await due(lab), fault);
    happened += went.happened;
    const breaches = [...went.found];
    if (went.ended.status !== 'REVERTED') breaches.push(`after ${went.attempts} attempts ${went.ended.status}`);
    for (const line of breaches.map((breach) => `${nameOf(fault)}: ${breach}`)) {
      say(line);
      wrong.push(line);
    }
    played();
  }
  return { wrong, faults: faults.length, happened };
}
