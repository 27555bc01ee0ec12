import { loadRules } from '../lib/store/rulesFile.ts';
import { remindApprovers } from '../lib/workflow/ask.ts';
import { task } from '../lib/workflow/task.ts';

/** State `Remind`: asks those again who have not answered. */
export const handler = task(({ changeId }) => remindApprovers(changeId, loadRules(), new Date().toISOString()));
