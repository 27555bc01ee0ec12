import type { Change } from '../change/change.ts';
import { timelineEntry } from '../change/timeline.ts';
import { listChanges } from '../store/changes.ts';
import { newestCheckpoint } from '../store/checkpoints.ts';
import { type LoggedFact, listFacts } from '../store/log.ts';
import type { Item } from '../store/table.ts';
import { type VerifiedLog, verifyStoredLog } from './verify.ts';

/** Rows of one list of a report: what is over is counted, and said to be in the export. */
const MOST_ROWS = 500;

/** A list that may be longer than what is shown of it. */
export interface Rows<T> {
  rows: T[];
  total: number;
}

/** One period of the history, for a page that can be printed. */
export interface Report {
  from: string;
  to: string;
  /** ISO 8601: when it was made. */
  at: string;
  verified: VerifiedLog;
  /** The newest checkpoint, to be compared with one that was kept. */
  checkpoint: string | null;
  /** Submitted in the period, newest first. */
  changes: Rows<Change>;
  /** Emergencies that nobody has looked at yet, whenever they were. */
  unreviewed: Rows<Change>;
  /** What happened in the period, by type. */
  counts: [type: string, times: number][];
  /** Everything that was not as it should be. */
  exceptions: Rows<Exception>;
  /** There was no time to read all of the period. */
  cut: boolean;
}

export type Exception = Pick<LoggedFact, 'at' | 'seq' | 'type' | 'change' | 'keyArn' | 'person'> & { text: string };

/**
 * Facts that a report lists one by one: attempts that were refused, ends without what was asked for, and, under whatever name they come,
 * what was done outside of the workflow or past its rules.
 */
const EXCEPTION =
  /^(REFUSED|EXPIRED|STALE|FAILED|UNCERTAIN|PERSON_ERASED|BOUNCED|COMPLAINED)$|FOREIGN(?!_TOLD$)|OUTSIDE|DRIFT|OVERRID/;

/**
 * Reads the report of a period, in memory that does not grow with it.
 *
 * @param deadline milliseconds since 1970, for verification and for the period together
 */
export async function readReport(from: string, to: string, at: string, deadline: number): Promise<Report> {
  const half = Date.now() + (deadline - Date.now()) / 2;
  const [verified, newest] = await Promise.all([verifyStoredLog(half), newestCheckpoint()]);
  const counts = new Map<string, number>();
  const changes = empty<Change>();
  const exceptions = empty<Exception>();
  const read = await eachPage(deadline, async (page) => {
    const { facts, cursor } = await listFacts({ from, to }, page);
    for (const fact of facts) {
      counts.set(fact.type, (counts.get(fact.type) ?? 0) + 1);
      if (!EXCEPTION.test(fact.type)) continue;
      const { seq, type, change, keyArn, person } = fact;
      add(exceptions, { at: fact.at, seq, type, change, keyArn, person, text: timelineEntry(fact).text });
    }
    return cursor;
  });
  const listed = await eachPage(deadline, async (page) => {
    const found = await listChanges({ from, to }, page);
    for (const change of found.changes) add(changes, change);
    return found.cursor;
  });
  const unreviewed = empty<Change>();
  const looked = await eachPage(deadline, async (page) => {
    const found = await listChanges({ review: 'open' }, page);
    for (const change of found.changes) add(unreviewed, change);
    return found.cursor;
  });
  return {
    from,
    to,
    at,
    verified,
    checkpoint: newest?.note ?? null,
    changes,
    unreviewed,
    counts: [...counts].sort(([a], [b]) => (a < b ? -1 : 1)),
    exceptions,
    cut: !(read && listed && looked),
  };
}

const empty = <T>(): Rows<T> => ({ rows: [], total: 0 });

function add<T>(list: Rows<T>, row: T): void {
  list.total++;
  if (list.rows.length < MOST_ROWS) list.rows.push(row);
}

/** Asks for page after page; false when there was no time for all of them. */
async function eachPage(
  deadline: number,
  ask: (page: { limit: number; cursor?: Item }) => Promise<Item | undefined>,
): Promise<boolean> {
  let cursor: Item | undefined;
  do {
    cursor = await ask({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    if (cursor !== undefined && Date.now() >= deadline) return false;
  } while (cursor !== undefined);
  return true;
}
