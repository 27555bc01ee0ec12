import { refuse } from '../lib/change/refusal.ts';
import { bodyBytes, readBody } from '../lib/http/body.ts';
import { idempotencyKey, setBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { sha256 } from '../lib/policy/document/canonical.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { noteAtTheDoor } from '../lib/workflow/noteRefusal.ts';
import { submitSet } from '../lib/workflow/submitSet.ts';

/** `POST /sets`: submits the same change for several keys, and answers with the set. */
export const handler = api(
  { groups: ['submitters'], status: 201, turnedAway: { attempt: 'submit a set', record: noteAtTheDoor } },
  async ({ caller, event, now }) => {
    const body = readBody(event, setBody);
    if (!body.ok) return body;
    const key = event.headers['idempotency-key'];
    if (key !== undefined && !idempotencyKey.safeParse(key).success) {
      return refuse('BAD_REQUEST', 'Header Idempotency-Key: must have 1 to 255 visible ASCII characters.');
    }
    const idempotency = key === undefined ? undefined : { key, bodySha256: sha256(bodyBytes(event)) };
    return submitSet(body.value, caller.person, loadRules(), now, idempotency);
  },
);
