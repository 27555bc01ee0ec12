import { api } from '../lib/http/stack.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { previewRebase } from '../lib/workflow/rebase.ts';

/** `POST /changes/{id}/rebase/preview`: everything a rebase would answer; nothing is stored. */
export const handler = api({ groups: ['submitters'] }, ({ caller, params, now }) =>
  previewRebase(params.id ?? '', caller.person, loadRules(), now),
);
