import type { GroupName } from '../../lib/change/rules.ts';
import type { ChangeView } from '../../lib/change/view.ts';
import type { Running } from './running.ts';

/** An answer over the wire. */
export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  /** The parsed JSON, or undefined when it is none. */
  body: T;
  text: string;
}

export interface Sent {
  Id: string;
  Subject: string;
  Destination: { ToAddresses: string[] };
  Body: { text_part: string; html_part: string };
}

export interface Put {
  seq: number;
  keyArn: string;
  policy: string;
  sha256: string;
  caller: string;
  at: string;
  result: string;
}

/** What people and programs do with a running system: plain HTTP, nothing else. */
export class Visitor {
  readonly system: Pick<Running, 'api' | 'aws'>;
  readonly #token: string | undefined;

  constructor(system: Pick<Running, 'api' | 'aws'>, token?: string) {
    this.system = system;
    this.#token = token;
  }

  /** Signs in as a person of these groups. */
  async as(email: string, ...groups: GroupName[]): Promise<Visitor> {
    const answer = await this.send('POST', '/local/token', { email, groups });
    return new Visitor(this.system, String(answer.body.access_token));
  }

  get token(): string {
    return this.#token ?? '';
  }

  /** One request to the API; a body that is not a string is sent as JSON. */
  async send<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(`${this.system.api}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined || typeof body === 'string' ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: json(text) as T, text };
  }

  get<T = Record<string, unknown>>(path: string): Promise<Answer<T>> {
    return this.send<T>('GET', path);
  }

  submit(body: object, headers: Record<string, string> = {}): Promise<Answer<ChangeView>> {
    return this.send<ChangeView>('POST', '/changes', body, headers);
  }

  async change(id: string): Promise<ChangeView> {
    return (await this.get<ChangeView>(`/changes/${id}`)).body;
  }

  /** The change once it stands in one of these states; rejects after `seconds`. */
  reaches(id: string, states: readonly string[], seconds = 30): Promise<ChangeView> {
    return until(`${id} to be ${states.join(' or ')}`, seconds, async () => {
      const change = await this.change(id);
      return states.includes(change.status) ? change : undefined;
    });
  }

  /** Every mail so far, oldest first. */
  async mails(to?: string): Promise<Sent[]> {
    const response = await fetch(`${this.system.aws}/_aws/ses`);
    const { messages } = (await response.json()) as { messages: Sent[] };
    return to === undefined ? messages : messages.filter((mail) => mail.Destination.ToAddresses.includes(to));
  }

  /** The path of this person's newest review link for a change, once its mail is there. */
  link(person: string, changeId: string): Promise<string> {
    return until(`a mail to ${person} about ${changeId}`, 30, async () => {
      const mail = (await this.mails(person)).findLast(
        ({ Body }) => Body.text_part.includes(changeId) && LINK.test(Body.text_part),
      );
      return mail === undefined ? undefined : LINK.exec(mail.Body.text_part)?.[0];
    });
  }

  /** Sends the form of a review page, as a browser does. */
  decide(link: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', link, new URLSearchParams(form).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    });
  }

  /** Every PutKeyPolicy that KMS ever got, in order, refused ones too. */
  async puts(): Promise<Put[]> {
    const response = await fetch(`${this.system.aws}/_kms/journal`);
    return ((await response.json()) as { puts: Put[] }).puts;
  }
}

const LINK = /\/review\/[\w-]{43}/;

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asks again and again until there is an answer; rejects with what was waited for. */
export async function until<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}
