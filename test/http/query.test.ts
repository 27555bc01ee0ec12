import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../lib/audit/shape.ts';
import {
  changesQuery,
  eventsQuery,
  exportQuery,
  gainsQuery,
  historyQuery,
  reportQuery,
} from '../../lib/http/queries.ts';
import { readQuery } from '../../lib/http/query.ts';

const QUERIES = {
  changes: changesQuery,
  events: eventsQuery,
  export: exportQuery,
  gains: gainsQuery,
  history: historyQuery,
  report: reportQuery,
};
type Name = keyof typeof QUERIES;
const read = (name: Name, query: string) => readQuery(Object.fromEntries(new URLSearchParams(query)), QUERIES[name]);
const ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const SEAL = `per_${'0a'.repeat(32)}`;

describe('a filter that cannot be meant is refused, with its name and what is allowed', () => {
  it.each<[Name, query: string, detail: RegExp]>([
    ['events', 'type=APLIED', /^Query parameter type: there is no type "APLIED"; did you mean APPLIED\?$/],
    ['export', 'type=applied', /^Query parameter type: .* did you mean APPLIED\?$/],
    ['events', 'type=SOMETHING_ELSE', new RegExp(`the types are ${EVENT_TYPES.join(', ')}$`)],
    ['events', 'type=', /^Query parameter type: .*the types are/],
    ['events', 'change=42', /^Query parameter change: must be the id of a change .*, or none$/],
    ['export', `change=set_${ID}`, /^Query parameter change: must be the id of a change/],
    ['events', 'person=sam', /^Query parameter person: must be an email address, countersign/],
    ['gains', 'person=countersign', /^Query parameter person: must be an email address$/],
    ['gains', '', /^Query parameter person: is missing$/],
    ['changes', 'submitter=ana', /^Query parameter submitter: must be an email address$/],
    ['changes', 'status=DONE', /^Query parameter status: must be PENDING, .* or /],
    ['events', 'from=2026-12-02&to=2026-12-01', /^Query parameter from: lies after to$/],
    ['export', 'from=2026-12-02&to=2026-12-01', /^Query parameter from: lies after to$/],
    ['changes', 'from=2026-12-02&to=2026-12-01', /^Query parameter from: lies after to$/],
    ['gains', 'person=a@b.example&from=2026-12-02&to=2026-12-01', /^Query parameter from: lies after to$/],
    ['report', 'from=2026-12-02T00:00:01Z&to=2026-12-02T00:00:00Z', /^Query parameter from: lies after to$/],
    ['report', '', /^Query parameter from: is missing: the first day of the report, such as from=2026-11-01$/],
    ['report', 'from=yesterday', /^Query parameter from: must be an ISO 8601 date, or a time with its offset/],
    ['events', 'limit=0', /^Query parameter limit: must be a number from 1 to 100$/],
    ['events', 'typ=APPLIED', /^There is no query parameter "typ"; did you mean type\?$/],
    ['history', 'colour=red', /^There is no query parameter "colour": there are limit, cursor, at\.$/],
    ['events', 'form=2026-12-01&until=2026-12-02', /"form"; did you mean from\? There is no query parameter "until"/],
  ])('%s?%s', (name, query, detail) => {
    expect(read(name, query)).toMatchObject({
      ok: false,
      refusal: { code: 'BAD_REQUEST', detail: expect.stringMatching(detail) },
    });
  });
});

describe('a filter that can match is taken', () => {
  it.each<[query: string, read: object]>([
    [`change=chg_${ID}&type=APPLIED`, { change: `chg_${ID}`, type: 'APPLIED' }],
    [`change=out_${ID}`, { change: `out_${ID}` }],
    ['change=none&type=REFUSED', { change: 'none', type: 'REFUSED' }],
    ['person=Sam.O%27Brien@Example.com', { person: "sam.o'brien@example.com" }],
    ['person=countersign', { person: 'countersign' }],
    // These are no addresses: their letters stand in the log as they came.
    ['person=slack:T01/U0ABC', { person: 'slack:T01/U0ABC' }],
    ['person=iam:arn:aws:iam::111122223333:role/App', { person: 'iam:arn:aws:iam::111122223333:role/App' }],
    ['person=oidc:aBc|1', { person: 'oidc:aBc|1' }],
    ['person=link:sam@example.com', { person: 'link:sam@example.com' }],
    [`person=${SEAL}`, { person: SEAL }],
    ['from=2026-12-01&to=2026-12-01', { from: '2026-12-01', to: '2026-12-01' }],
    // A date is its whole day.
    ['from=2026-12-01T20:00Z&to=2026-12-01', { from: '2026-12-01T20:00:00.000Z', to: '2026-12-01' }],
  ])('events?%s', (query, expected) => {
    expect(read('events', query)).toEqual({ ok: true, value: expected });
  });

  it('of every type that a fact can have', () => {
    for (const type of EVENT_TYPES) expect(read('events', `type=${type}`)).toMatchObject({ ok: true });
  });
});
