import { sesEvent, takeMailEvent } from '../lib/workflow/mailEvents.ts';
import { logger, onEvent } from '../lib/workflow/task.ts';

/** Events of SES by way of EventBridge: a mail that did not arrive, or was called spam. */
export const handler = onEvent(async ({ detail }: { detail: unknown }) => {
  const event = sesEvent.safeParse(detail);
  if (event.success) return { noted: await takeMailEvent(event.data, new Date().toISOString()) };
  logger.warn('an event of SES that cannot be read', { issues: event.error.issues });
  return { noted: 0 };
});
