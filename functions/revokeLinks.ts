import { bodyBytes, readBody } from '../lib/http/body.ts';
import { revokeBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { revokeChangeLinks } from '../lib/workflow/decide.ts';
import { noteAtTheDoor } from '../lib/workflow/noteRefusal.ts';
import { viewChange } from '../lib/workflow/view.ts';

/** `POST /changes/{id}/links/revoke`: makes review links dead: an author's or an admin's act, or anybody's for their own. The body may be left out. */
export const handler = api(
  { turnedAway: { attempt: 'revoke links', record: noteAtTheDoor } },
  async ({ caller, event, params, now }) => {
    const body = readBody(bodyBytes(event).length === 0 ? { ...event, body: '{}' } : event, revokeBody);
    if (!body.ok) return body;
    const who = { person: caller.person, admin: caller.groups.includes('admins'), of: body.value.person };
    const revoked = await revokeChangeLinks(params.id ?? '', who, now);
    return revoked.ok ? viewChange(revoked.value.id, now) : revoked;
  },
);
