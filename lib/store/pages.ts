import type { Item } from './table.ts';

/** Every page of a list, one after the other. `list`: gives the page after a cursor, or the first one without. */
export async function* pages<P extends { cursor?: Item }>(
  list: (from: { cursor?: Item }) => Promise<P>,
): AsyncGenerator<P> {
  let cursor: Item | undefined;
  do {
    const page: P = await list(cursor === undefined ? {} : { cursor });
    yield page;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
