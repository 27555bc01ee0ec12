import { done } from '../lib/change/refusal.ts';
import { eventsQuery } from '../lib/http/queries.ts';
import { readPage, readQuery, writeCursor } from '../lib/http/query.ts';
import { api } from '../lib/http/stack.ts';
import { readEvents } from '../lib/workflow/history.ts';
import { historyArn } from '../lib/workflow/keys.ts';
import { leaveAtTheDoor } from '../lib/workflow/noteRefusal.ts';

/** `GET /audit/events`: one page of everything that happened, newest first. */
export const handler = api(
  { groups: ['auditors'], turnedAway: { attempt: 'read events', record: leaveAtTheDoor } },
  async ({ query }) => {
    const asked = readQuery(query, eventsQuery);
    if (!asked.ok) return asked;
    const page = readPage(asked.value);
    if (!page.ok) return page;
    const { key, change, person, type, from, to } = asked.value;
    const arn = key === undefined ? done(undefined) : await historyArn(key);
    if (!arn.ok) return arn;
    const filter = { key: arn.value, change, person, type, from, to };
    const { events, cursor } = await readEvents(filter, page.value);
    return done({ events, cursor: writeCursor(cursor) });
  },
);
