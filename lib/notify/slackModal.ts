import type { ModalView } from '@slack/types';
import type { VerdictName } from '../change/decide.ts';
import type { Binding } from '../change/facts.ts';
import { reveal, revealSentence } from '../change/reveal.ts';
import type { ChangeView } from '../change/view.ts';
import { confirmWordOf, counted, keyName, RISK_WORDS } from '../change/wording.ts';
import { header, plain, section } from './slackText.ts';

/** What a button stands for: one change, and the two documents that its message was about. No secret: Slack's signature is the key. */
export interface DecisionValue {
  changeId: string;
  binding: Binding;
}

/** The value of a button and the private metadata of a modal: id and both hashes. */
export const decisionValue = ({ id, after, before }: Pick<ChangeView, 'id' | 'after' | 'before'>): string =>
  `${id} ${after.sha256} ${before.canonical}`;

/** Reads it back; undefined for anything else. */
export function readDecisionValue(value: string): DecisionValue | undefined {
  const [, changeId, after, base] = /^(chg_[0-9A-HJKMNP-TV-Z]{26}) ([0-9a-f]{64}) ([0-9a-f]{64})$/.exec(value) ?? [];
  return changeId === undefined || after === undefined || base === undefined
    ? undefined
    : { changeId, binding: { after, base } };
}

const SENTENCES_MAX = 10;
const COMMENT_MAX = 2_000;

/** Each thing that can be said in Slack: the title of its modal, the word on its button, and the title of what tells that it is recorded. At most 24 characters each. */
export const VERDICT_WORDS: Readonly<Record<VerdictName, { title: string; submit: string; done: string }>> = {
  approve: { title: 'Approve this change', submit: 'Approve', done: 'Approved' },
  reject: { title: 'Reject this change', submit: 'Reject', done: 'Rejected' },
  requestChanges: { title: 'Ask for changes', submit: 'Ask for changes', done: 'Changes asked for' },
  withdraw: { title: 'Withdraw your approval', submit: 'Withdraw', done: 'Approval withdrawn' },
  comment: { title: 'Comment on this change', submit: 'Comment', done: 'Comment recorded' },
};

/** What cannot be said without words. */
const WORDY: readonly VerdictName[] = ['requestChanges', 'comment'];

/** Asks for the comment and the word that confirms. Its `value` is that of the button, so that the decision is about what was shown there. */
export function decisionModal(change: ChangeView, decision: VerdictName, value: string): ModalView {
  const { summary } = change.access;
  const rest = summary.length - SENTENCES_MAX;
  const sentences = summary.length === 0 ? ['Nobody gains or loses access.'] : summary.slice(0, SENTENCES_MAX);
  const lines = rest > 0 ? [...sentences, `And ${counted(rest, 'more sentence')} on the page.`] : sentences;
  const words = VERDICT_WORDS[decision];
  return {
    type: 'modal',
    callback_id: decision,
    private_metadata: value,
    title: plain(words.title, 24),
    submit: plain(words.submit, 24),
    close: plain('Back', 24),
    blocks: [
      header(`Key policy of ${keyName(change.key)}: ${RISK_WORDS[change.risk].toLowerCase()}`),
      section(lines.map((sentence) => `• ${revealSentence(sentence)}`).join('\n')),
      section(`${change.submitter} wrote: ${reveal(change.reason)}`),
      {
        type: 'input',
        block_id: 'comment',
        optional: !WORDY.includes(decision),
        label: plain('Comment', 150),
        hint: plain('Kept in the history and sent to the submitter.', 150),
        element: { type: 'plain_text_input', action_id: 'comment', multiline: true, max_length: COMMENT_MAX },
      },
      {
        type: 'input',
        block_id: 'confirm',
        label: plain(`Type ${confirmWordOf(change.key)} to confirm`, 150),
        hint: plain('The name of the key, by hand.', 150),
        element: { type: 'plain_text_input', action_id: 'confirm', max_length: 256 },
      },
    ],
  };
}

/** Takes the place of the modal that was sent, and says what came of it. */
export const noticeModal = (title: string, text: string): ModalView => ({
  type: 'modal',
  title: plain(title, 24),
  close: plain('Close', 24),
  blocks: [section(revealSentence(text))],
});
