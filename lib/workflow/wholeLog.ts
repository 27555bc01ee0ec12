import { type Entry, genesis, LOG, readBody } from '../audit/chain.ts';
import { documentHashes, type LoggedEntry, type LogRecord } from '../audit/verify.ts';
import { readDocumentsByHash } from '../store/changes.ts';
import { readCheckpoints, type StoredCheckpoint } from '../store/checkpoints.ts';
import { logHead, readEntries } from '../store/log.ts';

/** Entries whose documents are read at once: at most 100 documents of 32 KiB lie in memory. */
const AT_ONCE = 50;

/**
 * The whole log as verification and an export read it: the header, every entry with the documents of each SUBMITTED
 * and VERSIONED, each
 * checkpoint after its entry, the head. Everything exactly as it is stored; nothing is believed. Read consistently: what
 * is appended meanwhile is in it whole or not at all.
 *
 * @param after an entry that was read before, with its checkpoint: it goes on behind it, without the header
 */
export async function* readWholeLog(after?: number): AsyncGenerator<LogRecord> {
  if (after === undefined) yield header(true);
  const checkpoints = new Ahead(readCheckpoints(after === undefined ? 0 : after + 1));
  let tail = after ?? genesis().seq;
  for (;;) {
    yield* checkpoints.upTo(tail);
    // Read before the head: what was signed by now must be in the log by now.
    const signed = await checkpoints.next();
    const head = await logHead();
    const before = tail;
    for await (const page of readEntries(tail, head.seq)) {
      for (let from = 0; from < page.length; from += AT_ONCE) {
        for (const entry of await withDocuments(page.slice(from, from + AT_ONCE))) {
          yield* checkpoints.upTo(entry.seq - 1);
          yield entry;
          tail = entry.seq;
          yield* checkpoints.upTo(tail);
        }
      }
    }
    if (tail !== before) continue;
    if (signed !== undefined) yield { kind: 'checkpoint', note: signed.note, signature: signed.signature };
    yield { kind: 'head', ...head };
    return;
  }
}

/** The first record of an export. `whole`: no filter leaves entries out. */
export const header = (whole: boolean): LogRecord => ({
  kind: 'log',
  format: 'countersign-export/v1',
  log: LOG,
  whole,
});

/** A stream of which the next one can be looked at. */
class Ahead {
  readonly #source: AsyncGenerator<StoredCheckpoint>;
  #next: Promise<IteratorResult<StoredCheckpoint>>;

  constructor(source: AsyncGenerator<StoredCheckpoint>) {
    this.#source = source;
    this.#next = source.next();
    this.#next.catch(() => undefined);
  }

  /** The one that `upTo` stopped before. */
  async next(): Promise<StoredCheckpoint | undefined> {
    const { done, value } = await this.#next;
    return done === true ? undefined : value;
  }

  async *upTo(seq: number): AsyncGenerator<LogRecord> {
    for (let next = await this.next(); next !== undefined && next.seq <= seq; next = await this.next()) {
      yield { kind: 'checkpoint', note: next.note, signature: next.signature };
      this.#next = this.#source.next();
    }
  }
}

/** Entries with the texts of the documents that they are about. */
export async function withDocuments(entries: readonly Entry[]): Promise<LoggedEntry[]> {
  const wanted = entries.map(documentsOf);
  const texts = await readDocumentsByHash(wanted.flat());
  return entries.map((entry, i): LoggedEntry => {
    const hashes = wanted[i] ?? [];
    // Where one is missing, those after it are left out as well: their places are how they are told apart.
    const there = hashes.map((hash) => texts.get(hash));
    const missing = there.indexOf(undefined);
    const documents = (missing < 0 ? there : there.slice(0, missing)).filter((text) => text !== undefined);
    return { kind: 'entry', ...entry, ...(hashes.length === 0 ? {} : { documents }) };
  });
}

/** The documents that an entry is about. A text that is no fact has none: verification says what it is. */
function documentsOf({ body }: Entry): string[] {
  if (!/"type":"(SUBMITTED|VERSIONED|FOREIGN_WRITE|BASELINED)"/.test(body)) return [];
  try {
    return documentHashes(readBody(body));
  } catch {
    return [];
  }
}
