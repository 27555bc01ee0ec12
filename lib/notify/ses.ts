import { type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { Mail } from './mail.ts';

/**
 * Hands one mail to SES.
 *
 * @param from A verified sender, `Countersign <countersign@example.com>` or the bare address.
 * @param to One address.
 * @returns The MessageId that SES gave it. Throws what the SDK throws.
 */
export async function sendMail(client: SESv2Client, from: string, to: string, mail: Mail): Promise<string | undefined> {
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  const { MessageId } = await client.send(
    new SendEmailCommand({
      FromEmailAddress: from,
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
