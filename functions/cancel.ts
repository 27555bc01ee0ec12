import { bodyBytes, readBody } from '../lib/http/body.ts';
import { cancelBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { cancelChange } from '../lib/workflow/decide.ts';
import { noteAtTheDoor } from '../lib/workflow/noteRefusal.ts';
import { viewChange } from '../lib/workflow/view.ts';

/** `POST /changes/{id}/cancel`: its submitter or an admin takes a change back. The body may be left out. */
export const handler = api(
  { groups: ['submitters', 'admins'], turnedAway: { attempt: 'cancel', record: noteAtTheDoor } },
  async ({ caller, event, params, now }) => {
    const body = readBody(bodyBytes(event).length === 0 ? { ...event, body: '{}' } : event, cancelBody);
    if (!body.ok) return body;
    const who = { person: caller.person, admin: caller.groups.includes('admins'), comment: body.value.comment ?? '' };
    const cancelled = await cancelChange(params.id ?? '', who, now);
    return cancelled.ok ? viewChange(cancelled.value.id, now) : cancelled;
  },
);
