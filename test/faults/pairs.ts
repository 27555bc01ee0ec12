import { violations } from './invariants.ts';
import { KEYS, type Lab } from './lab.ts';
import { type Share, shared } from './part.ts';
import { type Call, type Fault, MODES, type Mode, nameOf } from './proxy.ts';

export interface Paired {
  runs: number;
  happened: number;
  violations: string[];
}

const namesOf = (faults: readonly Fault[]) => faults.map(nameOf).join(', then ');

/** One approved change, applied with these faults on the way, and what is wrong with the outcome. */
export async function applied(
  lab: Lab,
  ...faults: Fault[]
): Promise<{ calls: Call[]; happened: boolean; violations: string[] }> {
  const { id } = await lab.approved();
  const { calls, happened, attempts } = await lab.apply(id, ...faults);
  const { change, items } = await lab.outcome(id);
  const twice = faults.some(({ operation, mode }) => operation === 'apply kms.PutKeyPolicy' && mode === 'duplicate');
  // The step itself is at its end with a result; the close is not its part.
  const found = violations(items, await lab.visitor.puts(), twice).filter((line) => !line.startsWith('I14'));
  if (change.status !== 'APPLIED')
    found.push(`I14 after ${attempts} attempts it is ${change.status}: ${change.outcome}`);
  return {
    calls,
    happened: happened.length === faults.length,
    violations: found.map((line) => `${namesOf(faults)}: ${line}`),
  };
}

/**
 * Every fault at every call of the apply step, and after each of them every fault at every call that then comes, in the
 * attempts that follow as well. `keep` picks among the pairs; the share is one of the first faults.
 */
export async function pairs(
  lab: Lab,
  keep: (n: number) => boolean,
  share: Share = { part: 1, of: 1 },
  say: (line: string) => void = () => undefined,
): Promise<Paired> {
  const paired: Paired = { runs: 0, happened: 0, violations: [] };
  const run = async (...faults: Fault[]) => {
    const went = await applied(lab, ...faults);
    paired.runs++;
    if (paired.runs % 100 === 0) say(`${new Date().toISOString()} pairs: ${paired.runs} runs`);
    if (went.happened) paired.happened++;
    for (const line of went.violations) say(line);
    paired.violations.push(...went.violations);
    return went;
  };
  // Every key has had a policy before, so that a stale read has something to give.
  for (const _ of [...KEYS, ...KEYS]) await run();
  const { calls } = await run();
  const firsts = shared(faultsAt(calls), share);
  say(`pairs: ${firsts.length} faults, and others after each`);
  let n = 0;
  for (const first of firsts) {
    const went = await run(first);
    if (!went.happened) continue;
    const after = went.calls.slice(
      went.calls.findIndex((call) => call.operation === first.operation && call.nth === first.nth) + 1,
    );
    for (const second of faultsAt(after)) if (keep(n++)) await run(first, second);
  }
  return paired;
}

const faultsAt = (calls: readonly Call[], modes: readonly Mode[] = MODES): Fault[] =>
  calls.flatMap((call) => modes.map((mode) => ({ ...call, mode })));
