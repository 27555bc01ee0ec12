import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchGetItemCommand, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Change } from '../../lib/change/change.ts';
import { revertIsOpen } from '../../lib/change/revert.ts';
import { type Running, startRunning } from '../../local/demo/running.ts';
import { type Answer, until } from '../../local/demo/visitor.ts';
import { ACCOUNT_ID } from '../../local/iam/principals.ts';
import { SPOKE } from '../../local/iam/spoke.ts';
import { SPOKE_SEED } from '../../local/seed.ts';
import { policyWithRole } from '../fixtures/policy.ts';
import { people, RULES, SPOKE_RULES, tableItems, type World } from '../story/system.ts';
import { type Items, misplaced, violations } from './invariants.ts';
import { type Call, type Fault, type FaultProxy, startProxy } from './proxy.ts';

const TABLE = 'countersign-local';
const KEYS = ['payments', 'reports', 'partner-exchange'];

/** What the stories are about: a change that stays, one that is put back after a second, one of a key in another account. */
export type Plot = 'standing' | 'temporary' | 'elsewhere';

const PUT = /^apply (?:as CountersignApply )?kms\.PutKeyPolicy$/;

/** How one story went. */
export interface Told {
  calls: Call[];
  /** The fault came to pass. */
  happened: boolean;
  violations: string[];
  milliseconds: number;
}

/** One running system whose lambdas reach AWS through a proxy, on which story after story is played. */
export class Stage {
  readonly proxy: FaultProxy;
  readonly #plot: Plot;
  readonly #folder: string;
  world: World;
  #stories = 0;
  /** Resolves when the system is up again after a crash. */
  #up: Promise<void> = Promise.resolve();

