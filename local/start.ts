import { enableCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { COMPILE_CACHE } from './lambda/compileCache.ts';

/** `npm start`: the whole of Countersign on this machine. Exit 0 after SIGTERM or Ctrl-C, 1 when it cannot start. */

// Sixteen execution environments in one process, and all of them wait most of the time: heaps that grow late cost no speed here.
setFlagsFromString('--optimize-for-size');
// Before anything else is loaded: a third of the start, and of the memory, is the stripping of types.
enableCompileCache(COMPILE_CACHE);
await import('./start/run.ts');
