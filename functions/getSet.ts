import { api } from '../lib/http/stack.ts';
import { viewSet } from '../lib/workflow/set.ts';

/** `GET /sets/{id}`: the set, with where each of its changes stands. */
export const handler = api({}, ({ params, now }) => viewSet(params.id ?? '', now));
