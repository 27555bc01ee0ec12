import { done, refuse } from '../lib/change/refusal.ts';
import { page } from '../lib/http/pageReply.ts';
import { reportQuery } from '../lib/http/queries.ts';
import { readQuery } from '../lib/http/query.ts';
import { reportPage } from '../lib/http/reportPage.ts';
import { api } from '../lib/http/stack.ts';
import { leaveAtTheDoor } from '../lib/workflow/noteRefusal.ts';
import { type Report, readReport } from '../lib/workflow/report.ts';

/** Milliseconds; API Gateway waits for 30 s at most. */
const TIME = 24_000;

/** `GET /audit/report`: one period as a page that can be printed. */
export const handler = api(
  {
    groups: ['auditors'],
    turnedAway: { attempt: 'read a report', record: leaveAtTheDoor },
    answer: (report: Report) => page(200, reportPage(report)),
  },
  async ({ query, now }) => {
    const asked = readQuery(query, reportQuery);
    if (!asked.ok) return asked;
    const { from, to } = asked.value;
    if (from > now) return refuse('BAD_REQUEST', 'Query parameter from: lies ahead.');
    return done(await readReport(from, to ?? now, now, Date.now() + TIME));
  },
);
