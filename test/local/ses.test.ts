import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SESv2Client, SendEmailCommand, type SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Edge } from '../../local/edge.ts';
import { openSes, type SentMail } from '../../local/ses.ts';
import { ACCOUNT_ID, edgeWith, REGION, sdk } from './support/edge.ts';

let dataDir: string;
let edge: Edge;
let client: SESv2Client;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ses-'));
  await open();
});

afterEach(async () => {
  await shut();
  rmSync(dataDir, { recursive: true });
});

async function open(): Promise<void> {
  edge = await edgeWith({ ses: openSes({ dataDir, region: REGION, accountId: ACCOUNT_ID }) });
  client = new SESv2Client(sdk(edge.url));
}

async function shut(): Promise<void> {
  client.destroy();
  await edge.close();
}

const mail: SendEmailCommandInput = {
  FromEmailAddress: 'Countersign <countersign@example.com>',
  Destination: { ToAddresses: ['Ana Silva <ana@example.com>'], CcAddresses: ['bo@example.com'] },
  Content: {
    Simple: {
      Subject: { Data: 'Approve alias/payments?' },
      Body: { Text: { Data: 'text – with a dash' }, Html: { Data: '<p>html</p>' } },
      Headers: [{ Name: 'X-Countersign-Change', Value: '01J' }],
    },
  },
};

const send = (change: Partial<SendEmailCommandInput> = {}) => client.send(new SendEmailCommand({ ...mail, ...change }));

async function sent(query = ''): Promise<SentMail[]> {
  const response = await fetch(`${edge.url}/_aws/ses${query}`);
  return ((await response.json()) as { messages: SentMail[] }).messages;
}

describe('SendEmail', () => {
  it('is read back whole, after a restart too, until it is cleared', async () => {
    const { MessageId } = await send();
    await shut();
    await open();
    expect(await sent()).toEqual([
      {
        Id: MessageId,
        Region: REGION,
        Source: 'Countersign <countersign@example.com>',
        Destination: { ToAddresses: ['Ana Silva <ana@example.com>'], CcAddresses: ['bo@example.com'] },
        Subject: 'Approve alias/payments?',
        Body: { text_part: 'text – with a dash', html_part: '<p>html</p>' },
        Headers: [{ Name: 'X-Countersign-Change', Value: '01J' }],
        Tags: [],
        ConfigurationSetName: null,
        Timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      },
    ]);
    await fetch(`${edge.url}/_aws/ses`, { method: 'DELETE' });
    expect(await sent()).toEqual([]);
    await shut();
    await open();
    expect(await sent()).toEqual([]);
  });

  it('is found by its id, and by anybody it came from or went to', async () => {
    const { MessageId } = await send();
    await send({ Destination: { ToAddresses: ['cy@example.com'] } });
    const count = async (query: string) => (await sent(query)).length;
    expect(await count(`?id=${MessageId}`)).toBe(1);
    expect(await count('?email=ANA@example.com')).toBe(1);
    expect(await count('?email=bo@example.com')).toBe(1);
    expect(await count('?email=countersign@example.com')).toBe(2);
    expect(await count('?email=nobody@example.com')).toBe(0);
  });

  it.each([
    ['a sender without a domain', { FromEmailAddress: 'countersign' }],
    ['a receiver with a space', { Destination: { ToAddresses: ['ana silva@example.com'] } }],
    [
      'a receiver that holds a second line',
      { Destination: { ToAddresses: ['ana@example.com\r\nBcc: x@example.com'] } },
    ],
    ['a receiver beyond ASCII', { Destination: { ToAddresses: ['ána@example.com'] } }],
    ['no receiver', { Destination: { ToAddresses: [] } }],
    ['too many receivers', { Destination: { ToAddresses: Array<string>(51).fill('ana@example.com') } }],
    ['no body', { Content: { Simple: { Subject: { Data: 'x' }, Body: {} } } }],
    [
      'a header of two lines',
      { Content: { Simple: { ...mail.Content?.Simple, Headers: [{ Name: 'X-A', Value: 'a\r\nBcc: b' }] } } },
    ],
    ['a raw message', { Content: { Raw: { Data: new TextEncoder().encode('Subject: x\r\n\r\nx') } } }],
  ])('refuses %s, and keeps nothing of it', async (_what, change) => {
    await expect(send(change as Partial<SendEmailCommandInput>)).rejects.toMatchObject({ name: 'BadRequestException' });
    expect(await sent()).toEqual([]);
  });

  it('needs ses:SendEmail', async () => {
    const denied = new SESv2Client(sdk(edge.url, 'DENIED'));
    await expect(denied.send(new SendEmailCommand(mail))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    denied.destroy();
    expect(await sent()).toEqual([]);
  });
});