  private constructor(proxy: FaultProxy, folder: string, world: World, plot: Plot) {
    this.proxy = proxy;
    this.#plot = plot;
    this.#folder = folder;
    this.world = world;
    proxy.crash = () => {
      proxy.target = undefined;
      const killed = this.world.running.kill();
      this.#up = killed.then(async () => {
        this.world = await start(folder, proxy);
      });
    };
  }

  static async open(plot: Plot = 'standing'): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-faults-'));
    writeFileSync(join(folder, 'rules.yml'), RULES + SPOKE_RULES);
    const proxy = await startProxy();
    const stage = new Stage(proxy, folder, await start(folder, proxy), plot);
    return stage;
  }

  async close(): Promise<void> {
    await this.#up;
    await this.world.running.stop();
    await this.proxy.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** One change from the submit to the end that everybody was told of, with these faults on the way. Who gets no answer asks again. */
  async play(...faults: Fault[]): Promise<Told> {
    const began = performance.now();
    const serial = ++this.#stories;
    const { name, key, accountId } = this.#key(serial);
    const timing = this.#plot === 'temporary' ? { revertAfter: 'PT1S' } : {};
    const body = { key, policy: policyWithRole(serial, accountId), reason: `Story ${serial}`, ...timing };
    const headers = { 'idempotency-key': `story-${serial}` };
    const found: string[] = [];
    this.proxy.arm(...faults);

    const submitted = await this.#answered('the submit', () => this.world.ana.submit(body, headers), found, [201]);
    const { id } = submitted.body as { id: string };
    const link = await this.#waited(id, 'a mail', async () => {
      const mails = await this.world.visitor.mails('sam@example.com');
      const text = mails.findLast(({ Body }) => Body.text_part.includes(id))?.Body.text_part ?? '';
      return /\/review\/[\w-]{43}/.exec(text)?.[0];
    });
    await this.#answered('the page', () => this.world.visitor.get(link), found, [200]);
    const form = { decision: 'approve', comment: '', confirm: name };
    await this.#answered('the decision', () => this.world.visitor.decide(link, form), found, [200]);
    const change = await this.#waited(id, 'its end', async () => {
      const [item] = await this.#partition(`CHANGE#${id}`, 'CHANGE');
      const now = item?.change as Change | undefined;
      return now?.closed === true && !revertIsOpen(now) ? now : undefined;
    });
    const again = await this.#answered('the submit again', () => this.world.ana.submit(body, headers), found, [201]);
    if ((again.body as { id: string }).id !== id) found.push(`I24: one Idempotency-Key is ${id} and another change`);

    const happened = this.proxy.happened();
    const behind = happened.some(({ mode, operation }) => mode === 'stale' && operation.startsWith('submit'));
    if (change.status !== (this.#plot === 'temporary' ? 'REVERTED' : 'APPLIED') && !behind)
      found.push(`I14: it ended as ${change.status}: ${change.outcome}`);
    const twice = happened.some(({ mode, operation }) => mode === 'duplicate' && PUT.test(operation));
    // A crash may come as late as here: what its call belongs to goes on after the end.
    const [items, puts] = await until(`the outcome of ${id}`, 60, async () => {
      await this.#up;
      return Promise.all([this.#itemsOf(change), this.world.visitor.puts()]).catch(() => undefined);
    });
    found.push(...violations(items, puts, twice));
    return {
      calls: this.proxy.calls(),
      happened: happened.length > 0,
      violations: found,
      milliseconds: Math.round(performance.now() - began),
    };
  }

  #key(serial: number): { name: string; key: string; accountId: string } {
    if (this.#plot === 'elsewhere') {
      const { accountId } = SPOKE;
      const key = `arn:aws:kms:us-east-1:${accountId}:${SPOKE_SEED.alias}`;
      return { name: SPOKE_SEED.alias.replace('alias/', ''), key, accountId };
    }
    const name = KEYS[serial % KEYS.length] ?? '';
    return { name, key: `alias/${name}`, accountId: ACCOUNT_ID };
  }

  /** What is wrong with all of it: the whole table against the whole journal, and the history by its own verification. */
  async verify(twice: boolean): Promise<string[]> {
    this.proxy.arm();
    await this.world.ana.send('POST', '/local/schedule/notarise');
    const items = await tableItems(this.world.running);
    const stories = items.filter(({ sk }) => sk === 'CHANGE').length;
    const foreign = items.filter(({ sk }) => sk === 'FOREIGN');
    const { body } = await this.world.audrey.get<{ ok: boolean; why: string; dangling: string[] }>('/audit/verify');
    return [
      ...violations(items, await this.world.visitor.puts(), twice),
      ...misplaced(items),
      ...(stories === this.#stories ? [] : [`I24: ${this.#stories} stories left ${stories} changes`]),
      ...foreign.map(({ write }) => `I26: nobody else wrote, and there is ${JSON.stringify(write)}`),
      ...(body.ok && body.dangling.length === 0 ? [] : [`I17: verification says ${JSON.stringify(body)}`]),
    ];
  }

  /** What people do who get no answer: the same again. A first answer must be true, whatever happened behind it. */
  async #answered(
    what: string,
    ask: () => Promise<Answer<unknown>>,
    found: string[],
    good: number[],
  ): Promise<Answer<unknown>> {
    let unanswered = false;
    return until(`an answer to ${what}`, 60, async () => {
      await this.#up;
      const answer = await ask().catch(() => undefined);
      if (answer === undefined || answer.status >= 500) {
        unanswered = true;
        return undefined;
      }
      // Whoever asks again may hear that it was done before.
      if (good.includes(answer.status) || (unanswered && answer.status === 409)) return answer;
      found.push(`I23: ${what} was answered with ${answer.status} ${answer.text.slice(0, 200)}`);
      return answer;
    });
  }

  /** Waits, and runs the sweep that comes every minute each second. */
  async #waited<T>(id: string, what: string, ask: () => Promise<T | undefined>): Promise<T> {
    let swept = performance.now();
    return until(`${what} of ${id}`, 60, async () => {
      await this.#up;
      const answer = await ask().catch(() => undefined);
      if (answer === undefined && performance.now() - swept > 1_000) {
        await this.world.ana.send('POST', '/local/schedule/sweep').catch(() => undefined);
        swept = performance.now();
      }
      return answer;
    });
  }

  #table = () => new DynamoDBClient({ endpoint: this.world.running.aws, region: 'us-east-1', credentials: TEST });

  async #partition(pk: string, sk: string): Promise<Record<string, unknown>[]> {
    const { Items = [] } = await this.#table().send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk AND sk = :sk',
        ExpressionAttributeValues: marshall({ ':pk': pk, ':sk': sk }),
        ConsistentRead: true,
      }),
    );
    return Items.map((item) => unmarshall(item));
  }

  async #itemsOf({ id, binding, before }: Change): Promise<Items> {
    const [item] = await this.#partition(`CHANGE#${id}`, 'CHANGE');
    const seqs = (item?.seqs ?? []) as number[];
    const wanted = [
      ...[...new Set([binding.after, before])].map((hash) => ({ pk: `DOC#${hash}`, sk: 'DOC' })),
      ...seqs.map((seq) => ({ pk: 'LOG#main', sk: String(seq).padStart(12, '0') })),
    ];
    const { Responses } = await this.#table().send(
      new BatchGetItemCommand({
        RequestItems: { [TABLE]: { Keys: wanted.map((key) => marshall(key)), ConsistentRead: true } },
      }),
    );
    return [item ?? {}, ...(Responses?.[TABLE] ?? []).map((raw) => unmarshall(raw))];
  }
}

const TEST = { accessKeyId: 'test', secretAccessKey: 'test' };

async function start(folder: string, proxy: FaultProxy): Promise<World> {
  const env = {
    RULES_FILE: join(folder, 'rules.yml'),
    LAMBDA_ENDPOINT_URL: proxy.url,
    SUBMITS_PER_MINUTE: '100000',
    OPEN_CHANGES_PER_KEY: '100000',
    // A crash is followed by a start: most functions are not called after it.
    WARM: 'false',
  };
  const running: Running = await startRunning(join(folder, 'data'), env);
  proxy.target = running.aws;
  return { running, ...(await people(running)) };
}

/** The faults that make sense: every mode at every call that a story without faults makes. */
export const every = (calls: readonly Call[], modes: readonly Fault['mode'][]): Fault[] =>
  calls.flatMap((call) => modes.map((mode) => ({ ...call, mode })));
