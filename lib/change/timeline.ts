import type { ChangeSet, Fact, FrozenRule, Timing, Told } from './facts.ts';
import { stagesOf } from './quorum.ts';
import type { TimelineEntry } from './view.ts';
import { durationWords, listed } from './wording.ts';

/** A fact as a line of the change's story, for people. */
export const timelineEntry = (fact: Fact & { seq: number }): TimelineEntry => ({
  seq: fact.seq,
  at: fact.at,
  type: fact.type,
  person: fact.person,
  text: sentence(fact),
});

const count = (n: number, one: string) => `${n} ${one}${n === 1 ? '' : 's'}`;
const quoted = (comment: string) => (comment === '' ? '' : `: “${comment}”`);

function told(fact: Told): string {
  const ways = [
    ...(fact.mailed.length > 0 ? [`by mail: ${fact.mailed.join(', ')}`] : []),
    ...(fact.slacked.length > 0 ? [`in Slack: ${fact.slacked.join(', ')}`] : []),
    ...fact.failed.map(({ person, channel, error }) => `not reached by ${channel}: ${person} (${error})`),
  ];
  return ways.length === 0 ? 'nobody had to be told' : ways.join('; ');
}

const withOthers = (people: readonly string[] | undefined) =>
  people === undefined ? '' : `, written with ${people.join(', ')}`;

const inSet = (set: ChangeSet | undefined) =>
  set === undefined ? '' : `, one of the ${set.changes.length} of ${set.id}`;

const following = ({ reverts, undoes, rebases }: { reverts?: string; undoes?: string; rebases?: string }) => {
  const undone = reverts ?? undoes;
  return `${undone === undefined ? '' : `, to undo ${undone}`}${rebases === undefined ? '' : `, in the place of ${rebases}`}`;
};

const timed = ({ applyAfter, revertAfter }: Timing) =>
  `${applyAfter === undefined ? '' : `, not to be applied before ${applyAfter}`}${
    revertAfter === undefined ? '' : `, to be put back after ${durationWords(revertAfter)}`
  }`;

function ruleSentence(rule: FrozenRule): string {
  const asked =
    rule.stages === undefined
      ? count(rule.quorum, 'approval')
      : stagesOf(rule)
          .map(({ name, quorum }) => `${count(quorum, 'approval')} of ${name}`)
          .join(', then ');
  return `${rule.breakGlass === undefined ? '' : 'an emergency; '}rule ${rule.name} asks for ${asked}.`;
}

function sentence(fact: Fact): string {
  switch (fact.type) {
    case 'SUBMITTED':
      return `Submitted at ${fact.risk} risk${withOthers(fact.coAuthors)}${inSet(fact.set)}${following(fact)}${timed(fact)}; ${ruleSentence(fact.rule)}`;
    case 'VERSIONED':
      return `Posted version ${fact.version}, at ${fact.risk} risk${timed(fact)}; every approval is void; ${ruleSentence(fact.rule)}`;
    case 'ESCALATED':
      return `Nobody decided in time: escalated to ${fact.to.join(', ')}.`;
    case 'CHANGES_TOLD':
      return `Authors told what is asked of them, ${told(fact)}.`;
    case 'APPROVALS_LAPSED': {
      const { stages, escalation, delegates } = fact.left;
      const left = [...new Set([stages, escalation, Object.values(delegates)].flat(2))].sort();
      return `By the rules file of today the approval of ${listed(fact.people)} counts no more; it does not name ${listed(left)} any more. Others are asked.`;
    }
    case 'LAPSE_TOLD':
      return `Authors told whose approvals count no more, ${told(fact)}.`;
    case 'HELD_TOLD': {
      const by = fact.by === 'applyAfter' ? '' : ` by ${fact.by}`;
      const until = fact.until === undefined ? 'for longer than it may be applied' : `until ${fact.until}`;
      return `Held${by} ${until}; authors told, ${told(fact)}.`;
    }
    case 'APPROVAL_WITHDRAWN':
      return `Withdrew the approval, by ${fact.channel}${quoted(fact.comment)}.`;
    case 'CHANGES_REQUESTED':
      return `Asked for changes, by ${fact.channel}${quoted(fact.comment)}.`;
    case 'COMMENTED':
      return `Commented, by ${fact.channel}${quoted(fact.comment)}.`;
    case 'DELEGATED':
      return `Let ${fact.to} stand in until ${fact.until}.`;
    case 'LINKS_REVOKED':
      return fact.of === undefined ? 'Revoked every link.' : `Revoked the links of ${fact.of}.`;
    case 'REVIEWED':
      return `Reviewed the emergency and ${fact.verdict === 'accept' ? 'accepted it' : 'objected'}${quoted(fact.comment)}.`;
    case 'REVIEW_ASKED':
      return `Reviewers of the emergency asked, ${told(fact)}.`;
    case 'ASKED':
      return `Approvers asked, ${told(fact)}.`;
    case 'REMINDED':
      return `Approvers reminded, ${told(fact)}.`;
    case 'APPROVAL_GIVEN':
      return `Approved by ${fact.channel}${fact.onBehalfOf === undefined ? '' : `, on behalf of ${fact.onBehalfOf}`}${quoted(fact.comment)}.`;
    case 'REJECTED':
      return `Rejected by ${fact.channel}${quoted(fact.comment)}.`;
    case 'CANCELLED':
      return `Cancelled${quoted(fact.comment)}.`;
    case 'EXPIRED':
      return 'Expired: it was not approved and applied in time.';
    case 'APPLY_INTENT':
      return `About to put the policy that ${fact.approvers.join(', ')} approved.`;
    case 'APPLY_HELD':
      return `Not put: ${fact.by} began to hold it. It waits again, approved.`;
    case 'APPLIED':
      return fact.put
        ? 'The approved policy was put and read back.'
        : 'The approved policy was live already; nothing was put.';
    case 'REVERT_INTENT':
      return 'Its time is over: about to put the policy from before it back.';
    case 'REVERTED':
      return fact.put
        ? 'The policy from before it was put back and read back.'
        : 'The policy from before it was live already; nothing was put.';
    case 'STALE':
      return `Stale: ${fact.detail}`;
    case 'FAILED':
      return `Failed (${fact.error}): ${fact.detail}`;
    case 'UNCERTAIN':
      return `Uncertain: ${fact.detail}`;
    case 'CLOSED':
      return `Result told, ${told(fact)}.`;
    case 'BOUNCED':
      return `A mail to ${fact.to} did not arrive (${fact.bounceType}): ${fact.detail}`;
    case 'COMPLAINED':
      return `${fact.to} called a mail about this change spam: ${fact.detail}`;
    case 'PERSON_ERASED':
      return `Erased what was known about ${fact.who}.`;
    case 'BASELINED':
      return 'Seen for the first time, with the policy that it had.';
    case 'FOREIGN_WRITE':
      return `${fact.byApplier ? "The applier's own role, asked by no change," : (fact.trace?.caller ?? 'Somebody')} put a policy outside of the workflow.`;
    case 'FOREIGN_TRACED':
      return `The policy was put by ${fact.trace.caller}.`;
    case 'FOREIGN_TOLD':
      return `Owners of the key told, ${told(fact)}.`;
    case 'FOREIGN_ADOPTED':
      return `Adopted by ${fact.channel}${quoted(fact.comment)}.`;
    case 'REFUSED':
      return `Tried to ${fact.attempt} and was refused (${fact.code}).`;
  }
}
