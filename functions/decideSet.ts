import { readBody } from '../lib/http/body.ts';
import { setDecisionBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { decideSet } from '../lib/workflow/set.ts';

/** `POST /sets/{id}/decisions`: an approver answers for every change of a set, signed in. */
export const handler = api({}, async ({ caller, event, params, now }) => {
  const body = readBody(event, setDecisionBody);
  if (!body.ok) return body;
  const { decision, comment = '' } = body.value;
  return decideSet(params.id ?? '', { person: caller.person, decision, comment, channel: 'api' }, now);
});
