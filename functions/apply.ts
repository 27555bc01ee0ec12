import { setTimeout as wait } from 'node:timers/promises';
import { loadRules } from '../lib/store/rulesFile.ts';
import { applyChange } from '../lib/workflow/apply.ts';
import { logger, task } from '../lib/workflow/task.ts';

/** State `Apply`: the only function whose role may call PutKeyPolicy. */
export const handler = task(async ({ changeId, turn = 0 }, context) => ({
  ...(await applyChange(changeId, {
    rules: loadRules(),
    attempt: context.awsRequestId,
    leaseSeconds: Number(process.env.LEASE_SECONDS),
    settleSeconds: Number(process.env.SETTLE_SECONDS),
    now: () => new Date(),
    wait: (milliseconds) => wait(milliseconds),
    log: (record) => logger.info('PutKeyPolicy', { ...record }),
  })),
  turn,
}));
