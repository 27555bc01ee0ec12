import { type Change, countingApprovals, evolve, fold, isOpen } from '../change/change.ts';
import { delegate, escalate, post, review } from '../change/command.ts';
import { decide, expire } from '../change/decide.ts';
import { type EventType, type Fact, type FrozenRule, WORKFLOW } from '../change/facts.ts';
import { lapsedBy, withoutLapsed } from '../change/lapse.ts';
import { holdOfPut } from '../change/push.ts';
import { standing } from '../change/quorum.ts';
import { revertIsDue, turned } from '../change/revert.ts';
import type { Holds } from '../change/rules/freeze.ts';

/** May come for a change that is over: somebody tried too late, or mail was slower than the answer. */
const EVEN_AFTER_THE_END: ReadonlySet<EventType> = new Set([
  'PERSON_ERASED',
  'REFUSED',
  'ASKED',
  'BOUNCED',
  'COMPLAINED',
  'REVIEWED',
  'REVIEW_ASKED',
]);

/** Only the workflow says these. */
const OF_THE_WORKFLOW: ReadonlySet<EventType> = new Set([
  'ASKED',
  'REMINDED',
  'ESCALATED',
  'CHANGES_TOLD',
  'HELD_TOLD',
  'APPROVALS_LAPSED',
  'LAPSE_TOLD',
  'REVIEW_ASKED',
  'EXPIRED',
  'APPLY_INTENT',
  'APPLY_HELD',
  'APPLIED',
  'REVERT_INTENT',
  'REVERTED',
  'STALE',
  'FAILED',
  'UNCERTAIN',
  'CLOSED',
]);

/** What a person said, by the fact that it became. */
const VERDICT_OF = {
  APPROVAL_GIVEN: 'approve',
  REJECTED: 'reject',
  CHANGES_REQUESTED: 'requestChanges',
  APPROVAL_WITHDRAWN: 'withdraw',
  COMMENTED: 'comment',
} as const;

/**
 * The state of a change after one more fact, or why the facts before do not allow it: legal transitions (I7), people and
 * quorum (I1, I3), what approvals are bound to (I4), no put after a no (I8), and times (I9). Numbers: docs/audit.md.
 *
 * @param change as the facts before left it; undefined when it was never submitted, or is over and told
 */
export function replay(
  change: Change | undefined,
  fact: Fact,
): { ok: true; change: Change | undefined } | { ok: false; why: string } {
  const no = (why: string) => ({ ok: false, why }) as const;
  if (OF_THE_WORKFLOW.has(fact.type) && fact.person !== WORKFLOW) {
    return no(`${fact.type} is not for ${fact.person} to say`);
  }
  if (change === undefined) {
    if (fact.type === 'SUBMITTED') return begin(fact);
    if (EVEN_AFTER_THE_END.has(fact.type)) return { ok: true, change };
    return no(`${fact.change} was not submitted before, or is over`);
  }
  try {
    const why = forbidden(change, fact);
    return why === undefined ? { ok: true, change: evolve(change, fact) } : no(why);
  } catch (error) {
    return no((error as Error).message);
  }
}

function begin(fact: Fact & { type: 'SUBMITTED' }): ReturnType<typeof replay> {
  const { rule, key, expiresAt, applyBy } = fact;
  if (fact.set !== undefined && !fact.set.changes.includes(fact.change)) {
    return { ok: false, why: 'it is not among the changes of its set' };
  }
  if (key.arn !== fact.keyArn) return { ok: false, why: 'it is filed under another key than its own' };
  if (!asksForSomebody(rule)) return { ok: false, why: 'its rule asks for nobody' };
  if (!(fact.at < expiresAt && expiresAt <= applyBy && (fact.applyAfter ?? '') < applyBy)) {
    return { ok: false, why: 'its deadlines are not in order' };
  }
  return { ok: true, change: fold([fact]) };
}

/** Does every stage of a rule ask for somebody, and do its quorum and approvers say what its stages say together? */
function asksForSomebody({ quorum, approvers, stages }: FrozenRule): boolean {
  if (stages === undefined) return quorum >= 1;
  const people = new Set(stages.flatMap((stage) => stage.approvers));
  return (
    stages.length > 0 &&
    stages.every((stage) => stage.quorum >= 1) &&
    quorum === stages.reduce((sum, stage) => sum + stage.quorum, 0) &&
    people.size === new Set(approvers).size &&
    approvers.every((person) => people.has(person))
  );
}

