import { reveal, revealSentence } from '../change/reveal.ts';
import { confirmWordOf, fromNow, keyName, overTemporarySentence, RISK_WORDS, utc } from '../change/wording.ts';
import { shown } from '../render/diff.ts';
import { type Html, html } from '../render/html.ts';
import type { ForeignReview } from '../workflow/openForeign.ts';
import { accessSection } from './access.ts';
import { documentsSection, type Notice, noticeBox, shell } from './page.ts';

export interface ForeignPage extends ForeignReview {
  /** ISO 8601. */
  now: string;
  notice?: Notice | undefined;
  /** Kept in the form when it was refused. */
  reason?: string | undefined;
}

/** The page on which an owner reads what was written past the workflow, and adopts or undoes it. Works without JavaScript; drawing it changes nothing. */
export function foreignPage(page: ForeignPage): string {
  const { write, notice, person } = page;
  return shell(
    `Outside of the workflow: key policy of ${keyName(write.key)}`,
    html`${notice && noticeBox(notice)}
${whatSection(page)}
${accessSection(write, 'since it was written')}
${documentsSection(write, { diff: 'What changed in the document', after: 'The whole policy as it was written' })}
${actSection(page)}`,
    person,
  );
}

function whatSection({ write, now, temporary }: ForeignPage): Html {
  const { key, trace, byApplier, stands, risk } = write;
  return html`<section aria-labelledby="what">
<p class="eyebrow">Written outside of the workflow</p>
<h1 id="what">${shown(keyName(key))}</h1>
<div class="pills"><span class="pill ${write.adopted === undefined ? 'bad' : 'good'}">${write.adopted === undefined ? 'Not adopted' : 'Adopted'}</span><span class="pill warn">${RISK_WORDS[risk]}</span></div>
${byApplier && html`<p class="flag bad">It came from the applier's own role, and no change had asked for it. Treat this as an incident.</p>`}
<p>${trace === undefined ? 'Nobody knows yet who put it.' : html`<strong>${shown(trace.caller)}</strong> put it ${fromNow(trace.writtenAt, now)}.`} ${stands ? 'It was live when it was recorded.' : 'Something else was live when it was recorded.'}</p>
${temporary.map((one) => html`<p class="flag bad">${shown(overTemporarySentence(one), revealSentence)}</p>`)}
<dl class="facts">
<dt>Key</dt><dd>${key.aliases[0] === undefined ? 'no alias' : html`<code>${shown(key.aliases[0])}</code>`}</dd>
<dt>ARN</dt><dd><code>${shown(key.arn)}</code></dd>
<dt>Found</dt><dd>${utc(write.foundAt)}, by ${write.foundBy === 'event' ? 'an event of CloudTrail' : 'a comparison'}</dd>
${trace !== undefined && html`<dt>Event</dt><dd><code>${shown(trace.eventId)}</code></dd>`}
<dt>Foreign write</dt><dd><code>${write.id}</code></dd>
</dl>
</section>`;
}

/** The forms, or why there are none. */
function actSection({ write, whyNot, reason = '' }: ForeignPage): Html {
  const { adopted, undo } = write;
  const done =
    adopted !== undefined &&
    html`<p><strong>${shown(adopted.person)}</strong> adopted it, ${utc(adopted.at)}:</p><blockquote class="words">${shown(adopted.comment, reveal)}</blockquote>`;
  const undone = undo !== undefined && html`<p>Change <code>${undo}</code> was submitted to undo it.</p>`;
  if (whyNot.adopt !== undefined && whyNot.undo !== undefined) {
    return html`<section id="decide" aria-labelledby="closed"><h2 id="closed">Nothing to do</h2>${done}${undone}</section>`;
  }
  return html`<section id="decide" aria-labelledby="form">
<h2 id="form">Adopt it or undo it</h2>${undone}
<p>To adopt it is to say that it may stay. To undo it proposes to put back what was there before; others must approve that.</p>
${whyNot.adopt !== undefined && html`<p>${shown(whyNot.adopt, reveal)}</p>`}
<form method="post" accept-charset="utf-8" autocomplete="off">
<button type="submit" disabled hidden></button>
<label for="reason">Why</label>
<p class="hint" id="reason-hint">Kept in the history; with an undo the approvers read it.</p>
<textarea id="reason" name="reason" rows="4" maxlength="2000" required aria-describedby="reason-hint">
${reason}</textarea>
<label for="confirm">Type <code>${shown(confirmWordOf(write.key))}</code> to confirm</label>
<p class="hint" id="confirm-hint">The name of the key, by hand: no program that opens links in mail can act for you.</p>
<input type="text" id="confirm" name="confirm" required maxlength="256" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" aria-describedby="confirm-hint">
<div class="buttons">${
    whyNot.adopt === undefined &&
    html`<button class="plain" name="act" value="adopt">Adopt it</button>
`
  }${whyNot.undo === undefined && html`<button class="no" name="act" value="undo">Undo it</button>`}</div>
</form>
</section>`;
}
