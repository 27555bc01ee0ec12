import { count } from './table.ts';

/** Refusals of one caller at one change that are written down in a minute: a button can be pressed faster than a log should grow. */
export const REFUSALS_A_MINUTE = 10;
/** Refusals at one change that are written down at all: its item names the place of each of its facts, and must stay small. */
export const MOST_REFUSALS = 300;
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
