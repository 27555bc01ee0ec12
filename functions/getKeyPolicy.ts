import { api } from '../lib/http/stack.ts';
import { viewKeyPolicy } from '../lib/workflow/keys.ts';

/** `GET /keys/{key}/policy`: the live document, its hashes and its default view. */
export const handler = api({ groups: ['submitters', 'auditors'] }, ({ params }) => viewKeyPolicy(params.key ?? ''));
