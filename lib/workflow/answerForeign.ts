import { done, type Outcome, refuse } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { confirmWordOf } from '../change/wording.ts';
import { adoptForeign, noteAttempt } from './adoptForeign.ts';
import { openForeign } from './openForeign.ts';
import { undoForeign } from './undoForeign.ts';

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
  // The link lives for weeks, and its person may have left; signed in, their group is asked for.
  if (!Object.values(rules.approvers).flat().includes(person)) {
    await noteAttempt(write, form.act, person, 'NOT_AN_APPROVER', now);
    return refuse('NOT_AN_APPROVER', 'The rules file does not name you as an approver.');
  }
  const undone = await undoForeign(write.id, { person, reason: form.reason }, rules, now);
  return undone.ok ? done({ change: undone.value.id }) : undone;
}
