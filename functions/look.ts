import { loadRules } from '../lib/store/rulesFile.ts';
import { lookAtChange } from '../lib/workflow/look.ts';
import { task } from '../lib/workflow/task.ts';

/** State `Look`: where the change stands, expired when its time is over. */
export const handler = task(({ changeId, turn = 0, startedAt, executionArn }) =>
  lookAtChange(changeId, turn, loadRules(), new Date().toISOString(), { startedAt, executionArn }),
);
