import { lookAtChange } from '../lib/workflow/ask.ts';
import { task } from '../lib/workflow/task.ts';

/** State `Look`: where the change stands, expired when its time is over. */
export const handler = task(({ changeId }) => lookAtChange(changeId, new Date().toISOString()));
