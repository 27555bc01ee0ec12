import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetKeyPolicyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { entryHash, genesis } from '../../lib/audit/chain.ts';
import { unseal } from '../../lib/audit/seal.ts';
import type { Change } from '../../lib/change/change.ts';
import { toAsk, toTellOfChanges } from '../../lib/change/push.ts';
import { sha256 } from '../../lib/policy/document/canonical.ts';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import { type Running, startRunning } from '../../local/demo/running.ts';
import { type Answer, until, type Visitor } from '../../local/demo/visitor.ts';
import { type Items, misplaced, violations } from '../faults/invariants.ts';
import { policyWithRole } from '../fixtures/policy.ts';
import { type SlackAnswer, SlackSide } from '../story/slackUser.ts';
import { kmsOf, people, tableItems, type World } from '../story/system.ts';
import type { Said } from './explain.ts';
import {
  type Act,
  type Document,
  KEYS,
  type KeyName,
  type ModelChange,
  type Name,
  PEOPLE,
  RULES,
  SLACK_USERS,
  type State,
} from './model.ts';

const email = (name: Name): string => `${name}@example.com`;
const nameOf = (address: string): Name => address.replace('@example.com', '') as Name;
const JOURNALS = ['states.jsonl', 'ses.jsonl', 'kms.jsonl'];
const ENDED = ['APPLIED', 'STALE', 'FAILED', 'UNCERTAIN', 'REJECTED', 'CANCELLED', 'EXPIRED'];

/** An act with the request that does it; sending it again is the same request again. */
export interface Request {
  act: Act;
  channel: string;
  send(): Promise<Said>;
  /** The same request once more, as the model sees it. */
  again: Act;
}

/** What can be seen of the system from outside once it rests. */
export interface Seen {
  changes: Change[];
  state: Pick<State, 'changes' | 'live'>;
  items: Items;
  facts: number;
}

/** One running system on a folder of its own, with everybody signed in. */
export class Real {
  readonly #folder: string;
  #world: World;
  readonly slack: SlackSide;
  #visitors = new Map<Name, Visitor>();
  /** Canonical hash of what each key had at the start. */
  #first = {} as Record<KeyName, string>;
  #arns = new Map<string, KeyName>();
  #serial = 0;
  /** The last request of Slack, as it was captured. */
  captured: { request: ReturnType<SlackSide['request']>; act: Act } | undefined;
  last: Request | undefined;

  private constructor(folder: string, world: World) {
    this.#folder = folder;
    this.#world = world;
    const holder = {
      get running(): Running {
        return current().running;
      },
    } as World;
    const current = () => this.#world;
    this.slack = new SlackSide(holder);
  }

  static async open(): Promise<Real> {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-model-'));
    writeFileSync(join(folder, 'rules.yml'), RULES);
    const real = new Real(folder, await start(folder));
    await real.#signIn();
    for (const key of Object.keys(KEYS) as KeyName[]) {
      const { body } = await real.#as('ana').get<{ arn: string }>(`/keys/${encodeURIComponent(`alias/${key}`)}`);
      real.#arns.set(body.arn, key);
      const { Policy = '' } = await kmsOf(real.#world.running).send(new GetKeyPolicyCommand({ KeyId: body.arn }));
      real.#first[key] = canonicalOf(Policy);
    }
    return real;
  }

  async close(): Promise<void> {
    await this.#world.running.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get first(): Record<KeyName, string> {
    return { ...this.#first };
  }

  async #signIn(): Promise<void> {
    const names: Name[] = [...PEOPLE, 'ada'];
    for (const name of names) {
      const groups = name === 'ada' ? (['admins'] as const) : (['submitters', 'approvers'] as const);
      this.#visitors.set(name, await this.#world.visitor.as(email(name), ...groups));
    }
  }

  #as(name: Name): Visitor {
    const visitor = this.#visitors.get(name);
    if (visitor === undefined) throw new Error(`${name} is not signed in`);
    return visitor;
  }

