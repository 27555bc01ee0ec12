import type * as z from 'zod/mini';
import type { VerdictName } from '../lib/change/decide.ts';
import type { Refusal } from '../lib/change/refusal.ts';
import { readForm } from '../lib/http/form.ts';
import { deadLinkPage, messagePage, type Notice, reviewPage, signInPage } from '../lib/http/page.ts';
import { page } from '../lib/http/pageReply.ts';
import { statusOf } from '../lib/http/problem.ts';
import { reviewForm } from '../lib/http/schemas.ts';
import { sessionOf } from '../lib/http/session.ts';
import { setNotice, setReviewPage } from '../lib/http/setReply.ts';
import { open } from '../lib/http/stack.ts';
import type { Session } from '../lib/store/sessions.ts';
import { answerReview, type Form, noteForeignForm } from '../lib/workflow/answerReview.ts';
import { answerSetReview } from '../lib/workflow/answerSetReview.ts';
import { openReview, SIGN_IN } from '../lib/workflow/review.ts';
import { openSetReview } from '../lib/workflow/setReview.ts';

const RECORDED: Readonly<Record<VerdictName, string>> = {
  approve: 'Your approval is recorded.',
  reject: 'Your rejection is recorded.',
  requestChanges:
    'Your wish for changes is recorded; the authors are told. A new link is on its way by mail, in case you want to take it back.',
  withdraw: 'Your approval is withdrawn. A new link is on its way by mail, in case you want to decide again.',
  comment: 'Your comment is recorded. It decides nothing.',
};

/** `POST /review/{token}`: the form of the page. */
export const handler = open(async ({ event, params, now }) => {
  const token = params.token ?? '';
  const fields = readForm(event);
  if (!fields.ok) {
    if (fields.refusal.code === 'NOT_IN_GROUP') await noteForeignForm(token, now);
    return refusedPage(fields.refusal);
  }
  const form = reviewForm.safeParse(Object.fromEntries(fields.value));
  if (!form.success) return refusedPage({ code: 'BAD_REQUEST', detail: faultOf(form.error) });

  const session = await sessionOf(event, now);
  const answered = await answerReview(token, form.data, now, session);
  if (answered === undefined) return answerSet(token, form.data, now, session);
  if (answered === SIGN_IN) return page(401, signInPage(token));
  const review = await openReview(token, now, session);
  if (review === undefined || review === SIGN_IN) return page(404, deadLinkPage());
  if (answered.ok) {
    const text = RECORDED[form.data.decision];
    return page(200, reviewPage({ ...review, now, notice: { tone: 'good', text } }));
  }
  const notice: Notice = { tone: 'bad', text: answered.refusal.detail };
  const { comment } = form.data;
  return page(statusOf(answered.refusal.code), reviewPage({ ...review, now, notice, comment }));
});

/** The form of the page of a set. */
async function answerSet(token: string, form: Form, now: string, session: Session | undefined) {
  const answered = await answerSetReview(token, form, now, session);
  const review = answered === SIGN_IN ? SIGN_IN : await openSetReview(token, now, session);
  if (answered === undefined || answered === SIGN_IN) return setReviewPage(token, now, review);
  if (!answered.ok) {
    const notice: Notice = { tone: 'bad', text: answered.refusal.detail };
    return setReviewPage(token, now, review, {
      notice,
      comment: form.comment,
      status: statusOf(answered.refusal.code),
    });
  }
  const members = typeof review === 'object' ? review.members : [];
  return setReviewPage(token, now, review, { notice: setNotice(answered.value, members) });
}

function faultOf({ issues: [first] }: z.core.$ZodError): string {
  return first?.code === 'unrecognized_keys'
    ? `The form has the field ${first.keys[0]}, which is none of ours.`
    : 'The form lacks a decision, or its comment is too long.';
}

const refusedPage = ({ code, detail }: Refusal) =>
  page(statusOf(code), messagePage({ title: 'Nothing was decided', text: detail, next: 'Go back, and try again.' }));
