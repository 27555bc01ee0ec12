import { done } from '../lib/change/refusal.ts';
import { changesQuery } from '../lib/http/queries.ts';
import { readPage, readQuery, writeCursor } from '../lib/http/query.ts';
import { api } from '../lib/http/stack.ts';
import { listChanges } from '../lib/store/changes.ts';
import { MOST_READS } from '../lib/store/table.ts';
import { historyArn } from '../lib/workflow/keys.ts';
import { toSummary } from '../lib/workflow/view.ts';

/** `GET /changes`: one page of changes, newest first. It may be short, and even empty, while there is a cursor. */
export const handler = api({}, async ({ query, now }) => {
  const asked = readQuery(query, changesQuery);
  if (!asked.ok) return asked;
  const page = readPage(asked.value);
  if (!page.ok) return page;
  const { key, submitter, status, review, revert, from, to } = asked.value;
  const arn = key === undefined ? done(undefined) : await historyArn(key);
  if (!arn.ok) return arn;
  const filter = {
    key: arn.value,
    submitter,
    status,
    review,
    revert,
    from,
    to,
  };
  const { changes, cursor } = await listChanges(filter, { ...page.value, reads: MOST_READS });
  return done({ changes: changes.map((change) => toSummary(change, now)), cursor: writeCursor(cursor) });
});
