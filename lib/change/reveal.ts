import { codePoint } from '../policy/document/json.ts';

/**
 * Characters that a reader cannot see, or that change how the rest is read: controls, bidirectional marks, zero-width
 * and other ignorable ones, line separators, lone surrogates, private use, fillers and blanks (Trojan Source,
 * CVE-2021-42574). The opening bracket of the notation itself is among them, so that nobody can write `‹U+202E›` by hand
 * and pass for one that was revealed: the notation stays one-to-one.
 */
const UNSEEN =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{2039}\u{2800}]/gu;

/** Everything beyond printable ASCII: in an ARN, a Sid or an address a foreign letter is a disguise until proven otherwise. */
const NOT_ASCII = /[^\n\t\x20-\x7e]/gu;

const NOT_OUR_SENTENCE = /[^\n\t\x20-\x7e“”‘’–—…→]/gu;

/** Prose that a person wrote, with what a reader could not see shown as code points: `a‹U+202E›b`. Letters of every script stay. */
export const reveal = (prose: string): string => prose.replace(UNSEEN, shown);

/** A name, an ARN, or a document, with everything beyond printable ASCII shown as code points. */
export const revealIdentifier = (text: string): string => text.replace(NOT_ASCII, shown);

/** A sentence of ours that quotes names: the punctuation we write ourselves stays, everything else is as in a name. */
export const revealSentence = (sentence: string): string => sentence.replace(NOT_OUR_SENTENCE, shown);

const shown = (char: string): string => `‹${codePoint(char.codePointAt(0) ?? 0)}›`;
