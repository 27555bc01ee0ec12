import type { Event, FrozenRule, Left } from './facts.ts';
import { authorsOf, countingApprovals, stagesOf, standing } from './quorum.ts';
import type { Entitled } from './rules/select.ts';
import type { Change } from './state.ts';

type Lapsed = Event & { type: 'APPROVALS_LAPSED' };

const without = (people: readonly string[], gone: readonly string[] = []): string[] =>
  people.filter((person) => !gone.includes(person));

/**
 * What becomes of an approved change when too many of those who approved have left the rules file: it waits for those who are
 * still in it. Undefined when its quorum still stands, and when nobody could complete it any more, by number or in time: then
 * the apply step says how it ends.
 *
 * @param today whom today's rules file, whose hash is `rulesSha256`, still entitles
 */
export function lapse(change: Change, today: Entitled, rulesSha256: string, now: string): Lapsed | undefined {
  if (change.status !== 'APPROVED' || standing(change, today).complete || now >= change.expiresAt) return undefined;
  const left = leftSince(change.rule, today);
  const people = lapsedBy(change, left);
  return canComplete(withoutLapsed(change, { people, left }))
    ? { type: 'APPROVALS_LAPSED', people, left, rulesSha256 }
    : undefined;
}

/** Whom a frozen rule names, place by place, and today's rules file does not. */
const leftSince = (rule: FrozenRule, today: Entitled): Left => ({
  stages: stagesOf(rule).map(({ approvers }, i) => without(approvers, today.stages[i])),
  escalation: without(rule.escalate?.approvers ?? [], today.escalation),
  delegates: mapDelegates(rule, (people, seat) => without(people, today.delegates[seat])),
});

/** Whose approval counts, and would not if these people had not been in the rule. Sorted. */
export function lapsedBy(change: Change, left: Left): string[] {
  return without(countingApprovals(change), countingApprovals({ ...change, rule: narrowed(change.rule, left) }));
}

/** The change without these approvals, for the people who are left. */
export const withoutLapsed = (change: Change, { people, left }: Pick<Lapsed, 'people' | 'left'>): Change => ({
  ...change,
  rule: narrowed(change.rule, left),
  decisions: change.decisions.filter(({ person }) => !people.includes(person)),
});

/** A frozen rule without the people who left it. Nobody gets into a rule by this, and it asks for no fewer. */
function narrowed(rule: FrozenRule, left: Left): FrozenRule {
  const { escalate, delegates } = rule;
  const stages = stagesOf(rule).map((stage, i) => ({ ...stage, approvers: without(stage.approvers, left.stages[i]) }));
  return {
    ...rule,
    approvers: rule.approvers.filter((person) => stages.some(({ approvers }) => approvers.includes(person))),
    ...(rule.stages === undefined ? {} : { stages }),
    ...(escalate && { escalate: { ...escalate, approvers: without(escalate.approvers, left.escalation) } }),
    ...(delegates && { delegates: mapDelegates(rule, (people, seat) => without(people, left.delegates[seat])) }),
  };
}

const mapDelegates = (
  { delegates = {} }: FrozenRule,
  map: (people: readonly string[], seat: string) => string[],
): Record<string, string[]> =>
  Object.fromEntries(Object.entries(delegates).map(([seat, people]) => [seat, map(people, seat)]));

/** Are there enough people for what is missing in each stage, and for all of it together? Nobody counts twice. */
function canComplete(change: Change): boolean {
  const { counted, stage } = standing(change);
  const taken = [...authorsOf(change), ...counted.flatMap(({ person, seat }) => [person, seat])];
  const beyond = change.rule.escalate?.approvers ?? [];
  const open = stagesOf(change.rule)
    .map(({ quorum, approvers }, i) => ({
      missing: quorum - counted.filter((one) => one.stage === i).length,
      people: new Set(without([...approvers, ...beyond], taken)),
    }))
    .slice(stage);
  const everybody = new Set(open.flatMap(({ people }) => [...people]));
  const missing = open.reduce((sum, one) => sum + one.missing, 0);
  return open.every((one) => one.people.size >= one.missing) && everybody.size >= missing;
}
