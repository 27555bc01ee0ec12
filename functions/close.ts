import { loadRules } from '../lib/store/rulesFile.ts';
import { closeChange } from '../lib/workflow/close.ts';
import { task } from '../lib/workflow/task.ts';

/** State `Close`: tells everybody how it ended. */
export const handler = task(({ changeId }) => closeChange(changeId, loadRules(), new Date().toISOString()));
