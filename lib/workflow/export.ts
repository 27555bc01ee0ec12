import { sealsIn } from '../audit/seal.ts';
import type { LoggedEntry, LogRecord } from '../audit/verify.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import { newestCheckpoint } from '../store/checkpoints.ts';
import { type FactFilter, listEntries } from '../store/log.ts';
import { openingsOf } from '../store/people.ts';
import { type Item, MOST_READS } from '../store/table.ts';
import { header, readWholeLog, withDocuments } from './wholeLog.ts';

/**
 * Bytes of one part, as it is escaped in a lambda's answer, after which no further page is read. A lambda answers with 6 MB
 * at most (Lambda quotas, synchronous payload); a page of a filtered export adds 3 MB at the very worst.
 */
const PART = 2_500_000;
/** Entries of one page of a filtered export: with 64 KiB of documents each, escaped, 3 MB. */
const PAGE = 25;
/** Pages of one part: when filters leave out nearly all, a part ends before its lambda does, however little it holds. */
const PAGES = 8;

export interface ExportPart {
  text: string;
  /** For the next part. */
  cursor?: Item;
}

/**
 * One part of the history, oldest first. Without a filter it is the whole log with every checkpoint in its place, which
 * anybody can verify; with one it is some of its entries, each exactly as it is stored, and the newest checkpoint.
 *
 * @param print how a record is printed, its line end included
 * @param part bytes after which it is cut; a part is always whole records, and may have none
 */
export async function exportPart(
  filter: FactFilter,
  print: (record: LogRecord) => string,
  cursor?: Item,
  part: number = PART,
): Promise<Outcome<ExportPart>> {
  const filtered = Object.values(filter).some((value) => value !== undefined);
  if (filtered) return done(await somePart(filter, print, cursor, part));
  if (cursor !== undefined && !/^\d{1,12}$/.test(String(cursor.after))) {
    return refuse(
      'BAD_REQUEST',
      'Query parameter cursor: must be the cursor of the part before, with the same filters.',
    );
  }
  return done(await wholePart(print, cursor && Number(cursor.after), part));
}

/** Entries whose seals are looked up at once. */
const AT_ONCE = 50;

/** Records with what the seals of each entry were made from. */
async function* opened(records: AsyncIterable<LogRecord>): AsyncGenerator<LogRecord> {
  let waiting: LogRecord[] = [];
  for await (const record of records) {
    waiting.push(record);
    if (waiting.length < AT_ONCE) continue;
    yield* await withOpenings(waiting);
    waiting = [];
  }
  yield* await withOpenings(waiting);
}

async function withOpenings<T extends LogRecord>(records: readonly T[]): Promise<T[]> {
  const bodies = records.map((record) => (record.kind === 'entry' ? (record as LoggedEntry).body : ''));
  const known = await openingsOf(sealsIn(bodies));
  return records.map((record, i) => {
    const openings = sealsIn(bodies[i]).flatMap((seal) => {
      const opening = known.get(seal);
      return opening === undefined ? [] : [[seal, opening] as const];
    });
    return openings.length === 0 ? record : { ...record, openings: Object.fromEntries(openings) };
  });
}

const escaped = (text: string): number => Buffer.byteLength(JSON.stringify(text));

async function wholePart(
  print: (record: LogRecord) => string,
  after: number | undefined,
  part: number,
): Promise<ExportPart> {
  const lines: string[] = [];
  let size = 0;
  for await (const record of opened(readWholeLog(after))) {
    // A checkpoint stays with its entry.
    if (record.kind === 'entry' && size > part) {
      return { text: lines.join(''), cursor: { pk: 'LOG', after: String(record.seq - 1) } };
    }
    const line = print(record);
    size += escaped(line);
    lines.push(line);
  }
  return { text: lines.join('') };
}

async function somePart(
  filter: FactFilter,
  print: (record: LogRecord) => string,
  cursor: Item | undefined,
  part: number,
): Promise<ExportPart> {
  const lines = cursor === undefined ? [print(header(false))] : [];
  let size = 0;
  let next = cursor;
  let pages = 0;
  do {
    const page = await listEntries(filter, {
      limit: PAGE,
      reads: MOST_READS,
      ...(next === undefined ? {} : { cursor: next }),
    });
    for (const entry of await withOpenings(await withDocuments(page.entries))) {
      const line = print(entry);
      size += escaped(line);
      lines.push(line);
    }
    next = page.cursor;
    pages++;
    if ((size > part || pages === PAGES) && next !== undefined) return { text: lines.join(''), cursor: next };
  } while (next !== undefined);
  const newest = await newestCheckpoint();
  if (newest !== undefined) lines.push(print({ kind: 'checkpoint', note: newest.note, signature: newest.signature }));
  return { text: lines.join('') };
}
