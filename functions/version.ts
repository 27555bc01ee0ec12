import { readBody } from '../lib/http/body.ts';
import { versionBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { noteAtTheDoor } from '../lib/workflow/noteRefusal.ts';
import { postVersion } from '../lib/workflow/version.ts';
import { viewChange } from '../lib/workflow/view.ts';

/** `POST /changes/{id}/versions`: the submitter puts another document in the place of the one before; every approval is void. */
export const handler = api(
  { groups: ['submitters'], status: 201, turnedAway: { attempt: 'post a version', record: noteAtTheDoor } },
  async ({ caller, event, params, now }) => {
    const body = readBody(event, versionBody);
    if (!body.ok) return body;
    const posted = await postVersion(params.id ?? '', body.value, caller.person, loadRules(), now);
    return posted.ok ? viewChange(posted.value.id, now) : posted;
  },
);
