import * as z from 'zod/mini';
import { isAddress } from '../change/address.ts';
import { VERDICTS } from '../change/decide.ts';
import { durationSeconds } from '../change/duration.ts';
import { MOST_KEYS } from '../change/set.ts';

/** What is wrong with a value of the wrong type, or one that is not there. */
export const wrong = (message: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined ? 'is missing' : message),
});

export const text = (least: 0 | 1, most: number, about: string) => {
  const error = least === 0 ? `must have at most ${most} characters` : `must have ${least} to ${most} characters`;
  const short = z.string(wrong('must be a text')).check(z.maxLength(most, { error, abort: true }), z.describe(about));
  return least === 0 ? short : short.check(z.minLength(least, { error, abort: true }), z.regex(/\S/, error));
};

export const oneOf = <const T extends readonly [string, string, ...string[]]>(values: T) =>
  z.enum(values, wrong(`must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`));

/** What an object of the wrong type is told; a field too many has words of its own where the body is read. */
const object = (message: string) => ({
  error: ({ code }: { code: string }) => (code === 'unrecognized_keys' ? undefined : message),
});
const body = object('The body must be a JSON object.');

const MOMENT = 'must be an ISO 8601 time with its offset, such as 2026-12-01T20:00:00Z';
/** A moment in the spelling of the log. */
const moment = (about: string) =>
  z.pipe(
    z.string(wrong('must be a text')).check(
      z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/, { error: MOMENT, abort: true }),
      z.refine((value) => !Number.isNaN(Date.parse(value)), MOMENT),
      z.describe(about),
    ),
    z.transform((value) => new Date(value).toISOString()),
  );
