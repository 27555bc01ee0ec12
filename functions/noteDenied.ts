import { noteDenials } from '../lib/store/denials.ts';
import { scheduled } from '../lib/workflow/task.ts';

/** Every minute: makes facts of refused reads, of which the functions that read may only leave word. */
export const handler = scheduled(() => noteDenials(Date.now()));
