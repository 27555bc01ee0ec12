import type { Change } from '../change/change.ts';
import { countingApprovals } from '../change/change.ts';
import { reveal } from '../change/reveal.ts';
import { keyName, STATUS_WORDS, utc } from '../change/wording.ts';
import { shown } from '../render/diff.ts';
import { type Html, html } from '../render/html.ts';
import type { Report, Rows } from '../workflow/report.ts';
import { shell } from './page.ts';

/** The report of a period as one page, for paper too: no script, one style sheet, every text inert. */
export function reportPage(report: Report): string {
  const title = `Key policy changes from ${report.from.slice(0, 10)} to ${report.to.slice(0, 10)}`;
  return shell(
    title,
    html`<div class="report"><section><p class="eyebrow">Report of a period</p><h1>${title}</h1>
<p>Everything that was submitted, decided and applied from ${utc(report.from)} to ${utc(report.to)}, as the history had it on ${utc(report.at)}.</p>
${report.cut && html`<p class="flag bad">There was no time to read all of it: ask for a shorter period, or export the history.</p>`}
</section>
${verification(report)}
${counts(report)}
${changes(report.changes)}
${exceptions(report)}
${unreviewed(report.unreviewed)}</div>`,
  );
}

function verification({ verified, checkpoint }: Report): Html {
  const { verdict, entries, protectedTo, outsideTo, firstBad, why } = verified;
  const said = {
    clean: `The history is clean: ${entries} entries hang together, everything up to entry ${protectedTo} is what the notary signed, and the copies outside reach entry ${outsideTo ?? 'none'}.`,
    tampered: `The history was TAMPERED with. The first entry that cannot be trusted is ${firstBad}: ${why}.`,
    incomplete: `The history could not be verified whole: ${why}.`,
  }[verdict];
  return html`<section aria-labelledby="verified"><h2 id="verified">Can it be trusted?</h2>
<p class="flag ${verdict === 'clean' ? 'calm' : 'bad'}">${reveal(said)}</p>
<p class="soft small">The system says this about itself. Verify an export with the notary's public key and a checkpoint that you kept to know it.</p>
${checkpoint !== null && html`<p class="small">The newest checkpoint:</p><pre>${checkpoint}</pre>`}</section>`;
}

function counts({ counts: list }: Report): Html {
  return html`<section aria-labelledby="counts"><h2 id="counts">What happened, by type</h2>
${list.length === 0 ? html`<p>Nothing.</p>` : html`<table class="counts"><tbody>${list.map(([type, times]) => html`<tr><th scope="row">${type}</th><td>${times}</td></tr>`)}</tbody></table>`}</section>`;
}

const more = <T>({ rows, total }: Rows<T>) =>
  total > rows.length && html`<p>${total - rows.length} more are in the export.</p>`;

function changes(list: Rows<Change>): Html {
  return html`<section aria-labelledby="changes"><h2 id="changes">Changes that were submitted: ${list.total}</h2>
${list.total > 0 && html`<div class="rows"><table class="changes"><thead><tr><th>When</th><th>Key</th><th>By, and why</th><th>Approved by</th><th>How it stands</th></tr></thead><tbody>${list.rows.map(changeRow)}</tbody></table></div>`}${more(list)}</section>`;
}

function changeRow(change: Change): Html {
  const approvers = countingApprovals(change);
  const refused = change.decisions.filter(({ decision }) => decision === 'reject').map(({ person }) => person);
  return html`<tr><td>${utc(change.submittedAt)}<br><code>${change.id}</code></td>
<td>${shown(keyName(change.key))}<br><span class="small">${change.risk} risk, rule ${shown(change.rule.name)}</span>${change.rule.breakGlass !== undefined && html`<br><strong>Emergency</strong>`}</td>
<td>${shown(change.submitter)}: ${shown(change.reason, reveal)}${change.ticket !== undefined && html` (${shown(change.ticket, reveal)})`}</td>
<td>${approvers.length === 0 ? 'nobody' : shown(approvers.join(', '))}${refused.length > 0 && html`<br>rejected by ${shown(refused.join(', '))}`}</td>
<td>${STATUS_WORDS[change.status].title}${change.reviewed !== undefined && html`<br>reviewed by ${shown(change.reviewed.person)}: ${change.reviewed.verdict}`}</td></tr>`;
}

function exceptions({ exceptions: list }: Report): Html {
  return html`<section aria-labelledby="exceptions"><h2 id="exceptions">Exceptions: ${list.total}</h2>
<p class="soft small">Attempts that were refused, changes that expired or failed, and what was found outside of the workflow. Emergencies are marked among the changes.</p>
${
  list.total > 0 &&
  html`<div class="rows"><table class="exceptions"><thead><tr><th>When</th><th>What</th><th>By</th><th>Where</th></tr></thead><tbody>${list.rows.map(
    ({
      at,
      seq,
      type,
      change,
      keyArn,
      person,
      text,
    }) => html`<tr><td>${utc(at)}<br><span class="small">entry ${seq}</span></td>
<td>${type}<br>${shown(text, reveal)}</td><td>${shown(person)}</td><td><code>${change}</code><br><span class="small">${shown(keyArn)}</span></td></tr>`,
  )}</tbody></table></div>`
}${more(list)}</section>`;
}

function unreviewed(list: Rows<Change>): Html {
  return html`<section aria-labelledby="unreviewed"><h2 id="unreviewed">Emergencies that nobody has reviewed yet: ${list.total}</h2>
${list.total > 0 && html`<div class="rows"><table class="changes"><thead><tr><th>When</th><th>Key</th><th>By, and why</th><th>Approved by</th><th>How it stands</th></tr></thead><tbody>${list.rows.map(changeRow)}</tbody></table></div>`}${more(list)}</section>`;
}
