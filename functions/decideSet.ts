import { readBody } from '../lib/http/body.ts';
import { setDecisionBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { decideSet } from '../lib/workflow/decideSet.ts';
import { noteDenial } from '../lib/workflow/noteRefusal.ts';

/** `POST /sets/{id}/decisions`: an approver answers for every change of a set, signed in. */
export const handler = api(
  { turnedAway: { attempt: 'decide a set', record: (_set, attempt, at) => noteDenial(attempt, at) } },
  async ({ caller, event, params, now }) => {
    const body = readBody(event, setDecisionBody);
    if (!body.ok) return body;
    const { decision, comment = '' } = body.value;
    return decideSet(params.id ?? '', { person: caller.person, decision, comment, channel: 'api' }, now);
  },
);
