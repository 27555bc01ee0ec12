import { refuse } from '../lib/change/refusal.ts';
import { bodyBytes, readBody } from '../lib/http/body.ts';
import { idempotencyKey, rebaseBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { sha256 } from '../lib/policy/document/canonical.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { noteRefusal } from '../lib/workflow/noteRefusal.ts';
import { rebaseChange } from '../lib/workflow/rebase.ts';
import { viewChange } from '../lib/workflow/view.ts';

/** `POST /changes/{id}/rebase`: the submitter brings a stale change onto the live policy; a new change with new approvals. */
export const handler = api(
  { groups: ['submitters'], status: 201, turnedAway: { attempt: 'rebase', record: noteRefusal } },
  async ({ caller, event, params, now }) => {
    const body = readBody(bodyBytes(event).length === 0 ? { ...event, body: '{}' } : event, rebaseBody);
    if (!body.ok) return body;
    const key = event.headers['idempotency-key'];
    if (key !== undefined && !idempotencyKey.safeParse(key).success) {
      return refuse('BAD_REQUEST', 'Header Idempotency-Key: must have 1 to 255 visible ASCII characters.');
    }
    const id = params.id ?? '';
    const idempotency =
      key === undefined ? undefined : { key, bodySha256: sha256(`${id}\n${sha256(bodyBytes(event))}`) };
    const rebased = await rebaseChange(id, body.value, caller.person, loadRules(), now, idempotency);
    return rebased.ok ? viewChange(rebased.value.id, now) : rebased;
  },
);
