import { join } from 'node:path';

/** Where Node keeps what it compiled, for the next start. */
export const COMPILE_CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'countersign', 'compiled');
