import { reveal } from '../change/reveal.ts';
import type { ChangeView } from '../change/view.ts';
import { approvedBy, counted, fromNow, listed, STATUS_WORDS, utc } from '../change/wording.ts';
import { type Html, html } from '../render/html.ts';
import { shown } from './diff.ts';

/** Most characters of a comment. */
export const COMMENT_MAX = 2_000;

export interface DecisionForm {
  change: ChangeView;
  person: string;
  now: string;
  mayDecide: boolean;
  confirmWord: string;
  comment?: string | undefined;
}

const CHANNEL = { api: 'signed in', link: 'by mail or message link', slack: 'in Slack' } as const;

/** Who decides, who has, and how much is missing. */
export function peopleSection(change: ChangeView, now: string): Html {
  const { quorum, approvers, decisions, rule } = change.approval;
  const others = approvers.filter((person) => person !== change.submitter);
  return html`<section aria-labelledby="people">
<h2 id="people">${approvedBy(change).length} of ${counted(quorum, 'approval')}</h2>
<p>Rule <strong>${shown(rule)}</strong> asks for ${counted(quorum, 'approval')} from ${shown(listed(others))}. One rejection ends it.</p>
${
  decisions.length === 0
    ? html`<p class="soft">Nobody has decided yet.</p>`
    : html`<ul class="people">${decisions.map(
        (d) =>
          html`<li><strong>${shown(d.person)}</strong> ${d.decision === 'approve' ? 'approved' : 'rejected'} ${fromNow(d.at, now)}, ${CHANNEL[d.channel]} <span class="soft small">(${utc(d.at)})</span>${
            d.comment !== '' && html`<blockquote class="words">${shown(d.comment, reveal)}</blockquote>`
          }</li>`,
      )}</ul>`
}
${timeline(change)}
</section>`;
}

function timeline({ timeline: entries }: ChangeView): Html | false {
  if (entries.length === 0) return false;
  return html`<details><summary>Everything that happened</summary><ol class="sentences">${entries.map(
    (entry) =>
      html`<li>${shown(entry.text, reveal)} <span class="soft small">${shown(entry.person)}, ${utc(entry.at)}</span></li>`,
  )}</ol></details>`;
}

/** The form, or why there is none. */
export function decisionSection(form: DecisionForm): Html {
  const { change, mayDecide } = form;
  if (!mayDecide || (change.status !== 'PENDING' && change.status !== 'APPROVED')) return closed(form);
  return decisionForm(form);
}

function closed({ change, person }: DecisionForm): Html {
  const words = STATUS_WORDS[change.status];
  const own = change.approval.decisions.find((d) => d.person === person);
  const why =
    change.status !== 'PENDING'
      ? html`<p>${words.meaning}</p>${change.outcome !== undefined && html`<blockquote class="words">${shown(change.outcome, reveal)}</blockquote>`}<p>${words.next}</p>`
      : own !== undefined
        ? html`<p>You ${own.decision === 'approve' ? 'approved' : 'rejected'} this change. ${missing(change)}</p>`
        : person === change.submitter
          ? html`<p>You asked for this change, so somebody else must decide. ${missing(change)}</p>`
          : html`<p>You cannot decide about this change from here. ${missing(change)}</p>`;
  return html`<section id="decide" aria-labelledby="closed"><h2 id="closed">${words.title}</h2>${why}</section>`;
}

function missing(change: ChangeView): string {
  const left = change.approval.quorum - approvedBy(change).length;
  return left > 0 ? `It waits for ${counted(left, 'more approval')}.` : '';
}

/**
 * The disabled button comes first because it is the one that the Enter key would press: typing the word and pressing
 * Enter must decide nothing. The two hashes say which documents the reader had before their eyes.
 */
function decisionForm({ change, person, confirmWord, comment = '' }: DecisionForm): Html {
  const standing = change.approval.decisions.some((d) => d.person === person);
  const mayApprove = change.status === 'PENDING' && !standing;
  return html`<section id="decide" aria-labelledby="form">
<h2 id="form">Your decision</h2>
${change.status === 'APPROVED' && html`<p>${STATUS_WORDS.APPROVED.meaning} ${STATUS_WORDS.APPROVED.next}</p>`}
<form method="post" accept-charset="utf-8" autocomplete="off">
<button type="submit" disabled hidden></button>
<input type="hidden" name="after" value="${change.after.sha256}">
<input type="hidden" name="base" value="${change.before.canonical}">
<label for="comment">Comment</label>
<p class="hint" id="comment-hint">Kept in the history and sent to ${shown(change.submitter)}. Up to ${COMMENT_MAX.toLocaleString('en-US')} characters.</p>
<textarea id="comment" name="comment" rows="4" maxlength="${COMMENT_MAX}" aria-describedby="comment-hint">
${comment}</textarea>
<label for="confirm">Type <code>${shown(confirmWord)}</code> to confirm</label>
<p class="hint" id="confirm-hint">The name of the key, by hand: no program that opens links in mail can decide for you.</p>
<input type="text" id="confirm" name="confirm" required maxlength="256" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" aria-describedby="confirm-hint">
<div class="buttons">${mayApprove && html`<button class="yes" name="decision" value="approve">Approve</button>`}
<button class="no" name="decision" value="reject">Reject</button></div>
</form>
</section>`;
}
