import { SESv2Client } from '@aws-sdk/client-sesv2';
import type { Undelivered } from '../change/facts.ts';
import type { Mail } from '../notify/mail.ts';
import { sendMail } from '../notify/ses.ts';
import { loadRules } from '../store/rulesFile.ts';
import { unreachableAmong } from '../store/unreachable.ts';

const ses = new SESv2Client({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
});

/** Why a mail was not even sent: mail to this person bounced for good, or they called one spam. */
export const MAIL_STOPPED = 'MailStopped';

/** What one person is told by mail. Mail goes to everybody whom it reaches, whatever else there is. */
export interface Message {
  person: string;
  mail: Mail;
}

/** Who was reached by which way, and who was not, with the reason. */
export interface Delivery {
  mailed: string[];
  slacked: string[];
  failed: Undelivered[];
}

/**
 * Tells everybody at once. Nothing is thrown: one way that is down holds up no other, and what failed is said.
 *
 * @param inSlack What is under way in Slack at the same time, if anything.
 */
export async function deliver(
  messages: readonly Message[],
  inSlack?: Promise<Pick<Delivery, 'slacked' | 'failed'>>,
): Promise<Delivery> {
  const mailed: string[] = [];
  const failed: Undelivered[] = [];
  const set = process.env.MAIL_CONFIGURATION_SET ?? '';
  const people = messages.map(({ person }) => person);
  // Where this cannot be known, a mail too many is better than one too few.
  const unreachable = await unreachableAmong(people, loadRules().sha256).catch(() => new Set<string>());
  const mail = async ({ person, mail }: Message) => {
    if (unreachable.has(person)) {
      failed.push({ person, channel: 'mail', error: MAIL_STOPPED });
      return;
    }
    try {
      await sendMail(ses, { from: process.env.MAIL_FROM ?? '', set }, person, mail);
      mailed.push(person);
    } catch (error) {
      failed.push({ person, channel: 'mail', error: (error as Error).name });
    }
  };
  const down = (error: unknown) => ({
    slacked: [],
    failed: [{ person: 'slack', channel: 'slack' as const, error: (error as Error).name }],
  });
  const [slack] = await Promise.all([inSlack?.catch(down) ?? { slacked: [], failed: [] }, ...messages.map(mail)]);
  return { mailed: mailed.sort(), slacked: slack.slacked, failed: [...failed, ...slack.failed] };
}
