import type { Button, KnownBlock } from '@slack/types';
import type { VerdictName } from '../change/decide.ts';
import { reveal, revealIdentifier, revealSentence } from '../change/reveal.ts';
import type { ChangeView } from '../change/view.ts';
import {
  approvedBy,
  askSentences,
  counted,
  fromNow,
  keyName,
  listed,
  RISK_WORDS,
  timeSentences,
  utc,
  wordsOf,
} from '../change/wording.ts';
import { inShort } from './parts.ts';
import { decisionValue, VERDICT_WORDS } from './slackModal.ts';
import { context, fields, header, inert, plain, section } from './slackText.ts';

/** A message for chat.postMessage: the blocks, and what a notification shows of them. */
export interface SlackMessage {
  text: string;
  blocks: KnownBlock[];
}

/** For whom a message is: a person gets buttons and a link of their own, a channel has neither. */
export interface SlackReader {
  /** What they may press; the guard of every decision stands behind the buttons, not here. */
  may: readonly VerdictName[];
  /** The address of the review page; it holds this person's token. */
  link?: string;
}

const SENTENCES_MAX = 6;

/**
 * Asks for a decision, and shows how far it has come. The whole document is never in it: a channel has more readers than a key
 * has approvers, and a message stays in Slack for as long as Slack keeps it.
 */
export function askMessage(change: ChangeView, reader?: SlackReader): SlackMessage {
  const { summary } = change.access;
  const name = keyName(change.key);
  const state = change.status === 'PENDING' ? 'approval asked' : wordsOf(change).title;
  const rest = summary.length - SENTENCES_MAX;
  const sentences = summary.length === 0 ? ['Nobody gains or loses access.'] : summary.slice(0, SENTENCES_MAX);
  const lines = rest > 0 ? [...sentences, `And ${counted(rest, 'more sentence')} on the page.`] : sentences;
  return {
    text: inert(revealIdentifier(`${change.submitter} asks to change the key policy of ${name}, ${inShort(change)}`)),
    blocks: [
      ...first(askSentences(change)),
      header(`Key policy of ${name}: ${state.toLowerCase()}`),
      section(lines.map((sentence) => `• ${revealSentence(sentence)}`).join('\n')),
      fields([
        ['Key', change.key.aliases[0] ?? change.key.keyId],
        ['Risk', RISK_WORDS[change.risk]],
        ['Asked by', change.submitter],
        change.held?.until === undefined
          ? ['Open until', utc(change.expiresAt)]
          : ['Held until', utc(change.held.until)],
        ['Approvals', `${approvedBy(change).length} of ${change.approval.quorum}, rule ${change.approval.rule}`],
        ...(change.ticket === undefined ? [] : ([['Ticket', change.ticket]] as [string, string][])),
      ]),
      section(`Why: ${reveal(change.reason)}`),
      ...(change.riskReasons.length === 0 ? [] : [context(change.riskReasons.join(' '))]),
      ...votes(change),
      ...(reader === undefined ? [] : buttonRows(change, reader)),
      context(
        `${change.id}: nothing changes on the key until it is approved.${reader === undefined ? ' Approvers have their own link, by mail.' : ''}`,
      ),
    ],
  };
}

/** Tells how a change ended and what that means. It takes the place of the message that asked. */
export function resultMessage(change: ChangeView): SlackMessage {
  const words = wordsOf(change);
  const name = keyName(change.key);
  const rejection = change.approval.decisions.findLast((d) => d.decision === 'reject');
  const outcome = rejection?.comment || change.outcome;
  return {
    text: inert(revealIdentifier(`${words.title}: key policy of ${name}`)),
    blocks: [
      ...first(timeSentences(change)),
      header(`${words.title}: key policy of ${name}`),
      section(`${words.meaning} ${words.next}`),
      ...(outcome === undefined || outcome === '' ? [] : [section(reveal(outcome))]),
      fields([
        ['Key', change.key.aliases[0] ?? change.key.keyId],
        ['Asked by', change.submitter],
        ['Approved by', listed(approvedBy(change)) || 'nobody'],
        ...(rejection === undefined ? [] : ([['Rejected by', rejection.person]] as [string, string][])),
      ]),
      context(change.id),
    ],
  };
}

/** The first block: what the reader must know before anything else. */
function first(sentences: readonly string[]): KnownBlock[] {
  return sentences.length === 0 ? [] : [section(sentences.map(revealSentence).join('\n'))];
}

/** One line under a message: how it ended. */
export function resultReply(change: ChangeView): SlackMessage {
  const { title, meaning } = wordsOf(change);
  return reply(`${title}. ${meaning}`);
}

/** One line under a message: that it still waits. */
export function reminderReply(change: ChangeView, now: string): SlackMessage {
  const { quorum } = change.approval;
  const got = `${approvedBy(change).length} of ${counted(quorum, 'approval')}`;
  return reply(`Reminder: this still waits for you, with ${got}. It closes ${fromNow(change.expiresAt, now)}.`);
}

const reply = (text: string): SlackMessage => ({ text: inert(revealSentence(text)), blocks: [section(text)] });

/** Who has decided so far, and what is asked of the authors. */
function votes({ approval, changesRequested: asked }: ChangeView): KnownBlock[] {
  const lines = [
    ...approval.decisions.map(
      ({ person, decision }) => `${revealIdentifier(person)} ${decision === 'approve' ? 'approved' : 'rejected'}`,
    ),
    ...(asked === undefined ? [] : [`${revealIdentifier(asked.person)} asked for changes: ${reveal(asked.comment)}`]),
  ];
  return lines.length === 0 ? [] : [section(lines.join('\n'))];
}

/** What decides stands in the first row, beside the way to the page; what only speaks, in the second. */
const FIRST_ROW: readonly VerdictName[] = ['approve', 'reject', 'withdraw'];
const STYLES: Partial<Record<VerdictName, Button['style']>> = { approve: 'primary', reject: 'danger' };

function buttonRows(change: ChangeView, { may, link }: SlackReader): KnownBlock[] {
  const value = decisionValue(change);
  const button = (verdict: VerdictName): Button => {
    const style = STYLES[verdict];
    const text = plain(`${VERDICT_WORDS[verdict].submit}…`, 75);
    return { type: 'button', action_id: verdict, text, value, ...(style === undefined ? {} : { style }) };
  };
  const rows = [
    [...may.filter((one) => FIRST_ROW.includes(one)).map(button), ...linkButton(link)],
    may.filter((one) => !FIRST_ROW.includes(one)).map(button),
  ];
  return rows.filter((elements) => elements.length > 0).map((elements) => ({ type: 'actions', elements }));
}

const linkButton = (url: string | undefined): Button[] =>
  url === undefined ? [] : [{ type: 'button', action_id: 'open_review', text: plain('Read it all', 75), url }];
