import { open, openJson } from '../lib/http/stack.ts';
import { HEAD } from '../lib/store/log.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { get } from '../lib/store/table.ts';

/** `GET /health`: 200 when the rules file can be read and the table answers. */
export const handler = open(async () => {
  loadRules();
  await get(HEAD);
  return openJson({ status: 'ok' });
});
