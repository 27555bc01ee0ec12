import * as z from 'zod/mini';
import { EVENT_TYPES } from '../audit/shape.ts';
import { isAddress } from '../change/address.ts';
import { type Status, TRANSITIONS } from '../change/change.ts';
import { nearest } from '../policy/operations.ts';
import { KEY, oneOf, personOf, text, wrong } from './schemas.ts';

/** The query parameters of each endpoint. A filter that cannot match anything is refused: an empty page would look like an answer. */

const INSTANT = 'must be an ISO 8601 date, or a time with its offset, such as 2026-12-01T20:00:00Z';
/** A time in the spelling of the log, since the log compares texts. A date stays one: it is the beginning of each of its times. */
const instant = (missing = 'is missing') =>
  z.pipe(
    z.string({ error: ({ input }) => (input === undefined ? missing : INSTANT) }).check(
      z.regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/, { error: INSTANT, abort: true }),
      z.refine((value) => !Number.isNaN(Date.parse(value)), INSTANT),
      z.describe('An ISO 8601 date, or a time with its offset. Inclusive; a date means the whole day, UTC.'),
    ),
    z.transform((value) => (value.includes('T') ? new Date(value).toISOString() : value)),
  );

const period = { from: z.optional(instant()), to: z.optional(instant()) };
/** `to` as a date is that whole day. */
const inOrder = z.refine<{ from?: string | undefined; to?: string | undefined }>(
  ({ from, to }) => from === undefined || to === undefined || from <= `${to}~`,
  { error: 'lies after to', path: ['from'] },
);

const paging = {
  ...period,
  limit: z.optional(
    z
      .string()
      .check(
        z.regex(/^([1-9]\d?|100)$/, 'must be a number from 1 to 100'),
        z.describe('Most rows of the page, 1 to 100; 50 when left out.'),
      ),
  ),
  cursor: z.optional(text(0, 2048, 'The cursor of the page before, unchanged.')),
};

/** `GET /keys/{key}/history`. */
export const historyQuery = z.strictObject({
  limit: paging.limit,
  cursor: paging.cursor,
  at: z.optional(
    instant().check(
      z.describe(
        'Also who had access at this moment: an ISO 8601 time with its offset, or a date for the end of that day, UTC. Of today it is now; no later day is answered.',
      ),
    ),
  ),
});

const STATUSES = Object.keys(TRANSITIONS) as [Status, Status, ...Status[]];

/** `GET /changes`. */
export const changesQuery = z
  .strictObject({
    status: z.optional(oneOf(STATUSES)),
    key: z.optional(text(1, 2048, KEY)),
    submitter: z.optional(personOf('The email of the submitter.')),
    review: z.optional(
      z.literal('open', 'must be open').check(z.describe('Only emergencies that nobody has reviewed yet.')),
    ),
    revert: z.optional(
      z
        .literal('open', 'must be open')
        .check(z.describe('Only temporary changes that are applied and not put back yet.')),
    ),
    ...paging,
  })
  .check(inOrder);

const ULID = '[0-9A-HJKMNP-TV-Z]{26}';
const WHO =
  'must be an email address, countersign for the workflow itself, or what an event has as its person: slack:…, iam:…, oidc:…, link:… or per_…';

/** Whoever may stand in an event as the one who did it, in the spelling that they have there. */
const doer = z.pipe(
  z
    .string()
    .check(
      z.regex(/^([^\s@:]+@[^\s@]+|countersign|per_[0-9a-f]{64}|(slack|iam|oidc|link):.{1,2048})$/, WHO),
      z.describe(
        'Who did it: an email; countersign for the workflow itself; slack:…, iam:… or oidc:… for somebody who is nobody we know; link:EMAIL for whoever held that link; per_… for the seal of somebody who was erased.',
      ),
    ),
  z.transform((given) => (isAddress(given) ? given.toLowerCase() : given)),
);

const noSuchType = ({ input }: { input?: unknown }): string => {
  const meant = nearest(String(input), EVENT_TYPES);
  return `there is no type ${JSON.stringify(String(input).slice(0, 40))}${meant === undefined ? `; the types are ${EVENT_TYPES.join(', ')}` : `; did you mean ${meant}?`}`;
};

/** What picks events. */
const eventFilter = {
  key: z.optional(text(1, 2048, KEY)),
  change: z.optional(
    z
      .string()
      .check(
        z.regex(
          new RegExp(`^((chg|out)_${ULID}|none)$`),
          'must be the id of a change (chg_ and 26 digits and capitals), of a foreign write (out_ and the same), or none',
        ),
        z.describe('The id of a change or of a foreign write; none for refused attempts that are about no change.'),
      ),
  ),
  person: z.optional(doer),
  type: z.optional(z.enum(EVENT_TYPES, { error: noSuchType }).check(z.describe('The type of the event.'))),
};

/** `GET /audit/events`. */
export const eventsQuery = z.strictObject({ ...eventFilter, ...paging }).check(inOrder);

/** `GET /audit/gains`. */
export const gainsQuery = z.strictObject({ person: personOf('The email of the person.'), ...paging }).check(inOrder);

/** `GET /audit/report`. */
export const reportQuery = z
  .strictObject({ from: instant('is missing: the first day of the report, such as from=2026-11-01'), to: period.to })
  .check(inOrder);

/** `GET /audit/export`. */
export const exportQuery = z
  .strictObject({
    format: z._default(oneOf(['ndjson', 'csv']), 'ndjson'),
    ...eventFilter,
    ...period,
    cursor: z.optional(text(0, 2048, 'Of the next part: the Link header of the part before has it.')),
  })
  .check(inOrder);

/** `GET /signin`. */
export const signInQuery = z.strictObject({
  returnTo: z
    .string(wrong('must be a text'))
    .check(z.regex(/^\/review\/[A-Za-z0-9_-]{43}$/), z.describe('The path of a review page, nothing else.')),
});

/** `GET /callback`, as RFC 6749 has it; the answer of an issuer that has more to say is looked at by these alone. */
export const signedInQuery = z.object({
  code: z.optional(z.string()),
  state: z.optional(z.string()),
  iss: z.optional(z.string()),
});
