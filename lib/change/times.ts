import type { Finding } from '../policy/types.ts';
import { durationSeconds } from './duration.ts';
import type { FrozenRule, Timing } from './facts.ts';
import { heldUntil } from './rules/freeze.ts';
import { utc } from './wording.ts';

/** Seconds that an approved change may still be put after its expiry: the apply follows the approval within seconds. */
const APPLY_GRACE = 3_600;
/** Seconds; an approval that is older than a quarter of a year was given to another world. */
const LONGEST_WAIT = 90 * 86_400;
/** Seconds; nobody plans further, and a state machine's execution lives as long. */
const LONGEST_REVERT = 365 * 86_400;

type Terms = Pick<FrozenRule, 'freeze' | 'windows' | 'breakGlass' | 'name'> & { expireAfter: number };

/**
 * Until when a change may be approved, and before when it must be applied, both ISO 8601. What is approved in the last moment
 * still waits for the end of a freeze or for the next window, and what was approved for a later moment waits for that one.
 */
export function deadlines(rule: Terms, at: string, applyAfter = ''): { expiresAt: string; applyBy: string } {
  const expiresAt = later(at, rule.expireAfter);
  const wanted = applyAfter > expiresAt ? applyAfter : expiresAt;
  const held = heldUntil([rule], wanted);
  return { expiresAt, applyBy: later(held?.until ?? wanted, APPLY_GRACE) };
}

const later = (at: string, seconds: number): string => new Date(Date.parse(at) + seconds * 1000).toISOString();

const error = (code: string, message: string, fix: string): Finding => ({
  code,
  severity: 'error',
  message,
  path: '',
  fix,
});

/** What a submitter may say anew about the times of a change. */
interface SentTimes {
  applyAfter?: string | undefined;
  revertAfter?: string | undefined;
}

/**
 * The times of what follows a change in its name: those that are sent, else those that it had, so that a temporary change never
 * becomes a permanent one by being asked for again. A time that is over holds nothing any more; one that is sent anew must lie ahead.
 */
export function carriedTimes(had: Timing, sent: SentTimes, at: string): SentTimes {
  const { revertAfter = had.revertAfter, applyAfter = had.applyAfter } = sent;
  return {
    revertAfter,
    applyAfter: sent.applyAfter === undefined && (applyAfter ?? '') <= at ? undefined : applyAfter,
  };
}

/**
 * What is wrong with the times that a submitter asks for: `applyAfter` must lie between now and 90 days from now, with a window
 * open for it in time; a temporary change lasts `leastRevert` seconds to a year.
 */
export function timeFindings(
  { applyAfter, revertAfter }: Timing,
  rule: Terms,
  at: string,
  leastRevert: number,
): Finding[] {
  const { expiresAt, applyBy } = deadlines(rule, at, applyAfter);
  const found: Finding[] = [];
  if (applyAfter !== undefined && applyAfter <= at) {
    found.push(error('APPLY_AFTER_PAST', `applyAfter: ${utc(applyAfter)} is over.`, 'Leave it out to apply at once.'));
  }
  if (applyAfter !== undefined && rule.breakGlass !== undefined) {
    found.push(error('APPLY_AFTER_EMERGENCY', 'applyAfter: an emergency is applied at once.', 'Leave it out.'));
  }
  if (applyAfter !== undefined && applyAfter > later(at, LONGEST_WAIT)) {
    found.push(
      error(
        'APPLY_AFTER_BOUNDS',
        `applyAfter: ${utc(applyAfter)} is more than 90 days ahead.`,
        'Submit it nearer to that time.',
      ),
    );
  }
  const held = heldUntil([rule], applyAfter ?? at);
  if (rule.breakGlass === undefined && held !== undefined && (held.until ?? applyBy) >= applyBy) {
    found.push(
      error(
        'NEVER_APPLIED',
        `It could not be applied: ${held.name} holds it until it is too late. Rule ${rule.name} lets it be approved until ${utc(expiresAt)} and applied until ${utc(applyBy)}.`,
        'Ask for an earlier time, or submit it nearer to it.',
      ),
    );
  }
  const seconds = revertAfter === undefined ? undefined : (durationSeconds(revertAfter) ?? 0);
  if (seconds !== undefined && (seconds < leastRevert || seconds > LONGEST_REVERT)) {
    found.push(
      error(
        'REVERT_AFTER_BOUNDS',
        `revertAfter: ${revertAfter} must be at least ${leastRevert} seconds and at most 365 days.`,
        'Ask for another time, or for a permanent change.',
      ),
    );
  }
  return found;
}
