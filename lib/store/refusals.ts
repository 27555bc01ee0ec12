import { type Fact, NONE } from '../change/facts.ts';
import { append, HEAD, readHead } from './log.ts';
import { seal } from './people.ts';
import { count, get, jitter, transact } from './table.ts';

/** Refusals of one caller at one change that are written down in a minute: a button can be pressed faster than a log should grow. */
export const REFUSALS_A_MINUTE = 10;
/** Refusals at one change that are written down at all: its item names the place of each of its facts, and must stay small. */
export const MOST_REFUSALS = 300;
/** Refusals about no change that are written down in a minute, of all callers together. */
export const DENIALS_A_MINUTE = 30;
/** How often an entry that met another one is tried again; a refusal that does not get in is still in the log of the function. */
const TRIES = 10;
/** Seconds that the count of a change is kept: longer than any change is open. */
const KEPT = 400 * 86_400;

/**
 * May one more refusal of this caller at this change be written down?
 *
 * @param now Milliseconds since 1970.
 */
export async function mayNoteRefusal(changeId: string, caller: string, now: number): Promise<boolean> {
  const minute = Math.floor(now / 60_000);
  const ofCaller = { pk: `RATE#${caller} ${changeId}`, sk: `REFUSED#${minute}` };
  if (!(await count(ofCaller, REFUSALS_A_MINUTE, (minute + 2) * 60))) return false;
  return count({ pk: `RATE#${changeId}`, sk: 'REFUSED' }, MOST_REFUSALS, Math.ceil(now / 1000) + KEPT);
}

/** As `mayNoteRefusal`, for an attempt that is about no change. */
export async function mayNoteDenial(caller: string, now: number): Promise<boolean> {
  const minute = Math.floor(now / 60_000);
  const ttl = (minute + 2) * 60;
  if (!(await count({ pk: `RATE#${caller}`, sk: `REFUSED#${minute}` }, REFUSALS_A_MINUTE, ttl))) return false;
  return count({ pk: `RATE#${NONE}`, sk: `REFUSED#${minute}` }, DENIALS_A_MINUTE, ttl);
}

/** Appends a refusal that is about no change to the log. */
export async function appendDenial(fact: Fact & { type: 'REFUSED' }): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    // Anew each time: another may have made the same seal meanwhile.
    const { sealed, writes: texts } = await seal(fact);
    const { writes } = append(readHead(await get(HEAD)), sealed);
    if ((await transact([...writes, ...texts])).ok) return;
    await jitter(attempt);
  }
}
