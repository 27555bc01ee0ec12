import { scheduled } from '../lib/workflow/task.ts';
import { verifyStoredLog } from '../lib/workflow/verify.ts';

/** Milliseconds: a minute less than the function may run. */
const TIME = 840_000;

/** Every day: verifies the whole history. It fails, and its alarm rings, for everything but clean. */
export const handler = scheduled(async () => {
  const found = await verifyStoredLog(Date.now() + TIME);
  if (!found.ok) throw new Error(`the history is ${found.verdict}, first bad entry ${found.firstBad}: ${found.why}`);
  return { entries: found.entries, protectedTo: found.protectedTo, outsideTo: found.outsideTo };
});
