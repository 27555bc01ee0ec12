import { loadRules } from '../lib/store/rulesFile.ts';
import { sweep } from '../lib/workflow/sweep.ts';
import { scheduled } from '../lib/workflow/task.ts';

/** Every minute: brings back what a crash left between two steps. */
export const handler = scheduled(() => sweep(Date.now(), loadRules()));