/** Why this fact cannot come now; undefined when only the states can still forbid it. */
function forbidden(change: Change, fact: Fact): string | undefined {
  if (fact.keyArn !== change.key.arn) return 'it is filed under another key than its change';
  switch (fact.type) {
    case 'APPROVAL_GIVEN':
    case 'REJECTED':
    case 'CHANGES_REQUESTED':
    case 'APPROVAL_WITHDRAWN':
    case 'COMMENTED': {
      const { person, channel, at } = fact;
      const decision = VERDICT_OF[fact.type];
      // Earlier versions took a wish without words.
      const comment = fact.type === 'CHANGES_REQUESTED' ? 'x' : fact.comment;
      const binding = 'binding' in fact ? fact.binding : change.binding;
      const outcome = decide(change, { person, decision, comment, channel, binding }, at);
      if (!outcome.ok) return `${person} may not ${decision} it: ${outcome.refusal.detail}`;
      const seat = 'onBehalfOf' in outcome.value ? outcome.value.onBehalfOf : undefined;
      return ('onBehalfOf' in fact ? fact.onBehalfOf : undefined) === seat
        ? undefined
        : `${person} does not stand in for that approver`;
    }
    case 'VERSIONED': {
      const { person, at, type: _, version, ...posted } = fact;
      const outcome = post(change, person, posted, at);
      if (!outcome.ok) return `${person} may not post a version: ${outcome.refusal.detail}`;
      if (version !== (change.version ?? 1) + 1) return 'its version is not the next';
      if (!asksForSomebody(posted.rule)) return 'its rule asks for nobody';
      return at < posted.expiresAt && posted.expiresAt <= posted.applyBy && (posted.applyAfter ?? '') < posted.applyBy
        ? undefined
        : 'its deadlines are not in order';
    }
    case 'DELEGATED': {
      const outcome = delegate(change, fact, fact.at);
      return outcome.ok ? undefined : `${fact.person} may not delegate it: ${outcome.refusal.detail}`;
    }
    case 'APPROVALS_LAPSED':
      return forbiddenLapse(change, fact);
    case 'ESCALATED':
      return escalate(change, fact.at) === undefined ? 'it was not time to escalate' : undefined;
    case 'REVIEWED': {
      const outcome = review(change, fact);
      return outcome.ok ? undefined : `${fact.person} may not review it: ${outcome.refusal.detail}`;
    }
    case 'EXPIRED':
      return expire(change, fact.at) === undefined ? 'its time was not over' : undefined;
    case 'APPLY_INTENT':
      return forbiddenIntent(change, fact);
    case 'APPLY_HELD':
      return Number.isNaN(Date.parse(fact.at)) || holdOfPut(change, fact.at, fact.today) === undefined
        ? 'nothing held it'
        : undefined;
    case 'APPLIED':
      if (fact.before !== change.before || fact.after !== change.binding.after) {
        return 'what was applied is not what was approved';
      }
      return fact.putAt === undefined ? undefined : forbiddenPut(change, fact.putAt, {});
    case 'STALE':
      return (change.status === 'PENDING' || change.status === 'APPROVED') && fact.by === undefined
        ? 'it does not say what moved the policy'
        : undefined;
    case 'REVERT_INTENT': {
      const { after, base } = turned(change).binding;
      if (fact.binding.after !== after || fact.binding.base !== base) return 'it would put back another policy';
      return revertIsDue(change, fact.at) ? undefined : 'it was not time to put it back';
    }
    case 'REVERTED':
      return fact.before === change.binding.after && fact.after === change.before
        ? undefined
        : 'what was put back is not what was there before';
    case 'FAILED':
      return change.status === 'APPLIED' && !revertIsDue(change, fact.at)
        ? 'it was applied, and it is not time to put it back'
        : undefined;
    case 'CLOSED':
      return isOpen(change.status) || change.status === 'REVERTING' ? `it is ${change.status} and not over` : undefined;
    default:
      return undefined;
  }
}

/** Who left is for the rules file of that day to say; what that makes of the approvals is not. */
function forbiddenLapse(change: Change, fact: Fact & { type: 'APPROVALS_LAPSED' }): string | undefined {
  const { people, left } = fact;
  if (change.status !== 'APPROVED') return `it is ${change.status}, and no approval can lapse`;
  const lapsed = lapsedBy(change, left);
  if (people.length !== lapsed.length || !lapsed.every((person) => people.includes(person))) {
    return 'it names others than those whose approvals count no more';
  }
  return standing(withoutLapsed(change, fact)).complete ? 'enough approvals are left' : undefined;
}

function forbiddenIntent(change: Change, fact: Fact & { type: 'APPLY_INTENT' }): string | undefined {
  const { binding, approvers, at, today } = fact;
  if (binding.after !== change.binding.after || binding.base !== change.binding.base) {
    return 'what is about to be put is not what was approved';
  }
  const why = today === undefined ? outOfTime(change, at) : forbiddenPut(change, at, today);
  if (why !== undefined) return why;
  if (!standing(change).complete) return 'its approvals do not complete its stages';
  const counting = countingApprovals(change);
  if (new Set(approvers).size !== approvers.length || !approvers.every((person) => counting.includes(person))) {
    return 'it names approvers whose approvals do not count';
  }
  return approvers.length < change.rule.quorum
    ? `${approvers.length} of ${change.rule.quorum} approvals count`
    : undefined;
}

/** Why a change must not be put at this moment: too early, too late, in a freeze, or outside of its windows. */
function forbiddenPut(change: Change, at: string, today: Holds): string | undefined {
  if (Number.isNaN(Date.parse(at))) return 'it names a time that there is not';
  const held = holdOfPut(change, at, today);
  return outOfTime(change, at) ?? (held === undefined ? undefined : `${held.name} held it`);
}

function outOfTime({ applyAfter = '', applyBy }: Change, at: string): string | undefined {
  if (at < applyAfter) return `it must not be applied before ${applyAfter}`;
  return at >= applyBy ? `it had to be applied before ${applyBy}` : undefined;
}
