import { revealSentence } from '../change/reveal.ts';
import type { ChangeView } from '../change/view.ts';
import type { Finding, Severity } from '../policy/types.ts';
import { shown } from '../render/diff.ts';
import { type Html, html } from '../render/html.ts';

const ORDER = ['error', 'warning', 'info'] as const satisfies readonly Severity[];
const WORD = { error: 'Error', warning: 'Warning', info: 'Note' } as const;

/** What the rules say of the document, errors first, each with its place and its mend. Notes are folded away when there are more than three. */
export function findingsSection(findings: readonly Finding[]): Html | false {
  if (findings.length === 0) return false;
  const [errors = [], warnings = [], infos = []] = ORDER.map((severity) =>
    findings.filter((f) => f.severity === severity),
  );
  const notes = infos.map(finding);
  return html`<section aria-labelledby="findings">
<h2 id="findings">What the checks found</h2>
${[...errors, ...warnings].map(finding)}
${notes.length > 3 ? html`<details><summary>${notes.length} notes</summary>${notes}</details>` : notes}
</section>`;
}

function finding({ severity, code, message, path, line, fix, aws, documents }: Finding): Html {
  const place = [path === '' ? '' : path, line === undefined ? '' : `line ${line}`]
    .filter((part) => part !== '')
    .join(', ');
  return html`<div class="finding ${severity}">
<p><strong>${WORD[severity]}:</strong> ${shown(message, revealSentence)}</p>
${fix !== undefined && html`<p>${shown(fix, revealSentence)}</p>`}
<p class="soft small">${code}${place !== '' && html`, at <code>${shown(place)}</code>`}${aws !== undefined && html`. KMS would answer ${aws}.`}</p>
${documents?.map(({ title, document }) => html`<details><summary>${shown(title)}</summary>${copyable(document)}</details>`)}
</div>`;
}

/** The IAM policies that other accounts need beside the key policy, ready to copy. */
export function externalPoliciesSection(policies: ChangeView['externalPolicies']): Html | false {
  if (policies.length === 0) return false;
  return html`<section aria-labelledby="external">
<h2 id="external">What other accounts must add themselves</h2>
${policies.map(
  ({ accountId, note, document }) =>
    html`<h3>Account ${shown(accountId)}</h3><p>${shown(note, revealSentence)}</p>${copyable(document)}`,
)}
</section>`;
}

/** One tap selects the whole of it. */
const copyable = (document: unknown): Html =>
  html`<pre class="copy">${shown(JSON.stringify(document, null, 2) ?? '')}</pre>`;
