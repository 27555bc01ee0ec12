import { loadRules } from '../lib/store/rulesFile.ts';
import { scheduled } from '../lib/workflow/task.ts';
import { tellAuditors } from '../lib/workflow/witness.ts';

/** Every hour: hands the newest checkpoint to the auditors, when there is a new one. */
export const handler = scheduled(() => tellAuditors(loadRules()));
