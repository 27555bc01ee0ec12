import { done } from '../lib/change/refusal.ts';
import { gainsQuery } from '../lib/http/queries.ts';
import { readPage, readQuery, writeCursor } from '../lib/http/query.ts';
import { api } from '../lib/http/stack.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { readGains } from '../lib/workflow/gains.ts';
import { leaveAtTheDoor } from '../lib/workflow/noteRefusal.ts';

/** `GET /audit/gains`: what applied changes gave to a person's principals. */
export const handler = api(
  { groups: ['auditors'], turnedAway: { attempt: 'read gains', record: leaveAtTheDoor } },
  async ({ query }) => {
    const asked = readQuery(query, gainsQuery);
    if (!asked.ok) return asked;
    const page = readPage(asked.value);
    if (!page.ok) return page;
    const { person, from, to } = asked.value;
    const { cursor, ...gains } = await readGains(person, loadRules(), { from, to }, page.value);
    return done({ ...gains, cursor: writeCursor(cursor) });
  },
);
