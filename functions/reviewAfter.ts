import { readBody } from '../lib/http/body.ts';
import { afterBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { reviewChange } from '../lib/workflow/decide.ts';
import { noteAtTheDoor } from '../lib/workflow/noteRefusal.ts';
import { viewChange } from '../lib/workflow/view.ts';

/** `POST /changes/{id}/reviews`: a reviewer looks at an emergency that was applied. */
export const handler = api(
  { turnedAway: { attempt: 'review', record: noteAtTheDoor } },
  async ({ caller, event, params, now }) => {
    const body = readBody(event, afterBody);
    if (!body.ok) return body;
    const reviewed = await reviewChange(params.id ?? '', { person: caller.person, ...body.value }, now);
    return reviewed.ok ? viewChange(reviewed.value.id, now) : reviewed;
  },
);
