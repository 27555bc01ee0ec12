import type { AnalyzerCheck, AnalyzerFinding, GrantGroup, Preflight } from '../change/preflight.ts';
import { revealSentence } from '../change/reveal.ts';
import { counted, grantsSentence } from '../change/wording.ts';
import { shown } from '../render/diff.ts';
import { type Html, html } from '../render/html.ts';

/** Who may use the key past its policy, by grants: no change of the policy takes that away. */
export function grantsSection(preflight: Preflight | undefined): Html | false {
  if (preflight === undefined) return false;
  const { grants } = preflight;
  return html`<section aria-labelledby="grants">
<h2 id="grants">Access past the policy</h2>
<p>${shown(grantsSentence(grants), revealSentence)}</p>
${'groups' in grants && grants.groups.length > 0 && html`<ul>${grants.groups.map(grantItem)}</ul>`}
${'groups' in grants && unlisted(grants)}
</section>`;
}

function unlisted({ groups, total }: { groups: GrantGroup[]; total: number }): Html | false {
  const rest = total - groups.reduce((sum, { count }) => sum + count, 0);
  return rest > 0 && html`<p class="soft">And ${counted(rest, 'more grant')} to others.</p>`;
}

function grantItem({
  grantee,
  operations,
  issuingAccount,
  retiring,
  count,
  unconstrained,
  constraints,
  different,
}: GrantGroup): Html {
  const limits =
    unconstrained === count
      ? 'Nothing limits it'
      : unconstrained === 0
        ? 'Limited by constraints'
        : `Nothing limits ${unconstrained} of them; the others are limited by constraints`;
  return html`<li><code>${shown(grantee)}</code> may ${shown(operations.join(', '))}${count > 1 && html` (${counted(count, 'grant')})`}.
<br><span class="soft">${limits}. Issued under ${shown(issuingAccount)}${retiring !== undefined && html`; <code>${shown(retiring)}</code> may retire it`}.</span>${
    constraints.length > 0 &&
    html`<pre>${shown(constraints.map((one) => JSON.stringify(one)).join('\n'))}${different > constraints.length && `\nand ${different - constraints.length} others`}</pre>`
  }</li>`;
}

const WORD = { error: 'Error', warning: 'Warning', info: 'Note' } as const;

/** What AWS itself found in the proposal, and what of AWS was not seen. Ours stand above, whatever it says. */
export function awsSection(preflight: Preflight | undefined): Html | false {
  if (preflight === undefined) return false;
  const { principals, accessAnalyzer } = preflight;
  if (principals.notSeen.length === 0 && accessAnalyzer.length === 0) return false;
  return html`<section aria-labelledby="aws">
<h2 id="aws">What AWS says</h2>
${answers(preflight)}
</section>`;
}

/** Access past the policy in a sentence, and what AWS says, where several changes share a page. */
export const preflightLines = (preflight: Preflight | undefined): Html | false =>
  preflight !== undefined &&
  html`<p>${shown(grantsSentence(preflight.grants), revealSentence)}</p>
${answers(preflight)}`;

const answers = ({ principals, accessAnalyzer }: Preflight): Html => html`${principals.notSeen.map(
  ({ principal, why }) =>
    html`<p class="flag warn">Whether <code>${shown(principal)}</code> exists was not seen. ${shown(why, revealSentence)}</p>`,
)}
${accessAnalyzer.map(checkBox)}`;

function checkBox(answer: AnalyzerCheck): Html {
  const name = html`IAM Access Analyzer, <code>${shown(answer.check)}</code>`;
  if ('notSeen' in answer)
    return html`<p class="flag warn">${name}: not seen. ${shown(answer.notSeen, revealSentence)}</p>`;
  if (answer.findings.length === 0) return html`<p>${name}: it found nothing.</p>`;
  return html`<h3>${name}</h3>${answer.findings.map(finding)}`;
}

const finding = ({ severity, code, message, path }: AnalyzerFinding): Html => html`<div class="finding ${severity}">
<p><strong>${WORD[severity]}:</strong> ${shown(message, revealSentence)}</p>
<p class="soft small">AWS: ${shown(code)}${path !== undefined && path !== '' && html`, at <code>${shown(path)}</code>`}</p>
</div>`;
