import type { VerdictName } from '../change/decide.ts';
import { reveal, revealSentence } from '../change/reveal.ts';
import type { ChangeView } from '../change/view.ts';
import { approvedBy, counted, fromNow, lapsedSentence, listed, utc, wordsOf } from '../change/wording.ts';
import { shown } from '../render/diff.ts';
import { type Html, html } from '../render/html.ts';

/** Most characters of a comment. */
export const COMMENT_MAX = 2_000;

export interface DecisionForm {
  change: ChangeView;
  person: string;
  now: string;
  mayDecide: boolean;
  may?: readonly VerdictName[] | undefined;
  csrf?: string | undefined;
  confirmWord: string;
  comment?: string | undefined;
}

const CHANNEL = { api: 'signed in', link: 'by mail or message link', slack: 'in Slack' } as const;

/** Who decides, who has, and how much is missing. */
export function peopleSection(change: ChangeView, now: string): Html {
  const { quorum, decisions, counted } = change.approval;
  return html`<section aria-labelledby="people">
<h2 id="people">${counted.length} of ${approvals(quorum)}</h2>
${asking(change)}
${wished(change, now)}
${
  decisions.length === 0
    ? html`<p class="soft">Nobody has decided yet.</p>`
    : html`<ul class="people">${decisions.map((d) => decided(d, now))}</ul>`
}
${timeline(change)}
</section>`;
}

const approvals = (quorum: number): string => counted(quorum, 'approval');

type Made = ChangeView['approval']['decisions'][number];

function decided(d: Made, now: string): Html {
  const verb = d.decision === 'approve' ? 'approved' : 'rejected';
  const behalf = d.onBehalfOf !== undefined && html` on behalf of ${shown(d.onBehalfOf)}`;
  return html`<li><strong>${shown(d.person)}</strong> ${verb}${behalf} ${fromNow(d.at, now)}, ${CHANNEL[d.channel]} <span class="soft small">(${utc(d.at)})</span>${
    d.comment !== '' && html`<blockquote class="words">${shown(d.comment, reveal)}</blockquote>`
  }</li>`;
}

/** Whom the rule asks: in one go, or stage by stage. */
function asking({ approval, breakGlass, version }: ChangeView): Html {
  const { rule, quorum, approvers, stages, escalatedAt } = approval;
  const emergency =
    breakGlass !== undefined &&
    html`<p class="flag bad">An emergency: fewer people than usual decide, and somebody must review it afterwards.</p>`;
  const voided =
    version > 1 && html`<p>This is version ${version}: what was approved before does not count for it.</p>`;
  const escalated = escalatedAt !== undefined && html`<p>It was escalated: more people than before may decide.</p>`;
  const lapsed =
    approval.lapsed !== undefined && html`<p>${shown(lapsedSentence(approval.lapsed), revealSentence)}</p>`;
  const standIns = (approval.delegations ?? []).map(
    ({ person, to, until }) => html`<p>${shown(to)} may stand in for ${shown(person)} until ${utc(until)}.</p>`,
  );
  if (stages.length === 1) {
    return html`${emergency}${voided}${lapsed}<p>Rule <strong>${shown(rule)}</strong> asks for ${approvals(quorum)} from ${shown(listed(approvers))}. One rejection ends it.</p>${escalated}${standIns}`;
  }
  const STATE = { complete: 'complete', waiting: 'waits now', later: 'comes later' } as const;
  return html`${emergency}${voided}${lapsed}<p>Rule <strong>${shown(rule)}</strong> asks one stage after the other. One rejection ends it.</p>
<ol class="sentences">${stages.map(
    (stage) =>
      html`<li><strong>${shown(stage.name)}</strong>, ${STATE[stage.state]}: ${stage.counted.length} of ${approvals(stage.quorum)} from ${shown(listed(stage.approvers))}</li>`,
  )}</ol>${escalated}${standIns}`;
}

/** What an approver wants changed, while nothing was done about it. */
function wished({ changesRequested: asked }: ChangeView, now: string): Html | false {
  return (
    asked !== undefined &&
    html`<p><strong>${shown(asked.person)}</strong> asked for changes ${fromNow(asked.at, now)}. A new version must come first.</p>
<blockquote class="words">${shown(asked.comment, reveal)}</blockquote>`
  );
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
  const words = wordsOf(change);
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

const BUTTONS: readonly [verdict: VerdictName, style: string, words: string][] = [
  ['approve', 'yes', 'Approve'],
  ['reject', 'no', 'Reject'],
  ['requestChanges', 'plain', 'Ask for changes'],
  ['withdraw', 'no', 'Withdraw my approval'],
  ['comment', 'plain', 'Only comment'],
];

/**
 * The disabled button comes first because it is the one that the Enter key would press: typing the word and pressing
 * Enter must decide nothing. The two hashes say which documents the reader had before their eyes.
 */
function decisionForm({ change, person, confirmWord, may, csrf, comment = '' }: DecisionForm): Html {
  const standing = change.approval.decisions.some((d) => d.person === person);
  const usual: VerdictName[] = change.status === 'PENDING' && !standing ? ['approve', 'reject'] : ['reject'];
  const verdicts = may ?? usual;
  return html`<section id="decide" aria-labelledby="form">
<h2 id="form">Your decision</h2>
${change.status === 'APPROVED' && html`<p>${wordsOf(change).meaning} ${wordsOf(change).next}</p>`}
<form method="post" accept-charset="utf-8" autocomplete="off">
<button type="submit" disabled hidden></button>
<input type="hidden" name="after" value="${change.after.sha256}">
<input type="hidden" name="base" value="${change.before.canonical}">
${csrf !== undefined && html`<input type="hidden" name="csrf" value="${csrf}">`}
<label for="comment">Comment</label>
<p class="hint" id="comment-hint">Kept in the history and sent to ${shown(change.submitter)}. Whoever asks for changes says here which. Up to ${COMMENT_MAX.toLocaleString('en-US')} characters.</p>
<textarea id="comment" name="comment" rows="4" maxlength="${COMMENT_MAX}" aria-describedby="comment-hint">
${comment}</textarea>
<label for="confirm">Type <code>${shown(confirmWord)}</code> to confirm</label>
<p class="hint" id="confirm-hint">The name of the key, by hand: no program that opens links in mail can decide for you.</p>
<input type="text" id="confirm" name="confirm" required maxlength="256" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" aria-describedby="confirm-hint">
<div class="buttons">${BUTTONS.filter(([verdict]) => verdicts.includes(verdict)).map(
    ([verdict, style, words]) =>
      html`<button class="${style}" name="decision" value="${verdict}">${words}</button>
`,
  )}</div>
</form>
</section>`;
}
