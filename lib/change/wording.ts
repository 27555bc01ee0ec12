import type { Status } from './change.ts';
import { durationSeconds } from './duration.ts';
import type { ChangeKey } from './facts.ts';
import type { Preflight } from './preflight.ts';
import { notReverted } from './revert.ts';
import type { ChangeView, Held } from './view.ts';

/** What a key is called in front of people: its first alias without `alias/`, or its id when it has none. */
export function keyName(key: Pick<ChangeKey, 'aliases' | 'keyId'>): string {
  return key.aliases[0]?.replace(/^alias\//, '') ?? key.keyId;
}

/** What an approver types by hand to confirm: the key's alias without `alias/`, or the first 8 characters of its id. */
export function confirmWordOf(key: Pick<ChangeKey, 'aliases' | 'keyId'>): string {
  return key.aliases[0]?.replace(/^alias\//, '') ?? key.keyId.slice(0, 8);
}

/** Who has approved and counts, each once. */
export const approvedBy = (change: Pick<ChangeView, 'approval'>): string[] => change.approval.counted;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A moment as `Fri 27 Nov 2026, 19:38 UTC`; the text itself when it is no ISO 8601 time. */
export function utc(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${DAYS[at.getUTCDay()]} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
  return `${day}, ${two(at.getUTCHours())}:${two(at.getUTCMinutes())} UTC`;
}

/** How far `iso` is from `now`: `in 2 days 23 hours`, `40 minutes ago`, `just now`. The smaller unit is cut, never rounded up. */
export function fromNow(iso: string, now: string): string {
  const minutes = Math.trunc((Date.parse(iso) - Date.parse(now)) / 60_000);
  if (Number.isNaN(minutes)) return 'at an unknown time';
  const ahead = minutes > 0 || Date.parse(iso) > Date.parse(now);
  const span = spanOf(Math.abs(minutes));
  if (span === '') return ahead ? 'in less than a minute' : 'just now';
  return ahead ? `in ${span}` : `${span} ago`;
}

function spanOf(minutes: number): string {
  const units: [number, string][] = [
    [Math.floor(minutes / 1440), 'day'],
    [Math.floor(minutes / 60) % 24, 'hour'],
    [minutes % 60, 'minute'],
  ];
  const first = units.findIndex(([n]) => n > 0);
  if (first === -1) return '';
  return units
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => counted(n, unit))
    .join(' ');
}

/** A duration in full: `P7D` as `7 days`, `PT90M` as `1 hour 30 minutes`. */
export function durationWords(duration: string): string {
  const seconds = durationSeconds(duration) ?? 0;
  const units: [number, string][] = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3_600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ];
  return units
    .filter(([n]) => n > 0)
    .map(([n, unit]) => counted(n, unit))
    .join(' ');
}

type Timed = Pick<
  ChangeView,
  | 'status'
  | 'held'
  | 'applyAfter'
  | 'windows'
  | 'revertAfter'
  | 'revertAt'
  | 'revertOverdue'
  | 'reverts'
  | 'undoes'
  | 'rebases'
>;

/** What must be read before anything else: that a change is temporary, waits for a time, undoes something, or was asked for before. One sentence each; most are empty. */
export function timeSentences(change: Timed): string[] {
  const { status, held, applyAfter, windows, reverts, undoes, rebases } = change;
  const waits = held === undefined && (status === 'PENDING' || status === 'APPROVED');
  return [
    ...(held === undefined ? [] : [heldSentence(held)]),
    ...temporary(change),
    ...(waits && applyAfter !== undefined
      ? [`Not applied before ${utc(applyAfter)}, even when it is approved earlier.`]
      : []),
    ...(waits && windows !== undefined ? [`Applied only in a change window: ${listed(windows)}.`] : []),
    ...(reverts === undefined ? [] : [`Undoes ${reverts}: it puts back the policy from before that change.`]),
    ...(undoes === undefined
      ? []
      : [`Undoes ${undoes}, a write outside of the workflow: it puts back the policy from before that write.`]),
    ...(rebases === undefined
      ? []
      : [
          `Brings ${rebases} onto the policy that took the place of its base; an approval of that one is none of this.`,
        ]),
  ];
}

