import { foreignPage } from '../lib/http/foreignPage.ts';
import { readForm } from '../lib/http/form.ts';
import { deadLinkPage, messagePage, type Notice } from '../lib/http/page.ts';
import { page } from '../lib/http/pageReply.ts';
import { statusOf } from '../lib/http/problem.ts';
import { foreignForm } from '../lib/http/schemas.ts';
import { open } from '../lib/http/stack.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { answerForeign, noteStrangeForm } from '../lib/workflow/answerForeign.ts';
import { openForeign } from '../lib/workflow/openForeign.ts';

const AGAIN = 'Go back, and try again.';

/** `POST /foreign/{token}`: the form of the page. */
export const handler = open(async ({ event, params, now }) => {
  const token = params.token ?? '';
  const fields = readForm(event);
  if (!fields.ok) {
    const { code, detail } = fields.refusal;
    if (code === 'NOT_IN_GROUP') await noteStrangeForm(token, now);
    return page(statusOf(code), messagePage({ title: 'Nothing was done', text: detail, next: AGAIN }));
  }
  const form = foreignForm.safeParse(Object.fromEntries(fields.value));
  if (!form.success) {
    const text = 'The form lacks what to do, or its reason is too long.';
    return page(400, messagePage({ title: 'Nothing was done', text, next: AGAIN }));
  }
  const answered = await answerForeign(token, form.data, loadRules(), now);
  const review = await openForeign(token, now);
  if (answered === undefined || review === undefined) return page(404, deadLinkPage());
  if (!answered.ok) {
    const notice: Notice = { tone: 'bad', text: answered.refusal.detail };
    return page(statusOf(answered.refusal.code), foreignPage({ ...review, now, notice, reason: form.data.reason }));
  }
  const { change } = answered.value;
  const text =
    change === undefined
      ? 'You adopted it: it may stay.'
      : `Change ${change} is submitted: it puts back what was there before, once it is approved. You asked for it, so others decide.`;
  return page(200, foreignPage({ ...review, now, notice: { tone: 'good', text } }));
});
