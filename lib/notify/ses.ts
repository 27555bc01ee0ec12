import { type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { Mail } from './mail.ts';

/**
 * Hands one mail to SES.
 *
 * @param set The configuration set by which SES tells of bounces and complaints; empty for none.
 * @param from A verified sender, `Countersign <countersign@example.com>` or the bare address.
 * @param to One address.
 * @returns The MessageId that SES gave it. Throws what the SDK throws.
 */
export async function sendMail(
  client: SESv2Client,
  { from, set }: { from: string; set: string },
  to: string,
  mail: Mail,
): Promise<string | undefined> {
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  const { MessageId } = await client.send(
    new SendEmailCommand({
      FromEmailAddress: from,
      ...(set === '' ? {} : { ConfigurationSetName: set }),
      // Comes back with each event about this mail.
      ...(mail.changeId === undefined ? {} : { EmailTags: [{ Name: 'change', Value: mail.changeId }] }),
      Destination: { ToAddresses: [to] },
      Content: {
        Simple: {
          Subject: utf8(mail.subject),
          Body: { Text: utf8(mail.text), Html: utf8(mail.html) },
          Headers: Object.entries(mail.headers).map(([Name, Value]) => ({ Name, Value })),
        },
      },
    }),
  );
  return MessageId;
}
