import { isOpen } from '../change/change.ts';
import type { Channel } from '../change/facts.ts';
import { adopt, whyNotUndone } from '../change/foreign.ts';
import { done, type Outcome, type RefusalCode, refuse } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { confirmWordOf } from '../change/wording.ts';
import { sha256 } from '../policy/document/canonical.ts';
import { readChange, readDocuments } from '../store/changes.ts';
import { readForeign, recordForeign, undoneBy } from '../store/foreign.ts';
import { readForeignLink } from '../store/links.ts';
import { type ForeignView, viewForeign } from './foreignView.ts';
import { noteDenial, TELLING } from './noteRefusal.ts';
import { submitChange } from './submit.ts';

/** Somebody tried what they must not: a fact of the key. */
const noteAttempt = (
  { id, key }: { id: string; key: { arn: string } },
  what: string,
  person: string,
  code: RefusalCode | 'NOT_OUR_FORM',
  at: string,
): Promise<void> => noteDenial({ person, attempt: `${what} ${id}`, code }, at, key.arn);

const missing = (id: string) => refuse('NOT_FOUND', `There is no foreign write ${id}.`);

/** Takes a foreign write over: it may stay. Its people say so, each by themselves; the rules file must still name them. */
export async function adoptForeign(
  id: string,
  who: { person: string; comment: string; channel: Channel },
  rules: Rules,
  at: string,
): Promise<Outcome<ForeignView>> {
  const today = Object.values(rules.approvers).flat();
  const adopted = await recordForeign(id, { person: who.person, at }, (write) =>
    today.includes(who.person)
      ? adopt(write, who)
      : refuse('NOT_AN_APPROVER', 'The rules file does not name you as an approver.'),
  );
  if (!adopted.ok && !TELLING.has(adopted.refusal.code)) return adopted;
  const stored = await readForeign(id);
  if (stored === undefined) return missing(id);
  if (adopted.ok) return done(await viewForeign(stored));
  await noteAttempt(stored.write, 'adopt', who.person, adopted.refusal.code, at);
  return adopted;
}

/**
 * Proposes to put back what was there before a foreign write: a change like any other, checked, graded and approved as one. It
 * fits only while the foreign policy is still live.
 */
export async function undoForeign(
  id: string,
  { person, reason }: { person: string; reason: string },
  rules: Rules,
  at: string,
): Promise<Outcome<{ id: string }>> {
  const stored = id.length > 64 ? undefined : await readForeign(id);
  if (stored === undefined) return missing(id);
  const { write, undo } = stored;
  const why = whyNotUndone(write);
  if (why !== undefined) return why;
  const earlier = undo === undefined ? undefined : (await readChange(undo))?.change;
  // A version of it may be about something else by now.
  if (earlier?.undoes === id && (isOpen(earlier.status) || earlier.status === 'APPLIED')) {
    return earlier.submitter === person && isOpen(earlier.status)
      ? done({ id: earlier.id })
      : refuse('ALREADY_DECIDED', `Change ${earlier.id} of ${earlier.submitter} undoes it; it is ${earlier.status}.`);
  }
  const [before = ''] = await readDocuments([write.before]);
  const submission = { key: write.key.arn, policy: before, base: write.canonical, reason, undoes: id };
  // The same press of the button again is the same change, until that one has ended.
  const idempotency = { key: `undo ${id} ${undo ?? ''}`, bodySha256: sha256(`${id}\n${reason}`) };
  const submitted = await submitChange(submission, person, rules, at, idempotency, (changeId) =>
    undoneBy(stored, changeId),
  );
  if (!submitted.ok && submitted.refusal.code === 'BASE_MOVED') {
    return refuse('NOTHING_TO_UNDO', 'The policy of this write is not live any more: there is nothing to undo.');
  }
  return submitted;
}

/** What the holder of a link sees. */
export interface ForeignReview {
  write: ForeignView;
  person: string;
  /** Why it cannot be adopted or undone by this person now; undefined when it can. */
  whyNot: { adopt?: string; undo?: string };
}

/** The foreign write behind a link; undefined for every link that does not work. Changes nothing. */
export async function openForeign(token: string, now: string): Promise<ForeignReview | undefined> {
  const link = await readForeignLink(token, now);
  const stored = link && (await readForeign(link.foreignId));
  if (link === undefined || stored === undefined || stored.write.signIn === true) return undefined;
  const may = adopt(stored.write, { person: link.person, comment: 'x', channel: 'link' });
  const undone = whyNotUndone(stored.write);
  return {
    write: await viewForeign(stored),
    person: link.person,
    whyNot: {
      ...(may.ok ? {} : { adopt: may.refusal.detail }),
      ...(undone === undefined ? {} : { undo: undone.refusal.detail }),
    },
  };
}

export interface ForeignForm {
  act: 'adopt' | 'undo';
  reason: string;
  confirm: string;
}

/** A form that is none of ours was sent to a link: a fact of the key. */
export async function noteStrangeForm(token: string, now: string): Promise<void> {
  const review = await openForeign(token, now);
  if (review !== undefined) {
    await noteAttempt(review.write, 'send a form about', `link:${review.person}`, 'NOT_OUR_FORM', now);
  }
}

/** Does what a link's person chose on the page. Undefined for every link that does not work. */
export async function answerForeign(
  token: string,
  form: ForeignForm,
  rules: Rules,
  now: string,
): Promise<Outcome<{ change?: string }> | undefined> {
  const review = await openForeign(token, now);
  if (review === undefined) return undefined;
  const { write, person } = review;
  const words = [confirmWordOf(write.key), write.key.keyId.slice(0, 8)];
  if (!words.includes(form.confirm.trim())) {
    await noteAttempt(write, form.act, `link:${person}`, 'WRONG_CONFIRMATION', now);
    return refuse('WRONG_CONFIRMATION', 'What you typed is not the name of the key. Nothing was done.');
  }
  if (form.reason.trim() === '') return refuse('BAD_REQUEST', 'Say why. Nothing was done.');
  if (form.act === 'adopt') {
    const adopted = await adoptForeign(write.id, { person, comment: form.reason, channel: 'link' }, rules, now);
    return adopted.ok ? done({}) : adopted;
  }
  const undone = await undoForeign(write.id, { person, reason: form.reason }, rules, now);
  return undone.ok ? done({ change: undone.value.id }) : undone;
}
