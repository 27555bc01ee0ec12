import * as z from 'zod/mini';
import { canonicalPerson } from '../change/address.ts';
import { isOpen } from '../change/change.ts';
import { type Event, WORKFLOW } from '../change/facts.ts';
import { authorsOf } from '../change/quorum.ts';
import { done } from '../change/refusal.ts';
import { undeliveredMail } from '../notify/askedMail.ts';
import { type Along, readWholeChange, record } from '../store/changes.ts';
import { mailEventIsNoted, noteMailEvent } from '../store/mailEvents.ts';
import { loadRules } from '../store/rulesFile.ts';
import { noteUnreachable } from '../store/unreachable.ts';
import { deliver } from './deliver.ts';
import { mayPass } from './unreached.ts';
import { toView } from './view.ts';

const recipient = z.object({
  emailAddress: z.string(),
  status: z.optional(z.string()),
  diagnosticCode: z.optional(z.string()),
});
const mail = z.object({
  messageId: z.string(),
  destination: z._default(z.array(z.string()), []),
  tags: z._default(z.record(z.string(), z.array(z.string())), {}),
});

/** The detail of an event of SES, as far as it is read. https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html */
export const sesEvent = z.discriminatedUnion('eventType', [
  z.object({
    eventType: z.literal('Bounce'),
    mail,
    bounce: z.object({
      bounceType: z.string(),
      bounceSubType: z._default(z.string(), ''),
      bouncedRecipients: z.array(recipient),
    }),
  }),
  z.object({
    eventType: z.literal('Complaint'),
    mail,
    complaint: z.object({
      complainedRecipients: z.array(recipient),
      complaintFeedbackType: z.optional(z.string()),
    }),
  }),
  z.object({ eventType: z.literal('Reject'), mail, reject: z.object({ reason: z._default(z.string(), '') }) }),
]);

type SesEvent = z.infer<typeof sesEvent>;
type MailEvent = Extract<Event, { type: 'BOUNCED' | 'COMPLAINED' }>;

/** Characters of a mail server's words that are kept. */
const DETAIL_MAX = 300;

/**
 * Makes what SES tells about a mail a fact of its change, once for each address, and warns the authors while the change
 * still waits for people. A mail server that only asks for patience is a fact and no warning. The warning comes first: a crash in between
 * warns twice and never not at all.
 *
 * @returns The facts that were new.
 */
export async function takeMailEvent(event: SesEvent, at: string): Promise<number> {
  const changeId = event.mail.tags.change?.[0];
  if (changeId === undefined) return 0;
  let noted = 0;
  for (const fact of factsOf(event)) {
    const key = `${event.mail.messageId} ${fact.type} ${fact.to}`;
    if (await mailEventIsNoted(key)) continue;
    await warn(changeId, fact, at);
    const recorded = await record(changeId, { person: WORKFLOW, at }, () => done(fact), {
      along: along(key, fact, at),
    });
    if (recorded.ok) noted += 1;
    else if (recorded.refusal.code === 'UNAVAILABLE') throw new Error(recorded.refusal.detail);
  }
  return noted;
}

/** What goes with the fact: that it is noted, and that no mail goes there any more when it bounced for good or was called spam. */
function along(key: string, fact: MailEvent, at: string): Along {
  const noted = noteMailEvent(key, at);
  const ends = fact.type === 'COMPLAINED' || fact.bounceType === 'Permanent';
  return ends ? { ...noted, writes: [...noted.writes, noteUnreachable(fact.to, loadRules().sha256, at)] } : noted;
}

function factsOf(event: SesEvent): MailEvent[] {
  switch (event.eventType) {
    case 'Bounce': {
      const { bounceType, bounceSubType, bouncedRecipients } = event.bounce;
      return bouncedRecipients.map(({ emailAddress, status, diagnosticCode }) => ({
        type: 'BOUNCED',
        to: canonicalPerson(emailAddress),
        bounceType,
        detail: cut(diagnosticCode ?? status ?? bounceSubType),
      }));
    }
    case 'Complaint':
      return event.complaint.complainedRecipients.map(({ emailAddress }) => ({
        type: 'COMPLAINED',
        to: canonicalPerson(emailAddress),
        detail: cut(event.complaint.complaintFeedbackType ?? 'abuse'),
      }));
    case 'Reject':
      return event.mail.destination.map((to) => ({
        type: 'BOUNCED',
        to: canonicalPerson(to),
        bounceType: 'Reject',
        detail: cut(event.reject.reason),
      }));
  }
}

const cut = (text: string): string => text.slice(0, DETAIL_MAX);

async function warn(changeId: string, fact: MailEvent, at: string): Promise<void> {
  if (fact.type === 'BOUNCED' && fact.bounceType === 'Transient') return;
  const whole = await readWholeChange(changeId);
  if (whole === undefined || !isOpen(whole.change.status)) return;
  const what =
    fact.type === 'BOUNCED'
      ? `It did not arrive (${fact.bounceType}): ${fact.detail}`
      : `It was called spam: ${fact.detail}`;
  const change = toView(whole, at);
  const people = authorsOf(whole.change).filter((person) => person !== fact.to);
  const told = await deliver(
    people.map((person) => ({ person, mail: undeliveredMail({ change, address: fact.to, what }) })),
  );
  if (told.mailed.length === 0 && mayPass(told)) throw new Error(`no author could be warned: ${told.failed[0]?.error}`);
}