  /** A policy that nobody else has. */
  #policy(): { text: string; document: Document } {
    const text = policyWithRole(++this.#serial);
    return { text, document: { sha256: sha256(text), canonical: canonicalOf(text) } };
  }

  submit(by: Name, key: KeyName, coAuthors: Name[]): Request {
    const { text, document } = this.#policy();
    const act: Act = { do: 'submit', by, key, coAuthors, after: document, id: undefined };
    const again: Act = { ...act, again: true };
    const others = coAuthors.length === 0 ? {} : { coAuthors: coAuthors.map(email) };
    const body = { key: `alias/${key}`, policy: text, reason: document.sha256, ...others };
    const send = async () => {
      const answer = await this.#as(by).submit(body, { 'idempotency-key': document.sha256 });
      if (answer.status === 201) act.id = again.id = answer.body.id;
      return saidOf(answer, 201);
    };
    return { act, channel: 'api', send, again };
  }

  version(by: Name, id: string): Request {
    const { text, document } = this.#policy();
    const act: Act = { do: 'version', by, id, after: document };
    const body = { policy: text, reason: document.sha256 };
    return this.#api(act, by, `/changes/${id}/versions`, body, 201);
  }

  cancel(by: Name, id: string): Request {
    return this.#api({ do: 'cancel', by, id }, by, `/changes/${id}/cancel`, {}, 200);
  }

  delegate(by: Name, id: string, to: Name, until: string): Request {
    const act: Act = { do: 'delegate', by, id, to };
    return this.#api(act, by, `/changes/${id}/delegations`, { to: email(to), until }, 200);
  }

  #api(act: Act, by: Name, path: string, body: object, status: number): Request {
    const send = async () => saidOf(await this.#as(by).send('POST', path, body), status);
    return { act, channel: 'api', send, again: act };
  }

  /** Somebody says something to a change by this way, or signed in where they have no link or no Slack user. */
  async say(
    act: Act & { id: string },
    verdict: string,
    channel: 'api' | 'link' | 'slack',
    seen: Seen,
  ): Promise<Request> {
    const change = seen.changes.find(({ id }) => id === act.id);
    const user = SLACK_USERS[act.by];
    const link = channel === 'link' ? await this.#link(act.by, act.id, seen.items) : undefined;
    if (link !== undefined && change !== undefined) {
      const word = change.key.aliases[0]?.replace('alias/', '') ?? '';
      const bound: Act = { ...act, link: link.path, seen: link.after } as Act;
      const form = { decision: verdict, comment: 'By the link.', confirm: word };
      const send = async () => saidOf(await this.#world.visitor.decide(link.path, form), 200);
      return { act: bound, channel: 'link', send, again: bound };
    }
    if (channel === 'slack' && user !== undefined && change !== undefined) {
      const word = change.key.aliases[0]?.replace('alias/', '') ?? '';
      const { id, binding } = change;
      const value = `${id} ${binding.after} ${binding.base}`;
      const payload = this.slack.submission(user, value, { confirm: word, comment: 'In Slack.', decision: verdict });
      const request = this.slack.request(new URLSearchParams({ payload: JSON.stringify(payload) }).toString());
      const bound: Act = { ...act, seen: binding.after } as Act;
      const again = { ...bound, replayed: true } as Act;
      const send = async () => {
        this.captured = { request, act: again };
        return slackSaid(await this.slack.post(request));
      };
      return { act: bound, channel: 'slack', send, again };
    }
    return this.#api(act, act.by, `/changes/${act.id}/decisions`, { decision: verdict, comment: 'Signed in.' }, 200);
  }

  async #link(by: Name, id: string, items: Items): Promise<{ path: string; after: string } | undefined> {
    const mail = (await this.#world.visitor.mails(email(by))).findLast(
      ({ Body }) => Body.text_part.includes(id) && LINK.test(Body.text_part),
    );
    const path = LINK.exec(mail?.Body.text_part ?? '')?.[0];
    if (path === undefined) return undefined;
    const token = createHash('sha256').update(path.replace('/review/', '')).digest('hex');
    const item = items.find(({ pk }) => pk === `LINK#${token}`) as { binding: { after: string } } | undefined;
    return item === undefined ? undefined : { path, after: item.binding.after };
  }

