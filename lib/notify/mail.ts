import { revealIdentifier } from '../change/reveal.ts';
import type { ChangeView } from '../change/view.ts';
import {
  approvedBy,
  askSentences,
  confirmWordOf,
  counted,
  fromNow,
  grantsSentence,
  keyName,
  listed,
  RISK_WORDS,
  timeSentences,
  utc,
  wordsOf,
} from '../change/wording.ts';
import { pictures, reasonItems, sentenceItems } from './access.ts';
import { inShort, type Part, toHtml, toText } from './parts.ts';

/** One mail, ready for SES: a subject of one line, a text part and an HTML part that say the same. */
export interface Mail {
  subject: string;
  text: string;
  html: string;
  /** The change that it is about, if it is about one. */
  changeId?: string;
  /** Printable ASCII, one line each. */
  headers: Readonly<Record<string, string>>;
}

export interface AskMail {
  change: ChangeView;
  /** To whom it goes: the canonical person. */
  person: string;
  /** The address of the review page; it holds this person's token, so the mail is for nobody else. */
  link: string;
  /** ISO 8601. */
  now: string;
  /** They were asked before, and what was approved then does not count any more. */
  again?: boolean;
}

/** For those who get a second mail that asks, and may have a link in hand that does nothing any more. */
export const ASKED_AGAIN =
  'You were asked before, and are asked anew: what was approved then does not count any more. Use the link of this mail.';

/** Most characters of a subject: what a phone shows of it is less. */
const SUBJECT_MAX = 150;

/** For whoever asked for changes: nothing is expected of them. */
const TAKE_BACK =
  'You asked for changes, and the authors are told. Nothing has to be done: a new version is asked about anew. To take back what you asked for, approve with the link of this mail.';

/** Asks one approver to decide; or gives whoever asked for changes a link with which they can take that back. */
export function askMail(ask: AskMail): Mail {
  const { change, again = false } = ask;
  if (change.changesRequested?.person === ask.person) {
    const title = `You asked for changes: key policy of ${keyName(change.key)}`;
    return mail(change, title, [{ kind: 'title', text: title }, line(TAKE_BACK), ...askParts(ask)]);
  }
  return mail(
    change,
    `Your approval is asked${again ? ' again' : ''}: key policy of ${keyName(change.key)} (${inShort(change)})`,
    [
      ...askSentences(change).map(line),
      ...(again ? [line(ASKED_AGAIN)] : []),
      { kind: 'title', text: `${change.submitter} asks to change the key policy of ${keyName(change.key)}` },
      ...askParts(ask),
    ],
  );
}

/** Asks again, and says how much time is left. */
export function reminderMail(ask: AskMail): Mail {
  const { change, now } = ask;
  const left = fromNow(change.expiresAt, now);
  return mail(change, `Reminder: key policy of ${keyName(change.key)} waits for you, and closes ${left}`, [
    ...askSentences(change).map(line),
    { kind: 'title', text: `Still open: ${change.submitter} asks to change the key policy of ${keyName(change.key)}` },
    { kind: 'line', text: `It closes ${left}. It has ${progress(change)}.` },
    ...askParts(ask),
  ]);
}

/** Tells how a change ended, what that means for the key, and what to do next. */
export function resultMail({ change, person, now }: Omit<AskMail, 'link'>): Mail {
  const words = wordsOf(change);
  const name = keyName(change.key);
  const outcome = change.outcome ?? '';
  const by = change.approval.decisions.findLast(
    (d) => d.decision === (change.status === 'REJECTED' ? 'reject' : 'approve'),
  );
  return mail(change, `${words.title}: key policy of ${name}`, [
    ...timeLines(change),
    { kind: 'title', text: `${words.title}: key policy of ${name}` },
    { kind: 'line', text: words.meaning },
    ...(change.status === 'REJECTED' && by !== undefined
      ? [line(`${by.person} rejected it${by.comment === '' ? '.' : ', and wrote:'}`)]
      : []),
    ...(outcome === '' ? [] : [quote(outcome)]),
    { kind: 'heading', text: 'What to do now' },
    { kind: 'line', text: words.next },
    { kind: 'heading', text: 'The change' },
    {
      kind: 'facts',
      facts: [
        ...keyFacts(change),
        ['Asked by', `${change.submitter}, ${fromNow(change.submittedAt, now)}`],
        ['Approved by', listed(approvedBy(change)) || 'nobody'],
        ['Policy before', `SHA-256 ${change.before.sha256}`],
        ['Policy proposed', `SHA-256 ${change.after.sha256}`],
      ],
    },
    { kind: 'heading', text: 'Why it was asked' },
    quote(change.reason),
    { kind: 'small', text: `You get this because ${roleOf(change, person)}.` },
  ]);
}

