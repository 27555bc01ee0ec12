import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { answer, demand, Fault, jsonObject } from './fault.ts';
import { openJournal } from './journal.ts';
import { addressIn, isAddress } from './ses/address.ts';
import { readContent, readTags } from './ses/content.ts';
import { readEvent, type SentMail, type SesEvent } from './ses/event.ts';
import type { AwsRequest, AwsResponse, AwsService } from './types.ts';

export type { SentMail } from './ses/event.ts';

export interface SesOptions {
  /** The journal is `ses.jsonl` in it. */
  dataDir: string;
  region: string;
  accountId: string;
  /** Puts an event on the default event bus; answers what became of it. */
  publish?(event: SesEvent): Promise<unknown>;
}

type Entry = { mail: SentMail } | { cleared: true };

/** SES v2 `SendEmail` on this machine: nothing leaves it, and what was sent is read back at `GET /_aws/ses`. */
export function openSes({ dataDir, region, accountId, publish }: SesOptions): AwsService {
  const journal = openJournal<Entry>(join(dataDir, 'ses.jsonl'));
  let mails: SentMail[] = [];
  for (const entry of journal.read()) take(entry);

  function take(entry: Entry): void {
    if ('mail' in entry) mails.push(entry.mail);
    else mails = [];
  }

  function append(entry: Entry): void {
    journal.append(entry);
    take(entry);
  }

  function sendEmail({ body, caller }: AwsRequest): { MessageId: string } {
    const input = jsonObject(body);
    const content = readContent(input.Content);
    const source = input.FromEmailAddress;
    if (typeof source !== 'string') throw new Fault('BadRequestException', 'FromEmailAddress is missing');
    const destination = readDestination(input.Destination);
    for (const address of [source, ...Object.values(destination).flat()]) {
      if (!isAddress(address)) throw new Fault('BadRequestException', `Invalid email address ${address}.`);
    }
    const identity = addressIn(source);
    demand(caller, 'ses:SendEmail', `arn:aws:ses:${region}:${accountId}:identity/${identity}`, {
      'ses:FromAddress': [identity],
    });
    const set = input.ConfigurationSetName;
    if (typeof set === 'string') {
      demand(caller, 'ses:SendEmail', `arn:aws:ses:${region}:${accountId}:configuration-set/${set}`, {
        'ses:FromAddress': [identity],
      });
    }
    const Id = randomUUID();
    append({
      mail: {
        Id,
        Region: region,
        Source: source,
        Destination: destination,
        Subject: content.subject,
        Body: { text_part: content.text, html_part: content.html },
        Headers: content.headers,
        Tags: readTags(input.EmailTags),
        ConfigurationSetName: typeof set === 'string' ? set : null,
        Timestamp: new Date().toISOString(),
      },
    });
    return { MessageId: Id };
  }

  function readBack({ method, path }: AwsRequest): unknown {
    if (method === 'DELETE') {
      append({ cleared: true });
      return {};
    }
    if (method !== 'GET') throw new Fault('MethodNotAllowedException', 'GET or DELETE', 405);
    const query = new URL(path, 'http://localhost').searchParams;
    const [id, email] = [query.get('id'), query.get('email')?.toLowerCase()];
    const messages = mails
      .filter((mail) => id === null || mail.Id === id)
      .filter((mail) => email === undefined || involves(mail, email));
    return { messages };
  }

  /** `POST /_aws/ses/events` `{"messageId", "type": "bounce" | "complaint" | "reject", …}`: what SES would tell about a mail. */
  async function tell({ method, body }: AwsRequest): Promise<AwsResponse> {
    if (method !== 'POST' || publish === undefined) return json(405, { message: 'POST' });
    const event = readEvent(body, mails, { region, accountId });
    return typeof event === 'string'
      ? json(400, { message: event })
      : json(200, { event, result: await publish(event) });
  }

  return {
    handle: (request) => {
      if (request.path.split('?')[0] === '/_aws/ses/events') return tell(request);
      return answer('application/json', () => {
        const path = request.path.split('?')[0];
        if (path === '/_aws/ses') return readBack(request);
        if (path === '/v2/email/outbound-emails' && request.method === 'POST') return sendEmail(request);
        throw new Fault('UnknownOperationException', `SES has no ${request.method} ${path} here`, 404);
      });
    },
    close: async () => {},
  };
}

function readDestination(destination: unknown): SentMail['Destination'] {
  const { ToAddresses, CcAddresses, BccAddresses } = (destination ?? {}) as Record<string, unknown>;
  const lists = {
    ToAddresses: addressList(ToAddresses),
    CcAddresses: addressList(CcAddresses),
    BccAddresses: addressList(BccAddresses),
  };
  const count = Object.values(lists).flat().length;
  if (count === 0) throw new Fault('BadRequestException', 'Destination holds no address');
  if (count > 50) throw new Fault('BadRequestException', 'Recipient count exceeds 50');
  return {
    ToAddresses: lists.ToAddresses,
    ...(lists.CcAddresses.length === 0 ? {} : { CcAddresses: lists.CcAddresses }),
    ...(lists.BccAddresses.length === 0 ? {} : { BccAddresses: lists.BccAddresses }),
  };
}

function addressList(list: unknown): string[] {
  return Array.isArray(list) ? list.map(String) : [];
}

const json = (status: number, value: unknown): AwsResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** Did this address send it, or is it among those it went to? */
function involves({ Source, Destination }: SentMail, email: string): boolean {
  return [Source, ...Object.values(Destination).flat()].some((address) => addressIn(address).toLowerCase() === email);
}
