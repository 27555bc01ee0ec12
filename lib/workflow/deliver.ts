import { SESv2Client } from '@aws-sdk/client-sesv2';
import type { Undelivered } from '../change/facts.ts';
import type { Rules } from '../change/rules.ts';
import type { Mail } from '../notify/mail.ts';
import { sendMail } from '../notify/ses.ts';
import { postMessage, type SlackMessage } from '../notify/slack.ts';

const ses = new SESv2Client({ maxAttempts: 3, requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 } });

/** What one person is to be told, by mail and, when the rules file knows their Slack user, in Slack too. */
export interface Message {
  person: string;
  mail: Mail;
  slack?: SlackMessage;
}

/** Who was reached by which way, and who was not, with the reason. */
export interface Delivery {
  mailed: string[];
  slacked: string[];
  failed: Undelivered[];
}

/** Tells everybody at once. Nothing is thrown: one way that is down holds up no other, and what failed is said. */
export async function deliver(messages: readonly Message[], rules: Rules, channel?: SlackMessage): Promise<Delivery> {
  const delivery: Delivery = { mailed: [], slacked: [], failed: [] };
  const slackUser = new Map(Object.entries(rules.slack?.people ?? {}).map(([user, person]) => [person, user]));
  const post = async (to: string, name: string, message: SlackMessage) => {
    const posted = await postToSlack(to, message);
    if (posted.ok) delivery.slacked.push(name);
    else delivery.failed.push({ person: name, channel: 'slack', error: posted.error });
  };
  const mail = async ({ person, mail }: Message) => {
    try {
      await sendMail(ses, process.env.MAIL_FROM ?? '', person, mail);
      delivery.mailed.push(person);
    } catch (error) {
      delivery.failed.push({ person, channel: 'mail', error: (error as Error).name });
    }
  };
  await Promise.all([
    ...messages.map(mail),
    ...messages.flatMap(({ person, slack }) => {
      const user = slackUser.get(person);
      return slack === undefined || user === undefined || !slackIsSetUp() ? [] : [post(user, person, slack)];
    }),
    ...(channel !== undefined && rules.slack?.channel !== undefined && slackIsSetUp()
      ? [post(rules.slack.channel, rules.slack.channel, channel)]
      : []),
  ]);
  for (const list of [delivery.mailed, delivery.slacked]) list.sort();
  return delivery;
}

const slackIsSetUp = () => (process.env.SLACK_BOT_TOKEN ?? '') !== '';

const postToSlack = (to: string, message: SlackMessage) =>
  postMessage(
    { apiUrl: process.env.SLACK_API_URL ?? '', token: process.env.SLACK_BOT_TOKEN ?? '', fetch },
    to,
    message,
  );
