import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askMail } from '../../lib/notify/mail.ts';
import { sendMail } from '../../lib/notify/ses.ts';
import { changeView } from '../fixtures/changeView.ts';

let server: Server;
let client: SESv2Client;
let status = 200;
const received: { method: string | undefined; url: string | undefined; body: unknown }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ method: request.method, url: request.url, body: JSON.parse(body) });
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(status === 200 ? '{"MessageId":"m-1"}' : '{"message":"Email address is not verified."}');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  client = new SESv2Client({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await new Promise((closed) => server.close(closed));
});

const mail = askMail({
  change: changeView(),
  person: 'sam@example.com',
  link: 'https://countersign.example.com/review/t',
  now: '2026-11-24T21:10:00.000Z',
});

it('hands both parts and the headers to SES', async () => {
  expect(
    await sendMail(client, { from: 'Countersign <from@example.com>', set: 'countersign' }, 'sam@example.com', mail),
  ).toBe('m-1');
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  expect(received).toEqual([
    {
      method: 'POST',
      url: '/v2/email/outbound-emails',
      body: {
        FromEmailAddress: 'Countersign <from@example.com>',
        ConfigurationSetName: 'countersign',
        EmailTags: [{ Name: 'change', Value: changeView().id }],
        Destination: { ToAddresses: ['sam@example.com'] },
        Content: {
          Simple: {
            Subject: utf8(mail.subject),
            Body: { Text: utf8(mail.text), Html: utf8(mail.html) },
            Headers: Object.entries(mail.headers).map(([Name, Value]) => ({ Name, Value })),
          },
        },
      },
    },
  ]);
});

it('throws what the SDK throws, so that the caller can retry or record it', async () => {
  status = 400;
  await expect(sendMail(client, { from: 'from@example.com', set: '' }, 'sam@example.com', mail)).rejects.toThrow(
    'not verified',
  );
});