  /** Somebody outside of the workflow writes the policy of a key. */
  async foreignPut(key: KeyName): Promise<string> {
    const { text, document } = this.#policy();
    const arn = [...this.#arns].find(([, name]) => name === key)?.[0];
    await kmsOf(this.#world.running).send(new PutKeyPolicyCommand({ KeyId: arn, Policy: text }));
    return document.canonical;
  }

  /** Sends a captured request of Slack again, byte for byte. */
  async replay(): Promise<Said> {
    return this.captured === undefined ? 'no' : slackSaid(await this.slack.post(this.captured.request));
  }

  /** Lines of what the system wrote down outside of the table: its progress, seen without asking it. */
  progress(): number {
    return JOURNALS.map((file) => join(this.#folder, 'data', file))
      .filter((path) => existsSync(path))
      .reduce((sum, path) => sum + readFileSync(path, 'utf8').split('\n').length, 0);
  }

  /** Cuts the power, and starts again on what is left. */
  async crash(): Promise<void> {
    await this.#world.running.kill();
    this.#world = await start(this.#folder);
    await this.#signIn();
  }

  /** The id of a change by the reason that it was submitted with, in case that no answer came. */
  static idOf(items: Items, after: Document): string | undefined {
    const opened = openedIn(items);
    return factsOf(items).find(({ type, reason }) => type === 'SUBMITTED' && unseal(reason, opened) === after.sha256)
      ?.change;
  }

  /** Waits until nothing is left to do but for people, with the sweep that comes every minute run each second. */
  async rests(): Promise<Seen> {
    let swept = performance.now();
    const items = await until('everything to end or to wait for people', 60, async () => {
      const now = await tableItems(this.#world.running);
      if (changesOf(now).every(rests)) return now;
      if (performance.now() - swept > 1_000) {
        await this.#world.ana.send('POST', '/local/schedule/sweep');
        swept = performance.now();
      }
      return undefined;
    });
    const changes = changesOf(items);
    const live = this.first;
    for (const { keyArn, policy, result } of await this.#world.visitor.puts()) {
      const key = this.#arns.get(keyArn);
      if (key !== undefined && result === 'ok') live[key] = canonicalOf(policy);
    }
    const facts = items.filter(({ pk }) => pk === 'LOG#main').length;
    return { changes, state: { changes: Object.fromEntries(changes.map(this.#shown)), live }, items, facts };
  }

  #shown = (change: Change): [string, ModelChange] => {
    const { id, key, submitter, coAuthors = [], status, version = 1, binding, afterCanonical, decisions } = change;
    const { changesRequested, escalated } = change;
    return [
      id,
      {
        key: this.#arns.get(key.arn) ?? ('of no key that we know' as KeyName),
        submitter: nameOf(submitter),
        coAuthors: coAuthors.map(nameOf),
        status: status.toLowerCase() as ModelChange['status'],
        version,
        base: binding.base,
        after: { sha256: binding.after, canonical: afterCanonical },
        yes: decisions
          .filter(({ decision }) => decision === 'approve')
          .map(({ person, onBehalfOf }) => ({ person: nameOf(person), seat: nameOf(onBehalfOf ?? person) })),
        ...(changesRequested === undefined ? {} : { wish: nameOf(changesRequested.person) }),
        given: [],
        escalated: escalated !== undefined,
      },
    ];
  };

  /** What is wrong with what stands, against the journal of KMS and the chain; with `over`, nothing may be open any more. */
  async wrong({ items, changes }: Seen, over: boolean): Promise<string[]> {
    const open = changes.filter(({ closed }) => !closed).map(({ id }) => `I14 ${id}`);
    const found = violations(items, await this.#world.visitor.puts());
    return [
      ...found.filter((line) => over || !open.some((start) => line.startsWith(start))),
      ...(over ? misplaced(items) : []),
      ...inTime(items),
      ...chain(items),
    ];
  }

  /** What the system's own verification says, after the notary has signed. */
  async verify(): Promise<string[]> {
    await this.#world.ana.send('POST', '/local/schedule/notarise');
    const answer = await this.#world.audrey.get<{ ok: boolean; dangling: string[] }>('/audit/verify');
    const { ok, dangling } = answer.body;
    return ok && dangling.length === 0 ? [] : [`I17: the verification says ${answer.text}`];
  }

  /** Takes back what still waits, and says what is wrong with the whole of it: nothing may be open, and the history must verify. */
  async end({ changes }: Seen): Promise<string[]> {
    for (const { id, closed } of changes) if (!closed) await this.#as('ada').send('POST', `/changes/${id}/cancel`, {});
    return [...(await this.wrong(await this.rests(), true)), ...(await this.verify())];
  }
}

const LINK = /\/review\/[\w-]{43}/;

/** What the seals in the table stand for. */
const openedIn = (items: Items): Map<string, string> =>
  new Map(
    items
      .filter(({ pk }) => String(pk).startsWith('SEAL#'))
      .map(({ pk, value }) => [String(pk).slice('SEAL#'.length), String(value)]),
  );

function changesOf(items: Items): Change[] {
  const opened = openedIn(items);
  return items.filter(({ sk }) => sk === 'CHANGE').map(({ change }) => unseal(change as Change, opened));
}

/** Milliseconds in which a change whose time is over must have expired. */
const EXPIRES_WITHIN = 10_000;

/** Nothing is left to be done about it now but by people, or by its time. */
const rests = (change: Change): boolean =>
  ENDED.includes(change.status)
    ? change.closed
    : change.status === 'PENDING' &&
      change.asked &&
      Date.now() < Date.parse(change.expiresAt) + EXPIRES_WITHIN &&
      toAsk(change, new Date().toISOString()).length === 0 &&
      !toTellOfChanges(change);

function saidOf({ status }: Answer<unknown>, good: number): Said {
  if (status === good) return 'yes';
  return status >= 500 ? 'unknown' : 'no';
}

function slackSaid({ status, body }: SlackAnswer): Said {
  if (status >= 500) return 'unknown';
  const title = body.view?.title.text;
  if (title === 'Not certain yet') return 'unknown';
  return title === undefined || title === 'Nothing was decided' ? 'no' : 'yes';
}

/** I9: no approval at or after the expiry of what it was given for. */
function inTime(items: Items): string[] {
  const expires = new Map<string, string>();
  return factsOf(items).flatMap((fact) => {
    if (fact.expiresAt !== undefined) expires.set(fact.change, fact.expiresAt);
    const late = fact.type === 'APPROVAL_GIVEN' && fact.at >= (expires.get(fact.change) ?? '');
    return late ? [`I9 ${fact.change}: an approval at ${fact.at}`] : [];
  });
}

const factsOf = (items: Items) =>
  items
    .filter(({ pk }) => pk === 'LOG#main')
    .map(
      ({ body }) =>
        JSON.parse(String(body)) as { type: string; change: string; at: string; expiresAt?: string; reason?: string },
    );

/** I17: each entry names the hash of the one before, and has the hash of its bytes. */
function chain(items: Items): string[] {
  let head = genesis();
  const found: string[] = [];
  for (const { body, hash } of items.filter(({ pk }) => pk === 'LOG#main')) {
    const { seq, prev } = JSON.parse(String(body));
    if (seq !== head.seq + 1 || prev !== head.hash || hash !== entryHash(String(body))) found.push(`I17: entry ${seq}`);
    head = { seq, hash: String(hash) };
  }
  const stored = items.find(({ pk }) => pk === 'HEAD#main');
  if (stored !== undefined && stored.hash !== head.hash) found.push('I17: the head is not the last entry');
  return found;
}

async function start(folder: string): Promise<World> {
  const env = { RULES_FILE: join(folder, 'rules.yml'), SUBMITS_PER_MINUTE: '100000', OPEN_CHANGES_PER_KEY: '100000' };
  const running = await startRunning(join(folder, 'data'), env);
  return { running, ...(await people(running)) };
}
