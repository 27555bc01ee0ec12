import type { VerdictName } from '../change/decide.ts';
import { reveal, revealIdentifier, revealSentence } from '../change/reveal.ts';
import { notReverted } from '../change/revert.ts';
import type { ChangeView } from '../change/view.ts';
import { confirmWordOf, fromNow, keyName, listed, RISK_WORDS, timeSentences, utc, wordsOf } from '../change/wording.ts';
import { comparePolicies } from '../render/compare.ts';
import { documentLines, policyDiff, shown } from '../render/diff.ts';
import { layOutText } from '../render/document.ts';
import { diffCount } from '../render/folds.ts';
import { type Html, html, trusted } from '../render/html.ts';
import { accessSection } from './access.ts';
import { decisionSection, peopleSection } from './decision.ts';
import { externalPoliciesSection, findingsSection } from './findings.ts';
import { awsSection, grantsSection } from './preflight.ts';
import { STYLE, STYLE_SOURCE } from './style.ts';

/** What a page needs to be drawn. Nothing is read from anywhere else. */
export interface ReviewPage {
  change: ChangeView;
  /** Who looks: the canonical person. */
  person: string;
  /** ISO 8601; ages and deadlines are counted from it. */
  now: string;
  /** Whether this person may decide now; the page then has the form. */
  mayDecide: boolean;
  /** What this person may say; left out: what the state of the change and their own decision leave. */
  may?: readonly VerdictName[] | undefined;
  /** With a sign-in: what the form must send back. */
  csrf?: string | undefined;
  /** What must be typed by hand to confirm. */
  confirmWord?: string | undefined;
  /** What came of the last thing that was done here. */
  notice?: Notice | undefined;
  /** Kept in the form when a submit of it was refused. */
  comment?: string | undefined;
}

export interface Notice {
  tone: 'good' | 'bad';
  text: string;
}

/**
 * Headers of every page. No script at all, no resource from anywhere, the one style sheet by its hash; the address holds
 * the token of the link, so it is neither stored by a cache nor told to another site (ASVS 3.4.3 to 3.4.6).
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src ${STYLE_SOURCE}`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-Robots-Tag': 'noindex, nofollow, noarchive',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
};

/**
 * The page on which an approver reads a change and decides. Works without JavaScript; drawing it changes nothing. When
 * the person may not decide, or the change has ended, it says so where the form would be.
 */
export function reviewPage(page: ReviewPage): string {
  const { change, now } = page;
  const decision = decisionSection({ ...page, confirmWord: page.confirmWord ?? confirmWordOf(change.key) });
  const over = change.status !== 'PENDING' && change.status !== 'APPROVED';
  return shell(
    `${wordsOf(change).title}: key policy of ${revealIdentifier(keyName(change.key))}`,
    html`${page.notice && noticeBox(page.notice)}
${askSection(page)}
${over && decision}
${riskSection(change)}
${accessSection(change)}
${grantsSection(change.preflight)}
${documentsSection(change)}
${findingsSection(change.findings)}
${awsSection(change.preflight)}
${externalPoliciesSection(change.externalPolicies)}
${peopleSection(change, now)}
${!over && decision}`,
    page.person,
  );
}

/** One page for every link that does not work: unknown, expired, used or another's, all alike, so that nobody learns which. */
export function deadLinkPage(): string {
  return messagePage({
    title: 'This link does not work',
    text: 'It may have been used already, it may have expired, or it was never complete.',
    next: 'Open the newest mail or message about the change, or ask the person who wants it to send it again.',
  });
}

/**
 * The page of a link whose rule asks for a sign-in: nothing of the change, and the same for whoever has not signed in and
 * for whoever is somebody else.
 */
export function signInPage(token: string): string {
  return shell(
    'Sign in to see this change',
    html`<section><h1>Sign in to see this change</h1>
<p>For this key a link alone is not enough: the person whom it was sent to must sign in.</p>
<p><a class="jump" href="/signin?returnTo=${encodeURIComponent(`/review/${token}`)}">Sign in</a></p>
<p class="soft">If you have signed in and see this page again, the link was sent to somebody else.</p></section>`,
  );
}

/** A page that only says one thing. */
export function messagePage(message: { title: string; text: string; next?: string }): string {
  return shell(
    message.title,
    html`<section><h1>${reveal(message.title)}</h1><p>${reveal(message.text)}</p>${message.next && html`<p>${reveal(message.next)}</p>`}</section>`,
  );
}

/** The frame of every page. */
export function shell(title: string, body: Html, person?: string): string {
  const you = person === undefined ? null : html`<span>You are ${shown(person)}</span>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow">
<meta name="format-detection" content="telephone=no">
<title>${title} · Countersign</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header class="bar"><span class="brand">Countersign</span>${you}</header>
<main>
${body}
</main>
${person !== undefined && html`<footer class="foot">Opening this page changes nothing. Only a button does.</footer>`}
</body>
</html>
`.toString();
}

