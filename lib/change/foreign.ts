import type { Risk } from '../policy/types.ts';
import type { ChangeKey, Channel, Fact, ForeignEvent, Trace } from './facts.ts';
import { done, type Outcome, refuse } from './refusal.ts';

/** A write of a key's policy outside of the workflow: the fold of its facts. */
export interface ForeignWrite {
  id: string;
  key: ChangeKey;
  /** SHA-256 of the texts; `canonical` of the one that was put. */
  before: string;
  after: string;
  canonical: string;
  foundAt: string;
  foundBy: 'event' | 'comparison';
  trace?: Trace;
  byApplier?: true;
  stands: boolean;
  risk: Risk;
  rule: string;
  approvers: string[];
  signIn?: true;
  told: boolean;
  adopted?: { person: string; comment: string; at: string };
}

/** Only these types tell of foreign writes. */
export type ForeignFact = Extract<Fact, { type: ForeignEvent['type'] }>;

export const isForeign = (fact: Fact): fact is ForeignFact =>
  fact.type === 'BASELINED' || fact.type.startsWith('FOREIGN_');

/** The write after one more fact. A fact that cannot come now is an error of ours and throws. */
export function evolveForeign(write: ForeignWrite | undefined, fact: ForeignFact): ForeignWrite {
  if (fact.type === 'FOREIGN_WRITE') {
    if (write !== undefined) throw new Error(`${fact.change} was found twice`);
    const { type: _, change, keyArn: __, person: ___, at, ...found } = fact;
    return { id: change, ...found, foundAt: at, told: false };
  }
  if (write === undefined || fact.type === 'BASELINED') throw new Error(`${fact.change} was not found before`);
  switch (fact.type) {
    case 'FOREIGN_TRACED':
      return { ...write, trace: fact.trace };
    case 'FOREIGN_TOLD':
      return { ...write, told: true };
    case 'FOREIGN_ADOPTED':
      return { ...write, adopted: { person: fact.person, comment: fact.comment, at: fact.at } };
  }
}

/**
 * Is the caller of a write this person? Sessions of IAM Identity Center, and of every role that asks for a source identity, are
 * named after the person; who writes past the workflow must not be the one who says that it was right.
 */
export const isWriter = (write: Pick<ForeignWrite, 'trace'>, person: string): boolean =>
  write.trace?.caller.split('/').at(-1)?.toLowerCase() === person.toLowerCase();

/** Takes a foreign write over: one of the people of the rule that would have decided, never whoever wrote it and so not before that is known, once, and with a reason. */
export function adopt(
  write: ForeignWrite,
  { person, comment, channel }: { person: string; comment: string; channel: Channel },
): Outcome<ForeignEvent> {
  if (!write.approvers.includes(person)) {
    return refuse('NOT_AN_APPROVER', `Rule ${write.rule} does not name you as an approver of this key.`);
  }
  if (write.trace === undefined) {
    const detail =
      'CloudTrail has not told yet who wrote this policy, and whoever did must not adopt it; undo it or wait.';
    return refuse('WRITER_UNKNOWN', detail);
  }
  if (isWriter(write, person)) return refuse('OWN_CHANGE', 'You wrote this policy; somebody else must adopt it.');
  if (write.adopted !== undefined) return refuse('ALREADY_DECIDED', `${write.adopted.person} adopted it already.`);
  if (comment.trim() === '') return refuse('BAD_REQUEST', 'reason: say why it may stay.');
  return done({ type: 'FOREIGN_ADOPTED', comment, channel });
}

/** Why this write cannot be undone any more; undefined when it can. */
export function whyNotUndone(write: ForeignWrite): ReturnType<typeof refuse> | undefined {
  if (write.adopted !== undefined) {
    return refuse('NOTHING_TO_UNDO', `${write.adopted.person} adopted it; to change it now, submit a change.`);
  }
  return write.before === write.after
    ? refuse('NOTHING_TO_UNDO', 'No other policy of this key is known here.')
    : undefined;
}
