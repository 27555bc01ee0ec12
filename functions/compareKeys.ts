import { loadRules } from '../lib/store/rulesFile.ts';
import { compareKeys } from '../lib/workflow/foreign.ts';
import { settleForeign } from '../lib/workflow/settleForeign.ts';
import { logger, scheduled } from '../lib/workflow/task.ts';

/** Every 15 minutes: the live policy of each key against the last known one, for what events miss. */
export const handler = scheduled(async () => {
  const at = new Date().toISOString();
  const { found, failed } = await compareKeys(loadRules(), at);
  for (const id of found) await settleForeign(id, at, (message, write) => logger.error(message, { ...write }));
  if (failed.length > 0) {
    throw new AggregateError(
      failed,
      `not everything could be compared: ${failed.map(String).join('; ').slice(0, 2_000)}`,
    );
  }
  return { found };
});