/** What came of the last thing that was done here. */
export function noticeBox({ tone, text }: Notice): Html {
  return html`<div class="notice ${tone}" role="${tone === 'bad' ? 'alert' : 'status'}">${reveal(text)}</div>`;
}

const STATUS_TONE: Partial<Record<ChangeView['status'], string>> = {
  APPLIED: 'good',
  REJECTED: 'bad',
  FAILED: 'bad',
  UNCERTAIN: 'bad',
  STALE: 'warn',
  EXPIRED: 'warn',
};

function askSection({ change, now, mayDecide }: ReviewPage): Html {
  const { key, status, held, version, coAuthors = [] } = change;
  const emergency = change.breakGlass !== undefined && html`<span class="pill bad">Emergency</span>`;
  const newer = version > 1 && html`<span class="pill calm">Version ${version}</span>`;
  const more = key.aliases.slice(1).map((alias) => html`, <code>${shown(alias)}</code>`);
  return html`<section aria-labelledby="what">
${timeSentences(change).map((sentence) => html`<p class="flag ${change.revertOverdue === true ? 'bad' : 'warn'}">${shown(sentence, revealSentence)}</p>`)}
<p class="eyebrow">Change of a key policy</p>
<h1 id="what">${shown(keyName(key))}</h1>
<div class="pills"><span class="pill ${notReverted(change) ? 'bad' : (STATUS_TONE[status] ?? 'calm')}">${wordsOf(change).title}</span><span class="pill ${RISK_TONE[change.risk]}">${RISK_WORDS[change.risk]}</span>${emergency}${newer}</div>
<p><strong>${shown(listed([change.submitter, ...coAuthors]))}</strong> asked for this ${fromNow(change.submittedAt, now)}, because:</p>
<blockquote class="words">${shown(change.reason, reveal)}</blockquote>
${mayDecide && html`<p><a class="jump" href="#decide">Go to the decision</a></p>`}
<dl class="facts">
${change.ticket !== undefined && html`<dt>Ticket</dt><dd>${shown(change.ticket, reveal)}</dd>`}
<dt>Key</dt><dd>${key.aliases[0] === undefined ? 'no alias' : html`<code>${shown(key.aliases[0])}</code>${more}`}</dd>
<dt>ARN</dt><dd><code>${shown(key.arn)}</code></dd>
<dt>Account</dt><dd>${shown(key.accountId)}, ${shown(key.region)}</dd>
<dt>Asked</dt><dd>${utc(change.submittedAt)}</dd>
${status === 'PENDING' && html`<dt>Open until</dt><dd>${utc(change.expiresAt)} (${fromNow(change.expiresAt, now)})</dd>`}
${held?.until !== undefined && html`<dt>Held until</dt><dd>${utc(held.until)} (${fromNow(held.until, now)})</dd>`}
<dt>Change</dt><dd><code>${change.id}</code></dd>
</dl>
</section>`;
}

export const RISK_TONE = { low: 'good', medium: 'warn', high: 'bad', critical: 'bad' } as const;

function riskSection({ risk, riskReasons }: ChangeView): Html {
  const reasons = riskReasons.length === 0 ? ['Nothing in it stands out.'] : riskReasons;
  return html`<section aria-labelledby="risk">
<h2 id="risk">${RISK_WORDS[risk]}</h2>
<ul>${reasons.map((reason) => html`<li>${shown(reason, revealSentence)}</li>`)}</ul>
</section>`;
}

const PROPOSED = { diff: 'What changes in the document', after: 'The whole policy as proposed' };

/** What differs between two policies, and both whole. `words`: what they are called where the second one is no proposal. */
export function documentsSection(change: Pick<ChangeView, 'before' | 'after'>, words = PROPOSED): Html {
  const passages = comparePolicies(change.before.document, change.after.document);
  return html`<section aria-labelledby="diff">
<h2 id="diff">${words.diff}</h2>
<p class="soft small">${diffCount(passages)}. Elements stand in one order and lists are written out, so that only what differs shows.</p>
${policyDiff(passages)}
${wholeDocument(words.after, change.after)}
${wholeDocument('The whole policy before', change.before)}
</section>`;
}

function wholeDocument(title: string, text: ChangeView['before']): Html {
  const laidOut = layOutText(text.document);
  const bytes = new TextEncoder().encode(text.document).length.toLocaleString('en-US');
  const exact = html`<details><summary>The exact text, ${bytes} bytes</summary>${documentLines(text.document)}</details>`;
  return html`<details><summary>${title}</summary>
<p class="small soft">SHA-256 of its ${bytes} bytes:<br><span class="mono">${text.sha256}</span></p>
${documentLines(laidOut)}
${laidOut !== text.document && exact}
</details>`;
}
