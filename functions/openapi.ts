import { openapi } from '../lib/http/openapi.ts';
import { open, openJson } from '../lib/http/stack.ts';

const document = openapi();

/** `GET /openapi.json`: this API, in full. */
export const handler = open(async () => openJson(document));