/** Why an approved change is not applied yet, and when it will be. */
export function heldSentence({ by, until, applyBy }: Held): string {
  const held = `Approved, and held${by === 'applyAfter' ? '' : ` by ${by}`}`;
  return until === undefined
    ? `${held} for longer than it may be applied: it expires on ${utc(applyBy)} if the rules file stays as it is.`
    : `${held} until ${utc(until)}: it is applied then.`;
}

/** What a write outside of the workflow means for access that was given for a time and is to end. */
export const overTemporarySentence = ({
  id,
  submitter,
  revertAt = '',
}: Pick<ChangeView, 'id' | 'submitter' | 'revertAt'>): string =>
  `${id} of ${submitter} is in force for a time and is to be put back on ${utc(revertAt)}. It can be only while the policy that it applied is live: unless this write is undone before, what it gave stays until somebody takes it away.`;

/** Why a change that was approved waits for people again. */
export const lapsedSentence = ({ people }: NonNullable<ChangeView['approval']['lapsed']>): string =>
  `It was approved before. By the rules file of today the approval of ${listed(people)} counts no more, so it waits again.`;

/** What whoever is asked must read first: that it is an emergency, a later version, or came to more people since; and its times. */
export function askSentences(change: Timed & Pick<ChangeView, 'breakGlass' | 'version' | 'approval'>): string[] {
  const { breakGlass, version, approval } = change;
  return [
    ...(breakGlass === undefined
      ? []
      : ['Emergency: fewer people decide, nothing holds the put, and it is reviewed afterwards.']),
    ...(version === 1
      ? []
      : [`This is version ${version}: every approval of an earlier one is void, and it is asked about anew.`]),
    ...(approval.lapsed === undefined ? [] : [lapsedSentence(approval.lapsed)]),
    ...(approval.escalatedAt === undefined ? [] : ['Nobody decided in time, so more people are asked.']),
    ...timeSentences(change),
  ];
}

/** The same of several changes that are asked as one: each sentence once, with the key where they differ. */
export function askSentencesOf(
  changes: readonly (Parameters<typeof askSentences>[0] & Pick<ChangeView, 'key'>)[],
): string[] {
  const each = changes.map((change) => ({ name: keyName(change.key), sentences: askSentences(change) }));
  const shared = (sentence: string) => each.every(({ sentences }) => sentences.includes(sentence));
  return [
    ...new Set(each.flatMap(({ name, sentences }) => sentences.map((one) => (shared(one) ? one : `${name}: ${one}`)))),
  ];
}

function temporary({ status, revertAfter, revertAt, revertOverdue }: Timed): string[] {
  if (revertAfter === undefined) return [];
  if (revertAt === undefined) {
    return status === 'PENDING' || status === 'APPROVED' || status === 'APPLYING'
      ? [`Temporary: put back after ${durationWords(revertAfter)}.`]
      : [];
  }
  if (revertOverdue === true) return [`Overdue: it should have been put back on ${utc(revertAt)}, and was not.`];
  return status === 'APPLIED' ? [`Temporary: put back on ${utc(revertAt)}.`] : [];
}

/** `1 approval`, `2 approvals`; `1 loss`, `2 losses`, with its plural given. */
export const counted = (n: number, noun: string, plural = `${noun}s`): string => `${n} ${n === 1 ? noun : plural}`;

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

export interface StatusWords {
  /** Two or three words, for a badge or a subject line. */
  title: string;
  /** What is true of the key now. */
  meaning: string;
  /** What a person should do, if anything. */
  next: string;
}

