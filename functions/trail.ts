import { loadRules } from '../lib/store/rulesFile.ts';
import { takeTrailWrite } from '../lib/workflow/foreign.ts';
import { settleForeign } from '../lib/workflow/settleForeign.ts';
import { logger, onEvent } from '../lib/workflow/task.ts';
import { readTrail } from '../lib/workflow/trail.ts';

/** Events of CloudTrail by way of EventBridge: somebody put a key policy, or made a key. */
export const handler = onEvent(async ({ detail }: { detail: unknown }) => {
  const trail = readTrail(detail);
  // Somebody may have put a policy: Lambda tries again, and then the alarm foreignFails rings.
  if (trail === undefined) throw new Error('an event of CloudTrail that cannot be read');
  if (trail === 'refused') return {};
  const at = new Date().toISOString();
  const found = await takeTrailWrite(trail, loadRules(), at);
  if (found?.startsWith('out_'))
    await settleForeign(found, at, (message, write) => logger.error(message, { ...write }));
  return found === undefined ? {} : { found };
});