const DURATION = 'must be an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as P7D or PT8H';
const timing = {
  applyAfter: z.optional(moment('Not applied before this moment, with its offset, at most 90 days ahead.')),
  revertAfter: z.optional(
    z.string(wrong('must be a text')).check(
      z.regex(/^P(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$/, { error: DURATION, abort: true }),
      z.refine((text) => durationSeconds(text) !== undefined, DURATION),
      z.describe('Temporary: so long after it was applied the policy from before is put back. At most 365 days.'),
    ),
  ),
};

const hash = (about: string) =>
  z
    .string(wrong('must be a text'))
    .check(z.regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'), z.describe(about));

/** How a key may be named. */
export const KEY = 'Key id, key ARN, alias name or alias ARN.';

const edit = z.strictObject(
  {
    op: oneOf([
      'addAdministrator',
      'removeAdministrator',
      'allowDeletion',
      'preventDeletion',
      'addUser',
      'removeUser',
      'addExternalAccount',
      'removeExternalAccount',
    ]),
    principal: z.exactOptional(text(0, 2048, 'An ARN or an account id; the deletion pair has none.')),
  },
  object('must be an object with an op and a principal'),
);
const EDITS = 'must be a list of 1 to 100 edits';

const proposal = {
  key: text(1, 2048, KEY),
  policy: z.optional(
    z.string('must be a JSON object, or a string with one').check(
      z.meta({
        type: ['object', 'string'],
        description:
          'The whole document. A string is put as it is, byte for byte; an object is printed compactly in the order it was sent.',
      }),
    ),
  ),
  edits: z.optional(
    z
      .array(edit, EDITS)
      .check(
        z.minLength(1, EDITS),
        z.maxLength(100, EDITS),
        z.describe("Edits in the terms of the console's default view, in order."),
      ),
  ),
  copyFrom: z.optional(text(1, 2048, `Another key whose policy is taken over, account-correct. ${KEY}`)),
  base: z.optional(hash('Canonical hash of the policy that the submitter edited; 409 when the live one is another.')),
};

const WAYS = ['policy', 'edits', 'copyFrom'] as const;
const oneWay = z.refine<{ [way in (typeof WAYS)[number]]?: unknown }>(
  (sent) => WAYS.filter((way) => sent[way] !== undefined).length === 1,
  'The body needs exactly one of policy, edits and copyFrom.',
);
const oneWayMeta = z.meta({ oneOf: WAYS.map((way) => ({ required: [way] })) });

const ticket = z.optional(text(1, 200, 'The ticket behind the change.'));
const reason = 'Why the change is needed; the approvers read it.';

const address = z
  .string(wrong('must be a text'))
  .check(
    z.regex(/^[^\s@<>"(),;:\\]{1,64}@[^\s@<>"(),;:\\]{1,255}$/, 'must be an email address'),
    z.refine(isAddress, 'must be an email address'),
  );
/** A person in the one spelling that a person has. */
export const personOf = (about: string) =>
  z.pipe(
    address.check(z.describe(about)),
    z.transform((given) => given.trim().toLowerCase()),
  );
const emergency = {
  coAuthors: z.optional(
    z
      .array(personOf('Who wrote it too; they count no more than the submitter.'), 'must be a list of emails')
      .check(z.minLength(1), z.maxLength(20)),
  ),
  breakGlass: z.optional(
    z
      .boolean('must be true or false')
      .check(z.describe('An emergency: the smaller quorum of the rule, no freeze, and a review afterwards.')),
  ),
};

/** `POST /changes`. */
export const submitBody = z
  .strictObject({ ...proposal, ...emergency, ...timing, reason: text(1, 2000, reason), ticket }, body)
  .check(oneWay, oneWayMeta);

const { key: _key, base: _base, ...sameForEach } = proposal;
const KEYS = `must be a list of 1 to ${MOST_KEYS} keys`;

/** `POST /sets`: one submit for several keys. */
export const setBody = z
  .strictObject(
    {
      keys: z
        .array(text(1, 2048, KEY), wrong(KEYS))
        .check(z.minLength(1, KEYS), z.maxLength(MOST_KEYS, KEYS), z.describe('The keys, each once.')),
      ...sameForEach,
      ...emergency,
      ...timing,
      reason: text(1, 2000, reason),
      ticket,
    },
    body,
  )
  .check(oneWay, oneWayMeta);

/** `POST /changes/preview`: a submit, where the reason may still be missing. */
export const previewBody = z
  .strictObject(
    {
      ...proposal,
      ...emergency,
      ...timing,
      reason: z.optional(text(0, 2000, reason)),
      ticket: z.optional(text(0, 200, 'The ticket behind the change.')),
    },
    body,
  )
  .check(oneWay, oneWayMeta);

/** `POST /changes/{id}/versions`: a submit for the same key; what is left out stays as it was. */
export const versionBody = z
  .strictObject(
    {
      policy: proposal.policy,
      edits: proposal.edits,
      copyFrom: proposal.copyFrom,
      base: proposal.base,
      ...timing,
      reason: z.optional(text(1, 2000, reason)),
      ticket,
    },
    body,
  )
  .check(oneWay, oneWayMeta);

/** `POST /foreign-writes/{write}/adopt`. */
export const adoptBody = z.strictObject({ reason: text(1, 2000, 'Why it may stay.') }, body);

/** `POST /foreign-writes/{write}/undo`. */
export const undoBody = z.strictObject({ reason: text(1, 2000, reason) }, body);

/** `POST /changes/{id}/rebase`. */
export const rebaseBody = z.strictObject({ ...timing, reason: z.optional(text(1, 2000, reason)), ticket }, body);

const comment = text(
  0,
  2000,
  'Kept in the history and told to the submitter. A wish for changes and a comment that decides nothing need words.',
);

const verdict = oneOf(VERDICTS);

/** `POST /changes/{id}/decisions`. */
export const decisionBody = z.strictObject({ decision: verdict, comment: z.optional(comment) }, body);

/** `POST /sets/{id}/decisions`. */
export const setDecisionBody = z.strictObject(
  { decision: oneOf(['approve', 'reject']), comment: z.optional(comment) },
  body,
);

/** `POST /changes/{id}/delegations`. */
export const delegationBody = z.strictObject(
  {
    to: personOf('Who decides in your place; the rules file must name them as your delegate.'),
    until: moment('Until when; at most until the change expires.'),
  },
  body,
);

/** `POST /changes/{id}/reviews`. */
export const afterBody = z.strictObject(
  { verdict: oneOf(['accept', 'object']), comment: text(1, 2000, 'What you looked at, and what you found.') },
  body,
);

/** `POST /changes/{id}/revert`. */
export const revertBody = z.strictObject({ reason: text(1, 2000, reason), ticket }, body);

/** `POST /changes/{id}/links/revoke`. */
export const revokeBody = z.strictObject(
  { person: z.optional(personOf("Whose links; everybody's when left out.")) },
  body,
);

/** `POST /review/{token}`. */
export const reviewForm = z.strictObject({
  decision: verdict,
  csrf: z.optional(text(0, 64, 'With a sign-in: what the page of that sign-in holds.')),
  comment: z._default(comment, ''),
  confirm: z._default(
    text(0, 512, "Typed by hand: one of the key's aliases without alias/, or the first 8 characters of its id."),
    '',
  ),
  after: z.optional(hash('SHA-256 of the document that the page showed.')),
  base: z.optional(hash('Canonical hash of the policy that the page showed as the one before.')),
});

/** `POST /foreign/{token}`. */
export const foreignForm = z.strictObject({
  act: oneOf(['adopt', 'undo']),
  reason: z._default(text(0, 2000, 'Kept in the history; with an undo the approvers read it.'), ''),
  confirm: z._default(
    text(0, 512, "Typed by hand: the key's alias without alias/, or the first 8 characters of its id."),
    '',
  ),
});

/** `POST /changes/{id}/cancel`. */
export const cancelBody = z.strictObject({ comment: z.optional(comment) }, body);

/** `Idempotency-Key`. */
export const idempotencyKey = z
  .string()
  .check(
    z.regex(/^[\x21-\x7e]{1,255}$/, 'must have 1 to 255 visible ASCII characters'),
    z.describe(
      'Sent again with the same body it gives the same change, with another body 409. Remembered for 30 days where nothing else is set (idempotencyDays).',
    ),
  );

/** `POST /slack/interactions`. */
export const slackForm = z.strictObject({
  payload: z.string().check(z.describe('JSON: block_actions or view_submission, as Slack documents them.')),
});
export const slackTimestamp = z
  .string()
  .check(z.regex(/^[1-9]\d{9}$/), z.describe('Seconds since 1970; at most 300 from now, in either direction.'));
export const slackSignature = z
  .string()
  .check(z.regex(/^v0=[0-9a-f]{64}$/), z.describe('HMAC-SHA256 of v0:timestamp:body under the signing secret.'));
