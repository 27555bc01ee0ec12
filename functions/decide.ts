import { readBody } from '../lib/http/body.ts';
import { decisionBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { decideChange } from '../lib/workflow/decide.ts';
import { noteAtTheDoor } from '../lib/workflow/noteRefusal.ts';
import { viewChange } from '../lib/workflow/view.ts';

/** `POST /changes/{id}/decisions`: an approver answers, signed in. */
export const handler = api(
  { turnedAway: { attempt: 'decide', record: noteAtTheDoor } },
  async ({ caller, event, params, now }) => {
    const body = readBody(event, decisionBody);
    if (!body.ok) return body;
    const { decision, comment = '' } = body.value;
    const decided = await decideChange(
      params.id ?? '',
      { person: caller.person, decision, comment, channel: 'api' },
      now,
    );
    return decided.ok ? viewChange(decided.value.id, now) : decided;
  },
);
