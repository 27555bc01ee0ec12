import { loadRules } from '../lib/store/rulesFile.ts';
import { askApprovers } from '../lib/workflow/ask.ts';
import { task } from '../lib/workflow/task.ts';

/** State `Ask`: stores the task token, and asks the approvers unless that was done or the decision is there. */
export const handler = task(({ changeId, taskToken = '' }) =>
  askApprovers(changeId, taskToken, loadRules(), new Date().toISOString()),
);
