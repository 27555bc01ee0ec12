import { loadRules } from '../lib/store/rulesFile.ts';
import { bringUpToDate } from '../lib/workflow/slackMessages.ts';
import { task } from '../lib/workflow/task.ts';

/** State `Show` of the Slack state machine: brings the messages of a change up to date. Throws while it could not, and is tried again. */
export const handler = task(({ changeId }) => bringUpToDate(changeId, loadRules(), new Date().toISOString()));
