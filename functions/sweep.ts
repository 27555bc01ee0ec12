import { loadRules } from '../lib/store/rulesFile.ts';
import { sweep } from '../lib/workflow/sweep.ts';
import { gauge, logger, scheduled } from '../lib/workflow/task.ts';

/** Every minute: brings back what a crash left between two steps. The record of an overdue revert rings an alarm: serverless.yml. */
export const handler = scheduled(() =>
  sweep(Date.now(), loadRules(), (changes) => {
    gauge('OverdueReverts', 'Count', changes.length);
    if (changes.length > 0) logger.error('revert overdue', { changes });
  }),
);