/** Each state in words that need no knowledge of the workflow. */
export const STATUS_WORDS: Readonly<Record<Status, StatusWords>> = {
  PENDING: {
    title: 'Waiting for approval',
    meaning: 'Nothing has changed yet: the key still has the policy it had.',
    next: 'An approver decides.',
  },
  APPROVED: {
    title: 'Approved',
    meaning: 'Enough people approved. The policy is about to be applied, and is not live yet.',
    next: 'Nothing to do. Until it is applied, a rejection still stops it.',
  },
  APPLYING: {
    title: 'Being applied',
    meaning: 'The approved policy is being put on the key just now.',
    next: 'Nothing to do; the result follows.',
  },
  APPLIED: {
    title: 'Applied',
    meaning: 'The approved policy is live on the key, exactly as it was approved.',
    next: 'KMS may take a few minutes to follow it everywhere. To undo it, revert the change; that needs its own approval.',
  },
  REVERTING: {
    title: 'Being reverted',
    meaning: 'The policy from before this change is on its way back.',
    next: 'Nothing to do; the result follows.',
  },
  REVERTED: {
    title: 'Reverted',
    meaning: 'The policy from before this change is live again.',
    next: 'Nothing to do.',
  },
  REJECTED: {
    title: 'Rejected',
    meaning: 'Nothing was changed: the key still has the policy it had.',
    next: 'If the change is still needed, read the comment, mend it, and submit it again.',
  },
  CANCELLED: {
    title: 'Cancelled',
    meaning: 'It was taken back before anything was changed: the key still has the policy it had.',
    next: 'Nothing to do.',
  },
  EXPIRED: {
    title: 'Expired',
    meaning: 'It was not approved and applied in time. Nothing was changed: the key still has the policy it had.',
    next: 'If the change is still needed, submit it again, and tell the approvers that it is coming.',
  },
  STALE: {
    title: 'Stale: the key moved',
    meaning:
      'The key policy was changed while this change was waiting, by another change or outside of the workflow. What was asked for no longer fits what is there, so nothing was put.',
    next: 'Rebase it: that merges what it asked for with what is live now, statement by statement, and asks for new approvals (POST /changes/{id}/rebase; with /preview behind it nothing is stored). Where both touch the same statement you are told, and submit it anew by hand.',
  },
  FAILED: {
    title: 'Failed',
    meaning: 'It was approved, but it could not be applied. The key still has the policy it had.',
    next: 'Read the cause, mend it, and submit the change again.',
  },
  UNCERTAIN: {
    title: 'Uncertain: look at the key',
    meaning:
      'The put may or may not have reached KMS: the live policy was not the approved one when it was last looked at, or could not be read.',
    next: 'A person must look now: compare the live policy with the two documents of this change, and submit a change that puts right what is wrong.',
  },
};

/** What is true of a temporary change that was not put back, or of which nobody knows it. */
const NOT_REVERTED: Omit<StatusWords, 'title'> = {
  meaning: 'It was applied for a time, the time is over, and the policy from before is not known to be live again.',
  next: 'A person must look now: what this change gave may still be there. Submit a change that takes it away from the policy that is live now.',
};

const NOT_REVERTED_TITLES: Partial<Record<Status, string>> = {
  STALE: 'Stale: not put back',
  FAILED: 'Failed: not put back',
  UNCERTAIN: 'Uncertain: perhaps not put back',
};

/** What is true of an approved change that is not to be applied yet. */
const HELD: StatusWords = {
  title: 'Approved, and held',
  meaning: 'Enough people approved. It waits for its time, and is not live yet.',
  next: STATUS_WORDS.APPROVED.next,
};

/** The words for a change as it stands. */
export function wordsOf(change: Pick<ChangeView, 'status' | 'revertAt' | 'held'>): StatusWords {
  if (notReverted(change)) return { ...NOT_REVERTED, title: NOT_REVERTED_TITLES[change.status] ?? '' };
  return change.held === undefined ? STATUS_WORDS[change.status] : HELD;
}

/** Risk in one word, for people. */
export const RISK_WORDS = {
  low: 'Low risk',
  medium: 'Medium risk',
  high: 'High risk',
  critical: 'Critical risk',
} as const;

/** How much access there is past the policy, in a sentence. */
export function grantsSentence(grants: Preflight['grants']): string {
  if ('notSeen' in grants) {
    return `Whether grants give access past this policy was not seen. ${grants.notSeen}`;
  }
  const { total, complete } = grants;
  if (total === 0) return 'No grant gives access past this policy.';
  if (total === 1) return '1 grant gives access past this policy, and stays whatever the policy says.';
  const many = complete ? String(total) : `More than ${total}`;
  return `${many} grants give access past this policy, and stay whatever the policy says.`;
}
