import type { ForeignWrite } from '../change/foreign.ts';
import { confirmWordOf, fromNow, keyName, overTemporarySentence, RISK_WORDS, utc } from '../change/wording.ts';
import type { Access, MatrixCell, PolicyText } from '../policy/types.ts';
import { ON_THE_PAGE, pictures, sentenceItems } from './access.ts';
import { type Mail, oneLine } from './mail.ts';
import { type Part, toHtml, toText } from './parts.ts';

export interface ForeignMail {
  write: Pick<ForeignWrite, 'id' | 'key' | 'foundAt' | 'trace' | 'byApplier' | 'stands' | 'risk' | 'rule'> & {
    access: Access;
    matrix: MatrixCell[];
    before: PolicyText;
    after: PolicyText;
  };
  person: string;
  /** ISO 8601. */
  now: string;
  /** The address of this person's page; left out where they must sign in. */
  link?: string | undefined;
  /** Temporary changes of the key that are in force. */
  temporary: readonly Parameters<typeof overTemporarySentence>[0][];
}

/** Tells an owner that the policy of a key was written past the workflow, what that did, and what to do about it. */
export function foreignMail({ write, now, link, temporary }: ForeignMail): Mail {
  const name = keyName(write.key);
  const { trace, byApplier, stands, access } = write;
  const subject = byApplier
    ? `ALARM: the applier put a policy on ${name} that no change asked for`
    : `Outside of the workflow: the key policy of ${name} was changed (${RISK_WORDS[write.risk].toLowerCase()})`;
  const who =
    trace === undefined
      ? 'Nobody knows yet who: no event of CloudTrail has come.'
      : `${trace.caller} put it, ${fromNow(trace.writtenAt, now)}.`;
  const where = link === undefined ? 'than fit in this mail' : ON_THE_PAGE;
  const parts: Part[] = [
    { kind: 'title', text: subject },
    { kind: 'line', text: `${who} ${stands ? 'It is live now.' : 'Something else was live when it was recorded.'}` },
    ...(byApplier
      ? ([
          {
            kind: 'line',
            text: 'This came from the role that only puts what was approved. Somebody else may hold it: treat this as an incident, and revoke its sessions.',
          },
        ] satisfies Part[])
      : []),
    ...temporary.map((one): Part => ({ kind: 'line', text: overTemporarySentence(one) })),
    { kind: 'heading', text: 'What it did' },
    {
      kind: 'list',
      items: sentenceItems(access.summary, { none: 'Nobody gained or lost access.', where }),
    },
    { kind: 'heading', text: 'What to do now' },
    {
      kind: 'line',
      text: 'If it is right, adopt it, with a reason. If not, undo it: that proposes to put back what was there before, and asks for approval like any change. Changes that waited on the policy before have ended.',
    },
    ...(link === undefined
      ? ([{ kind: 'line', text: `Sign in for it: POST /foreign-writes/${write.id}/adopt, or /undo.` }] satisfies Part[])
      : ([
          { kind: 'button', text: 'Look at it, then adopt or undo it', link },
          {
            kind: 'line',
            text: `Opening the link does nothing. To act you type ${confirmWordOf(write.key)}, the name of the key, on the page. The link is yours alone: do not forward it.`,
          },
        ] satisfies Part[])),
    {
      kind: 'facts',
      facts: [
        ['Key', write.key.aliases[0] ?? write.key.keyId],
        ['ARN', write.key.arn],
        ['Written by', trace?.caller ?? 'not known'],
        ['Written', trace === undefined ? 'not known' : utc(trace.writtenAt)],
        ['Found', utc(write.foundAt)],
        ['Foreign write', write.id],
        ...(trace === undefined ? [] : ([['CloudTrail event', trace.eventId]] as [string, string][])),
      ],
    },
    ...pictures(write, where),
    { kind: 'small', text: `You get this because rule “${write.rule}” names you as an approver of this key.` },
  ];
  return {
    subject: oneLine(subject),
    text: toText(parts),
    html: toHtml(parts, oneLine(subject)),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  };
}
