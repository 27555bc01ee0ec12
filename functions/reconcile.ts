import { reconcile } from '../lib/workflow/settleForeign.ts';
import { logger, scheduled } from '../lib/workflow/task.ts';

/** Every minute: what a crash left half done about policies that moved. */
export const handler = scheduled(() =>
  reconcile(new Date().toISOString(), (message, write) => logger.error(message, { ...write })),
);
