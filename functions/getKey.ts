import { api } from '../lib/http/stack.ts';
import { viewKey } from '../lib/workflow/keys.ts';

/** `GET /keys/{key}`. */
export const handler = api({ groups: ['submitters', 'auditors'] }, ({ params }) => viewKey(params.key ?? ''));
