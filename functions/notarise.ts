import { notarise } from '../lib/workflow/notarise.ts';
import { scheduled } from '../lib/workflow/task.ts';

/** After every end and every minute: signs the history as it stands. */
export const handler = scheduled(() => notarise(new Date()));
