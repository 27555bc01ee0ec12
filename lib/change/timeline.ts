import type { Fact } from './facts.ts';
import type { TimelineEntry } from './view.ts';

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

function told(fact: Fact & { type: 'ASKED' | 'REMINDED' | 'CLOSED' }): string {
  const ways = [
    ...(fact.mailed.length > 0 ? [`by mail: ${fact.mailed.join(', ')}`] : []),
    ...(fact.slacked.length > 0 ? [`in Slack: ${fact.slacked.join(', ')}`] : []),
    ...fact.failed.map(({ person, channel, error }) => `not reached by ${channel}: ${person} (${error})`),
  ];
  return ways.length === 0 ? 'nobody had to be told' : ways.join('; ');
}

function sentence(fact: Fact): string {
  switch (fact.type) {
    case 'SUBMITTED':
      return `Submitted at ${fact.risk} risk; rule ${fact.rule.name} asks for ${count(fact.rule.quorum, 'approval')}.`;
    case 'ASKED':
      return `Approvers asked, ${told(fact)}.`;
    case 'REMINDED':
      return `Approvers reminded, ${told(fact)}.`;
    case 'APPROVAL_GIVEN':
      return `Approved by ${fact.channel}${quoted(fact.comment)}.`;
    case 'REJECTED':
      return `Rejected by ${fact.channel}${quoted(fact.comment)}.`;
    case 'CANCELLED':
      return `Cancelled${quoted(fact.comment)}.`;
    case 'EXPIRED':
      return 'Expired: nobody decided in time.';
    case 'APPLY_INTENT':
      return `About to put the policy that ${fact.approvers.join(', ')} approved.`;
    case 'APPLIED':
      return fact.put
        ? 'The approved policy was put and read back.'
        : 'The approved policy was live already; nothing was put.';
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
    case 'REFUSED':
      return `Tried to ${fact.attempt} and was refused (${fact.code}).`;
  }
}
