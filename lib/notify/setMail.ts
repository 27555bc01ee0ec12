import { wasApplied } from '../change/set.ts';
import type { ChangeSummary, ChangeView } from '../change/view.ts';
import {
  askSentencesOf,
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
import { sentenceItems } from './access.ts';
import { LAPSED_NEXT, lapsedText } from './askedMail.ts';
import { ASKED_AGAIN, keyFacts, type Mail, mail } from './mail.ts';
import type { Part } from './parts.ts';

/** Most sentences that a mail quotes for one key; the page has all. */
const SENTENCES_MAX = 4;

/** Nothing about a set may sound as if it were one act. */
const ONE_BY_ONE = 'Each key is changed by itself and has its own end: one may be applied and another not.';

interface AskSet {
  /** The changes of the set that wait, in its order; at least two. */
  changes: ChangeView[];
  person: string;
  /** The address of the page of the set; it holds this person's token. */
  link: string;
  now: string;
  remind: boolean;
  again: boolean;
}

/** Asks one approver to decide about several changes at once, or asks again. */
export function askSetMail({ changes, person, link, now, remind, again }: AskSet): Mail {
  const [first] = changes;
  if (first === undefined) throw new Error('a mail about a set has a change');
  const keys = `${changes.length} key policies`;
  const closes = changes.map(({ expiresAt }) => expiresAt).sort()[0] ?? first.expiresAt;
  const subject = remind
    ? `Reminder: ${keys} wait for you, and close ${fromNow(closes, now)}`
    : `Your approval is asked${again ? ' again' : ''}: ${keys}, ${listed(changes.map(({ key }) => keyName(key)))}`;
  return mail(first, subject, [
    ...askSentencesOf(changes).map((text): Part => ({ kind: 'line', text })),
    ...(again ? ([{ kind: 'line', text: ASKED_AGAIN }] satisfies Part[]) : []),
    { kind: 'title', text: `${remind ? 'Still open: ' : ''}${first.submitter} asks to change ${keys}` },
    { kind: 'line', text: ONE_BY_ONE },
    { kind: 'heading', text: 'Why' },
    { kind: 'quote', text: first.reason },
    ...changes.flatMap(aboutOne),
    { kind: 'button', text: 'Read them and decide', link },
    {
      kind: 'line',
      text: `Opening the link decides nothing. One decision counts for all that you see there; each can be opened and decided by itself as well. To decide you type ${confirmWordOf(first.key)}, the name of the first key. The link is yours alone: do not forward it.`,
    },
    {
      kind: 'facts',
      facts: [
        ...(first.ticket === undefined ? [] : ([['Ticket', first.ticket]] as [string, string][])),
        ['Open until', `${utc(closes)} (${fromNow(closes, now)})`],
        ['Set', first.set?.id ?? ''],
      ],
    },
    { kind: 'small', text: `You are asked because the rules of these keys name you, ${person}, as an approver.` },
  ]);
}

function aboutOne(change: ChangeView): Part[] {
  const { quorum, counted: approved, rule } = change.approval;
  return [
    { kind: 'heading', text: `${keyName(change.key)}: ${RISK_WORDS[change.risk].toLowerCase()}` },
    {
      kind: 'list',
      items: [
        ...sentenceItems(change.access.summary, { max: SENTENCES_MAX }),
        ...(change.preflight === undefined ? [] : [grantsSentence(change.preflight.grants)]),
        `Rule ${rule}: ${approved.length} of ${counted(quorum, 'approval')}.`,
      ],
    },
    {
      kind: 'facts',
      facts: [
        ['ARN', change.key.arn],
        ['Change', change.id],
      ],
    },
  ];
}

/** Tells an author that changes of their set are approved and not applied yet, why, and until when. */
export function heldSetMail({ changes }: { changes: ChangeView[] }): Mail {
  const title = `Approved, and held: ${changes.length} key policies`;
  return aboutSet(changes, title, (change) => [
    ...timeSentences(change),
    `${listed(change.approval.counted)} approved it. It is not live yet. ${wordsOf(change).next}`,
  ]);
}

/** Tells an author that approvals of changes of their set count no more, and that these wait for others. */
export function lapsedSetMail({ changes }: { changes: ChangeView[] }): Mail {
  const title = `Approved no more: ${changes.length} key policies`;
  return aboutSet(changes, title, (change) => [lapsedText(change)], LAPSED_NEXT);
}

/** The same that happened to some changes of a set, key by key, for their authors. */
function aboutSet(changes: ChangeView[], title: string, say: (change: ChangeView) => string[], next?: string): Mail {
  const [first] = changes;
  if (first === undefined) throw new Error('a mail about a set has a change');
  return mail(first, `${title}, ${listed(changes.map(({ key }) => keyName(key)))}`, [
    { kind: 'title', text: title },
    { kind: 'line', text: ONE_BY_ONE },
    ...changes.flatMap((change): Part[] => [
      { kind: 'heading', text: keyName(change.key) },
      { kind: 'list', items: say(change) },
      { kind: 'facts', facts: keyFacts(change) },
    ]),
    ...(next === undefined ? [] : ([{ kind: 'line', text: next }] satisfies Part[])),
    { kind: 'facts', facts: [['Set', first.set?.id ?? '']] },
    { kind: 'small', text: 'You get this because you wrote these changes.' },
  ]);
}

/** Tells how each change of a set ended, when all of them have. */
export function setResultMail({
  set,
  person,
}: {
  set: { id: string; submitter: string; reason: string; changes: ChangeSummary[] };
  person: string;
}): Mail {
  const { changes } = set;
  const [first] = changes;
  if (first === undefined) throw new Error('a set has a change');
  const applied = changes.filter(({ status }) => status === 'APPLIED');
  const rest = changes.filter(({ status }) => status !== 'APPLIED');
  const title = `${changes.filter(wasApplied).length} of ${changes.length} applied: key policies of ${listed(changes.map(({ key }) => keyName(key)))}`;
  return mail(first, title, [
    { kind: 'title', text: title },
    { kind: 'line', text: ONE_BY_ONE },
    ...rest.flatMap((change): Part[] => [
      {
        kind: 'heading',
        text: `${wasApplied(change) ? 'Its time is over' : 'Not applied'}: ${keyName(change.key)}`,
      },
      { kind: 'line', text: `${wordsOf(change).title}. ${wordsOf(change).meaning}` },
      ...(change.outcome === undefined ? [] : ([{ kind: 'quote', text: change.outcome }] satisfies Part[])),
      { kind: 'line', text: wordsOf(change).next },
    ]),
    ...(applied.length === 0
      ? []
      : ([
          { kind: 'heading', text: 'Applied' },
          {
            kind: 'list',
            items: applied.map(
              ({ key, id, approval, revertAt }) =>
                `${keyName(key)} (${id}), approved by ${listed(approval.counted)}${revertAt === undefined ? '' : `, and put back on ${utc(revertAt)}`}`,
            ),
          },
        ] satisfies Part[])),
    { kind: 'heading', text: 'Why it was asked' },
    { kind: 'quote', text: set.reason },
    { kind: 'facts', facts: [['Set', set.id], ...changes.map(({ key, id }): [string, string] => [key.arn, id])] },
    {
      kind: 'small',
      text: `You get this because you ${person === set.submitter ? 'asked for these changes' : 'take part in their approval'}.`,
    },
  ]);
}
