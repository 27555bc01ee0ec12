import { DynamoDBClient, GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { entryHash, genesis, type Head } from '../../lib/audit/chain.ts';
import { readNote, signedBy } from '../../lib/audit/checkpoint.ts';
import { NONE } from '../../lib/change/facts.ts';
import { local } from '../story/system.ts';
import { Lab } from './lab.ts';
import { progress, type Share, shared } from './part.ts';
import { type Call, type Fault, type Mode, nameOf } from './proxy.ts';

/** How many notaries run at once: the schedule and the end of a change may meet. */
export const NOTARIES = [1, 2] as const;
export type Notaries = (typeof NOTARIES)[number];

/** As often as the state machine and the schedule of some minutes try together. */
const TRIES = 5;
const TABLE = 'countersign-local';

interface Rooms {
  notarise: typeof import('../../lib/workflow/notarise.ts');
  notary: typeof import('../../lib/aws/notary.ts');
  checkpoints: typeof import('../../lib/store/checkpoints.ts');
  log: typeof import('../../lib/store/log.ts');
}

/** A log that grows behind the proxy's back, and the notary with the keys of its role, which may write nothing but checkpoints. */
export class NotaryLab {
  readonly lab: Lab;
  readonly #rooms: Rooms;
  readonly #table: DynamoDBClient;

  private constructor(lab: Lab, rooms: Rooms) {
    this.lab = lab;
    this.#rooms = rooms;
    this.#table = new DynamoDBClient({ ...local, endpoint: lab.visitor.system.aws });
  }

  static async open(): Promise<NotaryLab> {
    const lab = await Lab.open('notarise');
    return new NotaryLab(lab, {
      notarise: await import('../../lib/workflow/notarise.ts'),
      notary: await import('../../lib/aws/notary.ts'),
      checkpoints: await import('../../lib/store/checkpoints.ts'),
      log: await import('../../lib/store/log.ts'),
    });
  }

  async close(): Promise<void> {
    this.#table.destroy();
    await this.lab.close();
  }

  /** One more entry of the log, by a client that no fault befalls. */
  async grow(): Promise<void> {
    const { append, HEAD, readHead } = this.#rooms.log;
    const { Item } = await this.#table.send(
      new GetItemCommand({ TableName: TABLE, Key: marshall(HEAD), ConsistentRead: true }),
    );
    const head = readHead(Item && unmarshall(Item));
    const at = this.lab.now().toISOString();
    const about = { change: NONE, keyArn: NONE, person: 'eve@example.com', at };
    const { writes } = append(head, { type: 'REFUSED', attempt: 'look', code: 'NOT_FOUND', ...about });
    const TransactItems = writes.map(({ put }) => ({
      Put: { TableName: TABLE, Item: marshall(put, { removeUndefinedValues: true }) },
    }));
    await this.#table.send(new TransactWriteItemsCommand({ TransactItems }));
  }

  /** A log that has grown, signed with these faults on the way, while it goes on growing; then what runs by the clock has run. */
  async play(notaries: Notaries, ...faults: Fault[]): Promise<{ calls: Call[]; happened: boolean; wrong: string[] }> {
    const { proxy } = this.lab;
    const wrong: string[] = [];
    const run = () =>
      this.#rooms.notarise.notarise(this.lab.now()).then(
        () => true,
        (error: Error) => {
          if (error.name === 'NotAnExtension') wrong.push(`an honest log is refused: ${error.message}`);
          return false;
        },
      );
    for (let entries = 0; entries < 2; entries++) await this.grow();
    proxy.arm(...faults);
    // Of two notaries one may see what the other could not yet.
    const [ran] = await Promise.all([
      Promise.all(Array.from({ length: notaries }, run)),
      notaries === 1 ? undefined : this.grow(),
    ]);
    const [calls, happened] = [proxy.calls(), proxy.happened().length > 0];
    proxy.dead = false;
    proxy.arm();
    await this.grow();
    for (let tries = 1; tries < TRIES && !(await run()); tries++);
    if (faults.length === 0 && ran.includes(false)) wrong.push('a notary failed without a fault');
    return { calls, happened, wrong: [...wrong, ...(await this.#judged())] };
  }

  /** Each checkpoint is ours, and says of its place what the log says; the newest is the newest, and vouches for all. */
  async #judged(): Promise<string[]> {
    const { log, notary, checkpoints } = this.#rooms;
    const wrong: string[] = [];
    const isSigned = signedBy(await notary.notaryPublicKey());
    const head = await log.logHead();
    const entries = new Map<number, Head>([[0, genesis()]]);
    for await (const page of log.readEntries(0, head.seq)) {
      for (const { seq, body } of page) entries.set(seq, { seq, hash: entryHash(body) });
    }
    let last: { seq: number; time: string } | undefined;
    for await (const checkpoint of checkpoints.readCheckpoints(0)) {
      const note = readNote(checkpoint.note);
      if (note === undefined || !isSigned(checkpoint)) wrong.push(`the checkpoint of ${checkpoint.seq} is not ours`);
      else if (note.seq !== checkpoint.seq || note.hash !== entries.get(note.seq)?.hash) {
        wrong.push(`the checkpoint of ${checkpoint.seq} is of another log`);
      } else if (last !== undefined && (note.seq <= last.seq || note.time < last.time)) {
        wrong.push(`the checkpoint of ${note.seq} does not extend that of ${last.seq}`);
      } else last = note;
    }
    const newest = await checkpoints.newestCheckpoint();
    if (newest?.seq !== last?.seq)
      wrong.push(`the newest is ${newest?.seq}, and the last that lies there ${last?.seq}`);
    if (newest?.seq !== head.seq) wrong.push(`${newest?.seq} of ${head.seq} entries are signed`);
    return wrong;
  }
}

/** One fault at each call of a notary; `choose` picks the modes of the i-th call. What went wrong, and how many faults came to pass. */
export async function sweepNotary(
  opened: NotaryLab,
  notaries: Notaries,
  choose: (i: number) => readonly Mode[],
  share: Share = { part: 1, of: 1 },
  say: (line: string) => void = () => undefined,
): Promise<{ wrong: string[]; faults: number; happened: number }> {
  const { calls, wrong } = await opened.play(notaries);
  const faults = shared(
    calls.flatMap((call, i) => choose(i).map((mode) => ({ ...call, mode }))),
    share,
  );
  const played = progress(say, `${notaries} notaries`, faults.length);
  let happened = 0;
  for (const fault of faults) {
    const went = await opened.play(notaries, fault);
    if (went.happened) happened++;
    for (const line of went.wrong.map((one) => `${nameOf(fault)}: ${one}`)) {
      say(line);
      wrong.push(line);
    }
    played();
  }
  return { wrong, faults: faults.length, happened };
}
