import { refuse } from '../lib/change/refusal.ts';
import { bodyBytes, readBody } from '../lib/http/body.ts';
import { idempotencyKey, revertBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { sha256 } from '../lib/policy/document/canonical.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { noteAtTheDoor } from '../lib/workflow/noteRefusal.ts';
import { revertChange } from '../lib/workflow/revert.ts';
import { viewChange } from '../lib/workflow/view.ts';

/** `POST /changes/{id}/revert`: proposes the policy from before an applied change, as a change of its own. */
export const handler = api(
  { groups: ['submitters'], status: 201, turnedAway: { attempt: 'revert', record: noteAtTheDoor } },
  async ({ caller, event, params, now }) => {
    const body = readBody(event, revertBody);
    if (!body.ok) return body;
    const key = event.headers['idempotency-key'];
    if (key !== undefined && !idempotencyKey.safeParse(key).success) {
      return refuse('BAD_REQUEST', 'Header Idempotency-Key: must have 1 to 255 visible ASCII characters.');
    }
    const id = params.id ?? '';
    // The change that is undone is in the path, and part of what was sent.
    const bodySha256 = sha256(`${id} ${sha256(bodyBytes(event))}`);
    const idempotency = key === undefined ? undefined : { key, bodySha256 };
    const proposed = await revertChange(id, body.value, caller.person, loadRules(), now, idempotency);
    return proposed.ok ? viewChange(proposed.value.id, now) : proposed;
  },
);
