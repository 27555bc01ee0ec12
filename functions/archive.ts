import { archive } from '../lib/workflow/archive.ts';
import { gauge, scheduled } from '../lib/workflow/task.ts';

/** After every signature and every minute: copies what was signed to the bucket outside, and says what still waits. */
export const handler = scheduled(async () => {
  const copied = await archive(new Date());
  gauge('UncoveredSeconds', 'Seconds', copied.uncoveredSeconds);
  return copied;
});
