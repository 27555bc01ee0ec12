import { readBody } from '../lib/http/body.ts';
import { undoBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { noteAtTheDoor } from '../lib/workflow/noteRefusal.ts';
import { undoForeign } from '../lib/workflow/undoForeign.ts';
import { viewChange } from '../lib/workflow/view.ts';

/** `POST /foreign-writes/{write}/undo`: proposes to put back what was there before; it needs approval like any change. */
export const handler = api(
  { groups: ['submitters', 'approvers'], status: 201, turnedAway: { attempt: 'undo', record: noteAtTheDoor } },
  async ({ caller, event, params, now }) => {
    const body = readBody(event, undoBody);
    if (!body.ok) return body;
    const who = { person: caller.person, reason: body.value.reason };
    const undone = await undoForeign(params.write ?? '', who, loadRules(), now);
    return undone.ok ? viewChange(undone.value.id, now) : undone;
  },
);
