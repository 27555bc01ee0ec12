import { revealSentence } from '../change/reveal.ts';
import type { ChangeView } from '../change/view.ts';
import { counted, listed } from '../change/wording.ts';
import type { AccessEntry } from '../policy/types.ts';
import { shown } from '../render/diff.ts';
import { type Html, html, trusted } from '../render/html.ts';
import { matrixTable } from '../render/matrix.ts';

/** Who gains and who loses what: the sentences first, then the picture, then every action by name. `since`: from when that holds. */
export function accessSection({ access, matrix }: Pick<ChangeView, 'access' | 'matrix'>, since?: string): Html {
  const sentences = access.summary.length === 0 ? ['Nobody gains or loses access.'] : access.summary;
  return html`<section aria-labelledby="access">
<h2 id="access">Who may do what afterwards</h2>
${flags(access)}
<ol class="sentences">${sentences.map((sentence) => sentenceItem(sentence))}</ol>
${trusted(matrixTable(matrix, since))}
${everyAction(access)}
</section>`;
}

/** The first word of a sentence of `access.summary`, and how much it should worry. */
const LABEL = /^([A-Z][A-Za-z ]{2,19}): /;
const TONES: Readonly<Record<string, string>> = {
  Lockout: 'bad',
  Public: 'bad',
  'Near lockout': 'bad',
  Gains: 'warn',
  'May gain': 'warn',
  Changes: 'warn',
};

function sentenceItem(sentence: string): Html {
  const [start = '', label] = LABEL.exec(sentence) ?? [];
  const tag = label !== undefined && html`<span class="tag ${TONES[label] ?? 'calm'}">${label}</span> `;
  return html`<li>${tag}${shown(sentence.slice(start.length), revealSentence)}</li>`;
}

/** What must not be missed, where no sentence says it already. */
function flags({ public: open, lockout, crossAccount, summary }: ChangeView['access']): Html {
  const said = (label: string) => summary.some((sentence) => sentence.startsWith(`${label}: `));
  const flag = (text: string) => html`<p class="flag bad">${text}</p>`;
  return html`${lockout && !said('Lockout') && flag('Nobody in the account could change this policy again.')}${
    open && !said('Public') && flag('Anyone with an AWS account could use this key.')
  }${
    crossAccount.length > 0 &&
    html`<p class="flag calm">Afterwards the policy lets in ${counted(crossAccount.length, 'other account')}: ${shown(listed(crossAccount))}.</p>`
  }`;
}

function everyAction({ gains, loses, changed }: ChangeView['access']): Html | false {
  const lists = [entries('Gains', gains), entries('Loses', loses), entries('Other conditions than before', changed)];
  if (lists.every((list) => list === false)) return false;
  return html`<details><summary>Every action by name</summary>${lists}</details>`;
}

function entries(title: string, list: AccessEntry[]): Html | false {
  return (
    list.length > 0 &&
    html`<h3>${title}</h3><ul>${list.map(
      (entry) =>
        html`<li><code>${shown(entry.principal)}</code>${qualified(entry)}<br>${shown(entry.actions.join(', '))}${
          entry.when && html`<pre>${shown(JSON.stringify(entry.when, null, 2))}</pre>`
        }</li>`,
    )}</ul>`
  );
}

function qualified({ certainty, kind }: AccessEntry): string {
  return `${certainty === 'may' ? ', perhaps' : ''}${kind === 'delegated' ? ', through IAM policies of the account' : ''}`;
}
