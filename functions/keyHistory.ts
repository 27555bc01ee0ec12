import { done, refuse } from '../lib/change/refusal.ts';
import { historyQuery } from '../lib/http/queries.ts';
import { readPage, readQuery, writeCursor } from '../lib/http/query.ts';
import { api } from '../lib/http/stack.ts';
import { readAccessAt } from '../lib/workflow/accessAt.ts';
import { readKeyHistory } from '../lib/workflow/history.ts';
import { historyArn } from '../lib/workflow/keys.ts';
import { leaveAtTheDoor } from '../lib/workflow/noteRefusal.ts';

/** `GET /keys/{key}/history`: one page of the versions that a key's policy had, newest first; with `at`, who had access then. */
export const handler = api(
  { groups: ['auditors'], turnedAway: { attempt: 'read the history of a key', record: leaveAtTheDoor } },
  async ({ params, query, now }) => {
    const asked = readQuery(query, historyQuery);
    if (!asked.ok) return asked;
    const page = readPage(asked.value);
    if (!page.ok) return page;
    const { at } = asked.value;
    const today = now.slice(0, 10);
    if (at !== undefined && at.slice(0, 10) > today) return refuse('BAD_REQUEST', 'Query parameter at: lies ahead.');
    // Today has not ended, and nobody knows what comes; a clock that is ahead of ours means now.
    const moment = at !== undefined && (at === today || at > now) ? now : at;
    const arn = await historyArn(params.key ?? '');
    if (!arn.ok) return arn;
    const { cursor, ...history } = await readKeyHistory(arn.value, page.value);
    const access = moment === undefined ? undefined : await readAccessAt(arn.value, moment);
    return done({ ...history, ...(access === undefined ? {} : { access }), cursor: writeCursor(cursor) });
  },
);
