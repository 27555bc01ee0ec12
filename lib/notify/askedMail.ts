import type { ChangeView } from '../change/view.ts';
import { counted, keyName, lapsedSentence, listed, timeSentences, wordsOf } from '../change/wording.ts';
import { sentenceItems } from './access.ts';
import { keyFacts, type Mail, mail } from './mail.ts';
import type { Part } from './parts.ts';

interface Asked {
  change: ChangeView;
  /** To whom it goes: the canonical person. */
  person: string;
  /** ISO 8601. */
  now: string;
}

/** Tells an author what an approver wants changed, and how to answer. It holds no link: they sign in. */
export function changesMail({ change }: Asked): Mail {
  const name = keyName(change.key);
  const asked = change.changesRequested;
  return mail(change, `Changes are asked for: key policy of ${name}`, [
    { kind: 'title', text: `${asked?.person ?? 'An approver'} asks for changes to the key policy of ${name}` },
    ...(asked === undefined || asked.comment === '' ? [] : ([{ kind: 'quote', text: asked.comment }] satisfies Part[])),
    { kind: 'heading', text: 'What to do now' },
    {
      kind: 'line',
      text: `Post a new version (POST /changes/${change.id}/versions): it takes the place of this one, and every approval is asked for anew. Or cancel the change. Until then nobody can approve it.`,
    },
    { kind: 'heading', text: 'The change' },
    { kind: 'facts', facts: keyFacts(change) },
    { kind: 'small', text: 'You get this because you wrote this change.' },
  ]);
}

/** Tells an author that their change is approved and not applied yet, why, and until when. */
export function heldMail({ change }: Pick<Asked, 'change'>): Mail {
  const name = keyName(change.key);
  const { title, next } = wordsOf(change);
  return mail(change, `${title}: key policy of ${name}`, [
    ...timeSentences(change).map((text): Part => ({ kind: 'line', text })),
    { kind: 'title', text: `${title}: key policy of ${name}` },
    { kind: 'line', text: `${listed(change.approval.counted)} approved it. It is not live yet.` },
    { kind: 'heading', text: 'What to do now' },
    { kind: 'line', text: `${next} To take it back, cancel it. You get another mail when it has ended.` },
    { kind: 'heading', text: 'The change' },
    { kind: 'facts', facts: keyFacts(change) },
    { kind: 'small', text: 'You get this because you wrote this change.' },
  ]);
}

/** Tells an author that approvals of their change count no more, and that it waits for others. */
export function lapsedMail({ change }: Pick<Asked, 'change'>): Mail {
  const name = keyName(change.key);
  return mail(change, `Approved no more: key policy of ${name}`, [
    { kind: 'title', text: `The key policy of ${name} waits again` },
    { kind: 'line', text: lapsedText(change) },
    { kind: 'heading', text: 'What to do now' },
    { kind: 'line', text: LAPSED_NEXT },
    { kind: 'heading', text: 'The change' },
    { kind: 'facts', facts: keyFacts(change) },
    { kind: 'small', text: 'You get this because you wrote this change.' },
  ]);
}

/** What follows when approvals lapse, for authors. */
export const LAPSED_NEXT =
  'Nothing has to be done. Those who are left are asked anew, and you get another mail when it has ended. To take it back, cancel it.';

/** Whose approvals count no more, and how many are there still. */
export function lapsedText({ approval }: ChangeView): string {
  const { lapsed, counted: approved, quorum } = approval;
  const why = lapsed === undefined ? '' : `${lapsedSentence(lapsed)} `;
  return `${why}It has ${approved.length} of ${counted(quorum, 'approval')}.`;
}

/** Warns an author that somebody who is asked did not get the mail, and may never. */
export function undeliveredMail({
  change,
  address,
  what,
}: {
  change: ChangeView;
  address: string;
  what: string;
}): Mail {
  const name = keyName(change.key);
  // Without the id of the change, no event about this mail can lead to another one.
  const { changeId: _, ...warning } = mail(change, `Not reached: ${address}, about the key policy of ${name}`, [
    { kind: 'title', text: `A mail to ${address} about the key policy of ${name} did not do its work` },
    { kind: 'quote', text: what },
    { kind: 'heading', text: 'What to do now' },
    {
      kind: 'line',
      text: 'Tell them another way that the change waits for them; signed in they decide without the mail. If the address is wrong, it must be mended in the rules file.',
    },
    { kind: 'heading', text: 'The change' },
    { kind: 'facts', facts: keyFacts(change) },
    { kind: 'small', text: 'You get this because you wrote this change.' },
  ]);
  return warning;
}

/** Warns an author that some of those who are asked are not mailed any more, or that nobody is left who is. */
export function unreachedMail({
  change,
  people,
  nobody,
}: {
  change: ChangeView;
  people: string[];
  nobody: boolean;
}): Mail {
  const name = keyName(change.key);
  const subject = nobody
    ? `Nobody is reached: the key policy of ${name} waits, and no mail goes out`
    : `Not asked by mail: ${listed(people)}, about the key policy of ${name}`;
  const { changeId: _, ...warning } = mail(change, subject, [
    {
      kind: 'title',
      text: nobody
        ? `Nobody whom the change to the key policy of ${name} waits for can be reached by mail`
        : `Some of those who are asked about the key policy of ${name} are not reached by mail`,
    },
    { kind: 'list', items: people },
    {
      kind: 'line',
      text: 'A mail to them came back for good, or they called one spam. None is sent there again until the rules file has changed.',
    },
    { kind: 'heading', text: 'What to do now' },
    {
      kind: 'line',
      text: nobody
        ? 'Tell them yourself, now: signed in, or in Slack, they decide without the mail. Without that the change expires. Have the addresses mended in the rules file.'
        : 'The others were asked. If it needs these people, tell them another way; signed in they decide without the mail.',
    },
    { kind: 'heading', text: 'The change' },
    { kind: 'facts', facts: keyFacts(change) },
    { kind: 'small', text: 'You get this because you wrote this change.' },
  ]);
  return warning;
}

/** Asks a reviewer to look at an emergency that was applied. Sent again until somebody has. */
export function reviewMail({ change }: Asked): Mail {
  const name = keyName(change.key);
  const by = listed(change.approval.counted) || 'nobody';
  return mail(change, `Review of an emergency: key policy of ${name}`, [
    { kind: 'title', text: `${change.submitter} changed the key policy of ${name} in an emergency` },
    {
      kind: 'line',
      text: `It was applied with the smaller quorum: ${by} approved. It stays open until it is reviewed.`,
    },
    { kind: 'quote', text: change.reason },
    { kind: 'heading', text: 'What it did' },
    {
      kind: 'list',
      items: sentenceItems(change.access.summary, {
        none: 'Nobody gained or lost access.',
        where: `in GET /changes/${change.id}`,
      }),
    },
    { kind: 'heading', text: 'What to do now' },
    {
      kind: 'line',
      text: `Look at it, then say what you found, signed in: POST /changes/${change.id}/reviews with a verdict, accept or object, and a comment. If it must go, revert it.`,
    },
    { kind: 'facts', facts: keyFacts(change) },
    {
      kind: 'small',
      text: `You get this because rule “${change.approval.rule}” names you as a reviewer of emergencies.`,
    },
  ]);
}
