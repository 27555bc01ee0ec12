import { csvLine } from '../lib/audit/csv.ts';
import { done } from '../lib/change/refusal.ts';
import { exportQuery } from '../lib/http/queries.ts';
import { readPage, readQuery, writeCursor } from '../lib/http/query.ts';
import { api } from '../lib/http/stack.ts';
import { exportPart } from '../lib/workflow/export.ts';
import { historyArn } from '../lib/workflow/keys.ts';
import { leaveAtTheDoor } from '../lib/workflow/noteRefusal.ts';

const FORMATS = {
  ndjson: { type: 'application/x-ndjson', print: (record: object) => `${JSON.stringify(record)}\n` },
  csv: { type: 'text/csv; charset=utf-8', print: csvLine },
};

/** `GET /audit/export`: one part of the history as a file, oldest first. */
export const handler = api(
  { groups: ['auditors'], turnedAway: { attempt: 'export the history', record: leaveAtTheDoor }, answer: file },
  async ({ query }) => {
    const asked = readQuery(query, exportQuery);
    if (!asked.ok) return asked;
    const page = readPage({ cursor: asked.value.cursor });
    if (!page.ok) return page;
    const { format, key, change, person, type, from, to } = asked.value;
    const arn = key === undefined ? done(undefined) : await historyArn(key);
    if (!arn.ok) return arn;
    const filter = { key: arn.value, change, person, type, from, to };
    const part = await exportPart(filter, FORMATS[format].print, page.value.cursor);
    if (!part.ok) return part;
    const { text, cursor } = part.value;
    const next = writeCursor(cursor);
    const link = next === null ? undefined : `?${new URLSearchParams({ ...query, cursor: next })}`;
    return done({ format, text, link });
  },
);

function file({ format, text, link }: { format: 'ndjson' | 'csv'; text: string; link: string | undefined }) {
  return {
    statusCode: 200,
    headers: {
      'content-type': FORMATS[format].type,
      'content-disposition': `attachment; filename="countersign.${format}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(link === undefined ? {} : { link: `<${link}>; rel="next"` }),
    },
    body: text,
  };
}
