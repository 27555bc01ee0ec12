import { type Outcome, refuse } from '../change/refusal.ts';
import { confirmWordOf } from '../change/wording.ts';
import type { Session } from '../store/sessions.ts';
import { answerReview, confirms, type Form } from './answerReview.ts';
import type { SetOutcome } from './decideSet.ts';
import { SIGN_IN } from './review.ts';
import { openSetReview } from './setReview.ts';

/**
 * Records one decision for each change behind a link to a set, each as by a link of its own: in its own transaction, bound to
 * its own documents, once. What a crash left undecided is decided when the form is sent again.
 */
export async function answerSetReview(
  token: string,
  form: Form,
  now: string,
  session?: Session,
): Promise<Outcome<SetOutcome[]> | typeof SIGN_IN | undefined> {
  const review = await openSetReview(token, now, session);
  if (review === undefined || review === SIGN_IN) return review;
  if (form.decision !== 'approve' && form.decision !== 'reject') {
    return refuse('BAD_REQUEST', 'Here all are approved or rejected; open one of them for anything else.');
  }
  const { after: _, base: __, ...shared } = form;
  const typed = review.members.some((one) => confirms(one.review.change, form.confirm));
  const outcomes: SetOutcome[] = [];
  for (const member of review.members) {
    const { change } = member.review;
    const confirm = typed ? confirmWordOf(change.key) : form.confirm;
    const answered = await answerReview(member.token, { ...shared, confirm }, now, session);
    if (answered === undefined || answered === SIGN_IN) return answered;
    // Of a form that is none of ours, or a word that is not theirs, one refusal is enough.
    if (!answered.ok && (!typed || answered.refusal.code === 'NOT_IN_GROUP')) return answered;
    outcomes.push({
      change: change.id,
      recorded: answered.ok,
      ...(answered.ok ? {} : { detail: answered.refusal.detail }),
    });
  }
  return { ok: true, value: outcomes };
}