/** The first lines: what the reader must know before anything else. */
const timeLines = (change: ChangeView): Part[] => timeSentences(change).map(line);
const line = (text: string): Part => ({ kind: 'line', text });
const quote = (text: string): Part => ({ kind: 'quote', text });

function askParts({ change, link, now, person }: AskMail): Part[] {
  return [
    { kind: 'heading', text: 'What it means' },
    { kind: 'list', items: sentenceItems(change.access.summary) },
    ...(change.preflight === undefined ? [] : [line(grantsSentence(change.preflight.grants))]),
    { kind: 'heading', text: RISK_WORDS[change.risk] },
    { kind: 'list', items: reasonItems(change.riskReasons) },
    { kind: 'heading', text: 'Why' },
    quote(change.reason),
    { kind: 'button', text: 'Read it and decide', link },
    {
      kind: 'line',
      text: `Opening the link decides nothing. To decide you type ${confirmWordOf(change.key)}, the name of the key, on the page. The link is yours alone: do not forward it.`,
    },
    {
      kind: 'facts',
      facts: [
        ...keyFacts(change),
        ['Open until', `${utc(change.expiresAt)} (${fromNow(change.expiresAt, now)})`],
        ['Approvals', `${approvedBy(change).length} of ${change.approval.quorum}`],
      ],
    },
    { kind: 'line', text: 'If nobody decides until then, the change expires and the key keeps the policy it has.' },
    ...pictures(change),
    { kind: 'small', text: `You are asked because ${roleOf(change, person)}.` },
  ];
}

export function keyFacts(change: ChangeView): [string, string][] {
  return [
    ['Key', change.key.aliases[0] ?? change.key.keyId],
    ['ARN', change.key.arn],
    ...(change.ticket === undefined ? [] : ([['Ticket', change.ticket]] as [string, string][])),
    ['Change', change.id],
  ];
}

function progress(change: ChangeView): string {
  return `${approvedBy(change).length} of ${counted(change.approval.quorum, 'approval')}`;
}

function roleOf(change: ChangeView, person: string): string {
  if (person === change.submitter) return 'you asked for this change';
  const { rule, approvers } = change.approval;
  if (approvers.includes(person)) return `rule “${rule}” names you as an approver of this key`;
  const stands = change.approval.delegations?.find(({ to }) => to === person);
  if (stands !== undefined) return `you stand in for ${stands.person} until ${utc(stands.until)}`;
  return 'you are told about changes of this key';
}

/**
 * All mails about a change are one conversation: they point to the same root, which no mail has as its own id because
 * SES writes the Message-ID itself. `Auto-Submitted` keeps out-of-office answers away (RFC 3834).
 */
export function mail(change: Pick<ChangeView, 'id'>, subject: string, parts: Part[]): Mail {
  const root = `<${change.id.replace(/[^A-Za-z0-9_-]/g, '')}@countersign>`;
  return {
    changeId: change.id,
    subject: oneLine(subject),
    text: toText(parts),
    html: toHtml(parts, oneLine(subject)),
    headers: {
      'In-Reply-To': root,
      References: root,
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
    },
  };
}

/** A subject without line breaks or controls, and without letters that only look like others. */
export function oneLine(text: string): string {
  const line = revealIdentifier(text.replace(/\s+/g, ' ').trim()).replaceAll('‹', '[').replaceAll('›', ']');
  return line.length <= SUBJECT_MAX ? line : `${line.slice(0, SUBJECT_MAX - 3)}...`;
}
