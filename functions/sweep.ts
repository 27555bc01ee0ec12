import { loadRules } from '../lib/store/rulesFile.ts';
import { sweep } from '../lib/workflow/sweep.ts';
import { gauge, logger, scheduled } from '../lib/workflow/task.ts';

/** Every minute: brings back what a crash left between two steps. The record of an overdue revert rings an alarm: serverless.yml. */
export const handler = scheduled(async () => {
  const swept = await sweep(Date.now(), loadRules());
  gauge('OverdueReverts', 'Count', swept.overdue.length);
  if (swept.overdue.length > 0) logger.error('revert overdue', { changes: swept.overdue });
  return swept;
});
