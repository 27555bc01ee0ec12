import type { Refusal } from '../lib/change/refusal.ts';
import { readForm } from '../lib/http/form.ts';
import { deadLinkPage, messagePage, type Notice, reviewPage } from '../lib/http/page.ts';
import { page } from '../lib/http/pageReply.ts';
import { statusOf } from '../lib/http/problem.ts';
import { reviewForm } from '../lib/http/schemas.ts';
import { open } from '../lib/http/stack.ts';
import { answerReview, openReview } from '../lib/workflow/review.ts';

/** `POST /review/{token}`: the form of the page. */
export const handler = open(async ({ event, params, now }) => {
  const token = params.token ?? '';
  const fields = readForm(event);
  if (!fields.ok) return refusedPage(fields.refusal);
  const form = reviewForm.safeParse(Object.fromEntries(fields.value));
  if (!form.success)
    return refusedPage({ code: 'BAD_REQUEST', detail: 'The form lacks a decision, or its comment is too long.' });

  const answered = await answerReview(token, form.data, now);
  const review = await openReview(token, now);
  if (answered === undefined || review === undefined) return page(404, deadLinkPage());
  if (answered.ok) {
    const text = form.data.decision === 'approve' ? 'Your approval is recorded.' : 'Your rejection is recorded.';
    return page(200, reviewPage({ ...review, now, notice: { tone: 'good', text } }));
  }
  const notice: Notice = { tone: 'bad', text: answered.refusal.detail };
  const { comment } = form.data;
  return page(statusOf(answered.refusal.code), reviewPage({ ...review, now, notice, comment }));
});

const refusedPage = ({ code, detail }: Refusal) =>
  page(statusOf(code), messagePage({ title: 'Nothing was decided', text: detail, next: 'Go back, and try again.' }));
