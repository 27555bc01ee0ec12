import { readBody } from '../lib/http/body.ts';
import { delegationBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { delegateChange } from '../lib/workflow/decide.ts';
import { noteAtTheDoor } from '../lib/workflow/noteRefusal.ts';
import { viewChange } from '../lib/workflow/view.ts';

/** `POST /changes/{id}/delegations`: an approver lets a delegate decide in their place for a time. */
export const handler = api(
  { turnedAway: { attempt: 'delegate', record: noteAtTheDoor } },
  async ({ caller, event, params, now }) => {
    const body = readBody(event, delegationBody);
    if (!body.ok) return body;
    const delegated = await delegateChange(params.id ?? '', { person: caller.person, ...body.value }, now);
    return delegated.ok ? viewChange(delegated.value.id, now) : delegated;
  },
);
