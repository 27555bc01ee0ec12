import { revealSentence } from '../change/reveal.ts';
import type { ChangeView } from '../change/view.ts';
import { counted } from '../change/wording.ts';
import { clip } from '../render/clip.ts';
import { escapeHtml } from '../render/html.ts';
import { mailDiff } from '../render/mailDiff.ts';
import { mailMatrix } from '../render/mailMatrix.ts';
import type { Part } from './parts.ts';

/** Where the reader of a mail with a link finds what is left out. */
export const ON_THE_PAGE = 'on the page';

/** Most sentences of a change that a mail about it quotes. */
const SENTENCES_MAX = 8;
/** Most bytes of one sentence, escaped for HTML. */
const SENTENCE_BYTES_MAX = 1_000;
/** How a sentence of `access.summary` begins that says what its evidence does not hold. */
const UNSEEN = 'Not seen here: ';

interface Quoted {
  /** What is said where there is no sentence. */
  none?: string;
  max?: number;
  where?: string;
}

/**
 * The sentences of a change in the size of a mail: the most dangerous, how many more there are, and always what was not
 * seen, which none of the others makes up for.
 */
export function sentenceItems(summary: readonly string[], quoted: Quoted = {}): string[] {
  const { none = 'Nobody gains or loses access.', max = SENTENCES_MAX, where = ON_THE_PAGE } = quoted;
  const unseen = summary.filter((sentence) => sentence.startsWith(UNSEEN));
  const told = summary.filter((sentence) => !sentence.startsWith(UNSEEN));
  return [...bounded(told.length === 0 ? [none] : told, max, 'sentence', where), ...unseen.map(short)];
}

/** Why a change is as dangerous as it is, in the size of a mail. */
export const reasonItems = (reasons: readonly string[]): string[] =>
  bounded(reasons.length === 0 ? ['Nothing in it stands out.'] : reasons, SENTENCES_MAX, 'reason', ON_THE_PAGE);

const short = (sentence: string): string =>
  clip(sentence, (text) => escapeHtml(revealSentence(text)), SENTENCE_BYTES_MAX);

function bounded(items: readonly string[], max: number, noun: string, where: string): string[] {
  const rest = items.length - max;
  return [...items.slice(0, max).map(short), ...(rest > 0 ? [`And ${counted(rest, `more ${noun}`)} ${where}.`] : [])];
}

/** Who may do what, verb by verb, as a picture; then what changes in the document, line by line. */
export function pictures(
  { matrix, before, after }: Pick<ChangeView, 'matrix' | 'before' | 'after'>,
  where = ON_THE_PAGE,
): Part[] {
  const picture = mailMatrix(matrix, where);
  const diff = mailDiff(before.document, after.document, where);
  const left = (text: string | undefined): Part[] => (text === undefined ? [] : [{ kind: 'line', text }]);
  return [
    ...(picture.rows.length === 0
      ? []
      : ([
          { kind: 'heading', text: 'Who may do what, verb by verb' },
          { kind: 'matrix', matrix: picture },
          ...left(picture.left),
        ] satisfies Part[])),
    { kind: 'heading', text: 'What changes in the document' },
    { kind: 'line', text: diff.count },
    ...(diff.lines.length === 0 ? [] : ([{ kind: 'diff', diff }] satisfies Part[])),
    ...left(diff.left),
  ];
}
