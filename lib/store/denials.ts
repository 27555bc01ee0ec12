import { type Fact, NONE } from '../change/facts.ts';
import { append, logHead } from './log.ts';
import { seal } from './people.ts';
import { DENIALS_A_MINUTE } from './refusals.ts';
import { type Address, count, get, type Item, jitter, range, transact } from './table.ts';

/** A refused read, as the function that refused it leaves it: it may not write to the log. */
export interface LeftDenial {
  person: string;
  attempt: string;
  code: string;
  /** ISO 8601. */
  at: string;
}

const INBOX = 'DENIED';
const RATE = 'DENIED#RATE';
const NOTED: Address = { pk: 'DENIED#NOTED', sk: 'NOTED' };
/** Seconds that one is kept: far longer than it takes to be noted. */
const KEPT = 7 * 86_400;
/** Milliseconds after which none of a minute can still come: no request lasts longer. */
const SETTLED = 60_000;
const TRIES = 60;

const minuteOf = (at: string): string => at.slice(0, 16);

/**
 * Leaves word of a refused read: one for a person, an attempt and a minute, and of all people together no more than refusals about
 * no change that are written down in a minute.
 */
export async function leaveDenial({ person, attempt, code, at }: LeftDenial): Promise<void> {
  const address = { pk: INBOX, sk: `${minuteOf(at)}#${person}#${attempt}` };
  const ttl = Math.ceil(Date.parse(at) / 1000) + KEPT;
  if ((await get(address)) !== undefined) return;
  if (!(await count({ pk: RATE, sk: minuteOf(at) }, DENIALS_A_MINUTE, ttl))) return;
  const condition = { expression: 'attribute_not_exists(pk)' };
  await transact([{ put: { ...address, person, attempt, code, at, ttl }, condition }]);
}

/** What was left after one place and is settled, oldest first. */
async function* leftAfter(after: string, now: number): AsyncGenerator<Item> {
  const settled = minuteOf(new Date(now - SETTLED).toISOString());
  // The clock of whoever came this far may be ahead of ours.
  if (after >= settled) return;
  for await (const page of range(INBOX, after, settled, ['sk', 'person', 'attempt', 'code', 'at'])) {
    yield* page.filter(({ sk }) => sk !== after);
  }
}

/**
 * Makes facts of what was left, each once: its entry and how far this has come are one transaction. Safe to run at any time and
 * several at once.
 */
export async function noteDenials(now: number): Promise<{ noted: number }> {
  let noted = 0;
  const begun = (await get(NOTED))?.upTo as string | undefined;
  for await (const left of leftAfter(begun ?? '0', now)) if (await note(left)) noted++;
  return { noted };
}

/** False when another was faster. */
async function note({ sk: upTo, person, attempt, code, at }: Item): Promise<boolean> {
  const told = { person: String(person), attempt: String(attempt), code: String(code), at: String(at) };
  const fact: Fact = { type: 'REFUSED', change: NONE, keyArn: NONE, ...told };
  const forward = { expression: 'attribute_not_exists(pk) OR #upTo < :upTo', values: { ':upTo': upTo } };
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { sealed } = await seal(fact);
    const { writes } = append(await logHead(), sealed);
    const written = await transact([...writes, { put: { ...NOTED, upTo }, condition: forward }]);
    if (written.ok) return true;
    if (written.failed.includes(writes.length)) return false;
    await jitter(attempt);
  }
  throw new Error('too many people act at once');
}
