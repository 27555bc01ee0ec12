import type { FrozenRule, FrozenStage } from './facts.ts';
import type { Entitled } from './rules/select.ts';
import type { Change } from './state.ts';

/** An approval that counts: whose place it takes, and in which stage. `seat` differs from `person` for a delegate. */
export interface Counted {
  person: string;
  seat: string;
  stage: number;
}

/** Where the approvals of a change stand. */
export interface Standing {
  counted: Counted[];
  /** The stage that waits; as many as there are when all are complete. */
  stage: number;
  complete: boolean;
}

/** The stages of a rule, in order; a rule without any has one. */
export const stagesOf = (rule: FrozenRule): FrozenStage[] =>
  rule.stages ?? [{ name: rule.name, quorum: rule.quorum, from: [], approvers: rule.approvers }];

/** Who asked for a change: none of them ever counts, nor does whoever stands in for one of them. */
export const authorsOf = (change: Pick<Change, 'submitter' | 'coAuthors'>): string[] => [
  change.submitter,
  ...(change.coAuthors ?? []),
];

/** May this seat be counted in this stage at this moment, by the frozen rule alone? */
export function seatCounts(change: Change, seat: string, stage: number, at: string): boolean {
  if (authorsOf(change).includes(seat)) return false;
  const { escalated, rule } = change;
  if (stagesOf(rule)[stage]?.approvers.includes(seat)) return true;
  if (escalated === undefined || at < escalated) return false;
  return rule.escalate?.approvers.includes(seat) ?? false;
}

/** Does `person` stand in for `seat` at this moment? The approver said so, for a time, and the rules file allowed it. */
export const standsInFor = (change: Change, person: string, seat: string, at: string): boolean =>
  (change.rule.delegates?.[seat]?.includes(person) ?? false) &&
  (change.delegations ?? []).some((one) => one.person === seat && one.to === person && at >= one.at && at < one.until);

/**
 * Counts the approvals in the order in which they were given, each in the stage that waited then: bound to what stands, in
 * time, from a person whom the frozen rule entitles, never from an author, no person and no seat twice. With `today`, only
 * those whom today's rules file still entitles. Pure; a decision that was withdrawn or belongs to an older version is no
 * decision any more and is not here.
 */
export function standing(change: Change, today?: Entitled): Standing {
  const stages = stagesOf(change.rule);
  const counted: Counted[] = [];
  const quorumOf = (stage: number) => counted.filter((one) => one.stage === stage).length;
  let stage = 0;
  for (const { decision, person, onBehalfOf, binding, at } of change.decisions) {
    const seat = onBehalfOf ?? person;
    const counts =
      stage < stages.length &&
      decision === 'approve' &&
      binding.after === change.binding.after &&
      binding.base === change.binding.base &&
      at < change.expiresAt &&
      !authorsOf(change).includes(person) &&
      (seat === person || standsInFor(change, person, seat, at)) &&
      seatCounts(change, seat, stage, at) &&
      !counted.some((one) => [one.person, one.seat].some((taken) => taken === person || taken === seat)) &&
      (today === undefined || entitled(today, change, { person, seat, stage }));
    if (!counts) continue;
    counted.push({ person, seat, stage });
    while (quorumOf(stage) >= (stages[stage]?.quorum ?? Number.POSITIVE_INFINITY)) stage++;
  }
  return { counted, stage, complete: stage === stages.length };
}

function entitled(today: Entitled, { escalated }: Change, { person, seat, stage }: Counted): boolean {
  return (
    (seat === person || (today.delegates[seat]?.includes(person) ?? false)) &&
    ((today.stages[stage]?.includes(seat) ?? false) || (escalated !== undefined && today.escalation.includes(seat)))
  );
}

/** The people whose approval counts, sorted. */
export const countingApprovals = (change: Change): string[] =>
  standing(change)
    .counted.map(({ person }) => person)
    .sort();

/** Whose approval counts no more without that of `person`: that person, and who approved in a stage that theirs had opened. */
export function uncountedWithout(change: Change, person: string): string[] {
  const decisions = change.decisions.filter((one) => one.person !== person);
  const still = countingApprovals({ ...change, decisions });
  return [...new Set([person, ...countingApprovals(change).filter((one) => !still.includes(one))])].sort();
}

/** Everybody with a say in any stage: approvers, those it was escalated to, and who stands in for one of them; never an author. */
export function havingASay(change: Change, at: string): string[] {
  const { rule, escalated, delegations = [] } = change;
  const seats = [...rule.approvers, ...(escalated === undefined ? [] : (rule.escalate?.approvers ?? []))].filter(
    (person) => !authorsOf(change).includes(person),
  );
  const delegates = delegations
    .filter((one) => seats.includes(one.person) && standsInFor(change, one.to, one.person, at))
    .map((one) => one.to);
  return [...new Set([...seats, ...delegates])].filter((person) => !authorsOf(change).includes(person)).sort();
}

/** The seat that an approval of this person would take now in the stage that waits: their own before another's. Undefined when there is none. */
export function seatFor(change: Change, person: string, at: string): string | undefined {
  const { stage, counted } = standing(change);
  const taken = new Set(counted.flatMap((one) => [one.person, one.seat]));
  const seats = [person, ...(change.delegations ?? []).map((one) => one.person)];
  return seats.find(
    (seat) =>
      !taken.has(seat) &&
      seatCounts(change, seat, stage, at) &&
      (seat === person || standsInFor(change, person, seat, at)),
  );
}

/** Who may approve now and has not: whom to ask, and whom to remind. Sorted. */
export function awaited(change: Change, at: string): string[] {
  const counted = new Set(standing(change).counted.map(({ person }) => person));
  return havingASay(change, at).filter((person) => !counted.has(person) && seatFor(change, person, at) !== undefined);
}
