import { done } from '../lib/change/refusal.ts';
import { readBody } from '../lib/http/body.ts';
import { previewBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { preview, propose } from '../lib/workflow/propose.ts';

/** `POST /changes/preview`: everything a submit would answer; nothing is stored. */
export const handler = api({ groups: ['submitters'] }, async ({ caller, event, now }) => {
  const body = readBody(event, previewBody);
  if (!body.ok) return body;
  const { coAuthors = [] } = body.value;
  const proposed = await propose(body.value, caller.person, loadRules(), now);
  return proposed.ok ? done(preview(proposed.value, [caller.person, ...coAuthors])) : proposed;
});
