import { randomUUID } from 'node:crypto';
import { addressIn } from './address.ts';

/** A sent mail as `GET /_aws/ses` gives it: LocalStack's names, and the headers. */
export interface SentMail {
  Id: string;
  Region: string;
  Source: string;
  Destination: { ToAddresses: string[]; CcAddresses?: string[]; BccAddresses?: string[] };
  Subject: string;
  Body: { text_part: string | null; html_part: string | null };
  Headers: { Name: string; Value: string }[];
  /** `EmailTags`. */
  Tags: { Name: string; Value: string }[];
  ConfigurationSetName: string | null;
  /** ISO 8601. */
  Timestamp: string;
}

/** An event of SES as EventBridge delivers it. */
export interface SesEvent {
  version: '0';
  id: string;
  'detail-type': string;
  source: 'aws.ses';
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: Record<string, unknown>;
}

const TYPES = { bounce: 'Email Bounced', complaint: 'Email Complaint Received', reject: 'Email Rejected' } as const;

/**
 * What SES would tell about a sent mail: `{"messageId", "type", "bounceType"?, "diagnosticCode"?}`. An event goes out only for a
 * mail that was sent with a configuration set. https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
 *
 * @returns what is wrong, as a text
 */
export function readEvent(
  body: Buffer,
  mails: readonly SentMail[],
  { region, accountId }: { region: string; accountId: string },
): SesEvent | string {
  const given = asked(body);
  const type = TYPES[given.type as keyof typeof TYPES];
  const mail = mails.find(({ Id }) => Id === given.messageId);
  if (type === undefined) return 'type is bounce, complaint or reject';
  if (mail === undefined) return `no mail ${String(given.messageId)} was sent`;
  if (mail.ConfigurationSetName === null) return 'the mail was sent without a configuration set: nobody is told';
  const time = new Date().toISOString();
  const addresses = mail.Destination.ToAddresses.map(addressIn);
  const told = {
    bounce: {
      eventType: 'Bounce',
      bounce: {
        feedbackId: randomUUID(),
        bounceType: given.bounceType ?? 'Permanent',
        bounceSubType: 'General',
        bouncedRecipients: addresses.map((emailAddress) => ({
          emailAddress,
          action: 'failed',
          status: '5.1.1',
          diagnosticCode: given.diagnosticCode ?? 'smtp; 550 5.1.1 user unknown',
        })),
        timestamp: time,
      },
    },
    complaint: {
      eventType: 'Complaint',
      complaint: {
        feedbackId: randomUUID(),
        complainedRecipients: addresses.map((emailAddress) => ({ emailAddress })),
        complaintFeedbackType: 'abuse',
        timestamp: time,
      },
    },
    reject: { eventType: 'Reject', reject: { reason: 'Bad content' } },
  }[given.type as keyof typeof TYPES];
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': type,
    source: 'aws.ses',
    account: accountId,
    time: time.replace(/\.\d+Z$/, 'Z'),
    region,
    resources: [`arn:aws:ses:${region}:${accountId}:configuration-set/${mail.ConfigurationSetName}`],
    detail: {
      ...told,
      mail: {
        timestamp: mail.Timestamp,
        source: mail.Source,
        sendingAccountId: accountId,
        messageId: mail.Id,
        destination: mail.Destination.ToAddresses,
        tags: Object.fromEntries(mail.Tags.map(({ Name, Value }) => [Name, [Value]])),
      },
    },
  };
}

function asked(body: Buffer): Record<string, unknown> {
  try {
    return (JSON.parse(body.toString('utf8')) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}
