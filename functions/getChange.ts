import { api } from '../lib/http/stack.ts';
import { viewChange } from '../lib/workflow/view.ts';

/** `GET /changes/{id}`: one change, whole. */
export const handler = api({}, ({ params, now }) => viewChange(params.id ?? '', now));
