import { reveal, revealIdentifier, revealSentence } from '../change/reveal.ts';
import type { ChangeView } from '../change/view.ts';
import {
  askSentencesOf,
  confirmWordOf,
  counted,
  fromNow,
  keyName,
  listed,
  RISK_WORDS,
  utc,
  wordsOf,
} from '../change/wording.ts';
import { shown } from '../render/diff.ts';
import { type Html, html } from '../render/html.ts';
import { COMMENT_MAX } from './decision.ts';
import { findingsSection } from './findings.ts';
import { type Notice, noticeBox, RISK_TONE, shell } from './page.ts';
import { preflightLines } from './preflight.ts';

/** What the page of a set needs to be drawn. */
export interface SetPage {
  /** Each change with the secret of its own link, in the order of the set; at least one. */
  members: { change: ChangeView; token: string }[];
  person: string;
  now: string;
  mayDecide: boolean;
  csrf?: string | undefined;
  notice?: Notice | undefined;
  comment?: string | undefined;
}

/** The page on which an approver reads several changes and decides about all of them. Drawing it changes nothing. */
export function setPage(page: SetPage): string {
  const { members, now, notice } = page;
  const [first] = members;
  if (first === undefined) throw new Error('the page of a set has a change');
  const { change } = first;
  const names = listed(members.map((one) => keyName(one.change.key)));
  return shell(
    `${counted(members.length, 'key')}, one decision: ${revealIdentifier(names)}`,
    html`${notice && noticeBox(notice)}
<section aria-labelledby="what">
${askSentencesOf(members.map((one) => one.change)).map((sentence) => html`<p class="flag warn">${shown(sentence, revealSentence)}</p>`)}
<p class="eyebrow">The same change of several key policies</p>
<h1 id="what">${counted(members.length, 'key')}: ${shown(names)}</h1>
<p><strong>${shown(change.submitter)}</strong> asked for this ${fromNow(change.submittedAt, now)}, because:</p>
<blockquote class="words">${shown(change.reason, reveal)}</blockquote>
<p>One decision counts for all of them. Each key is then changed by itself, when its own rule is fulfilled, and has its own end: one may be applied and another not.</p>
${page.mayDecide && html`<p><a class="jump" href="#decide">Go to the decision</a></p>`}
<dl class="facts">
${change.ticket !== undefined && html`<dt>Ticket</dt><dd>${shown(change.ticket, reveal)}</dd>`}
<dt>Set</dt><dd><code>${change.set?.id ?? ''}</code></dd>
</dl>
</section>
${members.map((one) => memberSection(one, now))}
${decideSection(page, change)}`,
    page.person,
  );
}

function memberSection({ change, token }: SetPage['members'][number], now: string): Html {
  const { key, approval, risk, riskReasons, access } = change;
  const sentences = access.summary.length === 0 ? ['Nobody gains or loses access.'] : access.summary;
  return html`<section aria-labelledby="${change.id}">
<h2 id="${change.id}">${shown(keyName(key))}</h2>
<div class="pills"><span class="pill calm">${wordsOf(change).title}</span><span class="pill ${RISK_TONE[risk]}">${RISK_WORDS[risk]}</span>${change.breakGlass !== undefined && html`<span class="pill bad">Emergency</span>`}</div>
<ol class="sentences">${sentences.map((sentence) => html`<li>${shown(sentence, revealSentence)}</li>`)}</ol>
${riskReasons.length > 0 && html`<ul>${riskReasons.map((reason) => html`<li>${shown(reason, revealSentence)}</li>`)}</ul>`}
<dl class="facts">
<dt>ARN</dt><dd><code>${shown(key.arn)}</code></dd>
<dt>Account</dt><dd>${shown(key.accountId)}, ${shown(key.region)}</dd>
<dt>Approvals</dt><dd>${approval.counted.length} of ${approval.quorum}, by rule ${shown(approval.rule)}</dd>
<dt>Open until</dt><dd>${utc(change.expiresAt)} (${fromNow(change.expiresAt, now)})</dd>
<dt>Proposed</dt><dd>SHA-256 <span class="mono">${change.after.sha256}</span></dd>
${change.outcome !== undefined && html`<dt>Outcome</dt><dd>${shown(change.outcome, reveal)}</dd>`}
</dl>
${findingsSection(change.findings)}
${preflightLines(change.preflight)}
<p><a href="/review/${token}">Its documents, the difference, and a decision about this key alone</a></p>
</section>`;
}

function decideSection({ mayDecide, csrf, comment = '' }: SetPage, first: ChangeView): Html {
  if (!mayDecide) {
    return html`<section id="decide"><h2>Nothing to decide</h2><p>You have decided about each of them, or they do not wait for you any more.</p></section>`;
  }
  const word = confirmWordOf(first.key);
  return html`<section id="decide" aria-labelledby="form">
<h2 id="form">Your decision about all of them</h2>
<form method="post" accept-charset="utf-8" autocomplete="off">
<button type="submit" disabled hidden></button>
${csrf !== undefined && html`<input type="hidden" name="csrf" value="${csrf}">`}
<label for="comment">Comment</label>
<p class="hint" id="comment-hint">Kept in the history of each change. Up to ${COMMENT_MAX.toLocaleString('en-US')} characters.</p>
<textarea id="comment" name="comment" rows="4" maxlength="${COMMENT_MAX}" aria-describedby="comment-hint">
${comment}</textarea>
<label for="confirm">Type <code>${shown(word)}</code> to confirm</label>
<p class="hint" id="confirm-hint">The name of the first key, by hand: no program that opens links in mail can decide for you.</p>
<input type="text" id="confirm" name="confirm" required maxlength="256" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" aria-describedby="confirm-hint">
<div class="buttons"><button class="yes" name="decision" value="approve">Approve all</button>
<button class="no" name="decision" value="reject">Reject all</button>
</div>
</form>
</section>`;
}
