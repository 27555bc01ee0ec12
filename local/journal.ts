import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Journal } from './types.ts';

/**
 * Opens a journal at `path`, making its folder when needed. A last line without its line end was torn by a crash before
 * anybody was answered: it is cut off, so that the next entry starts on a line of its own.
 */
export function openJournal<T>(path: string): Journal<T> {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) {
    const bytes = readFileSync(path);
    truncateSync(path, bytes.lastIndexOf(0x0a) + 1);
  }
  return {
    append: (entry) => appendFileSync(path, `${JSON.stringify(entry)}\n`),
    read: () =>
      existsSync(path)
        ? readFileSync(path, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as T)
        : [],
  };
}
