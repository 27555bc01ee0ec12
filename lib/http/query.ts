import * as z from 'zod/mini';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import { nearest } from '../policy/operations.ts';
import type { Item } from '../store/table.ts';

/** Holds query parameters against their schema; an unknown one is refused, since a filter that is ignored gives wrong answers. */
export function readQuery<S extends z.core.$ZodObject>(query: Record<string, string>, schema: S): Outcome<z.infer<S>> {
  const parsed = z.safeParse(schema, query);
  if (parsed.success) return done(parsed.data);
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    return refuse('BAD_REQUEST', issue.keys.map((name) => unknown(name, Object.keys(schema._zod.def.shape))).join(' '));
  }
  return refuse('BAD_REQUEST', `Query parameter ${issue?.path.join('.')}: ${issue?.message}`);
}

function unknown(name: string, known: string[]): string {
  const meant = nearest(name, known);
  const mend = meant === undefined ? `: there are ${known.join(', ')}.` : `; did you mean ${meant}?`;
  return `There is no query parameter ${JSON.stringify(name.slice(0, 40))}${mend}`;
}

/** The page that a query asks for: at most `limit` rows, 50 when it does not say, after `cursor`. */
export function readPage(query: {
  limit?: string | undefined;
  cursor?: string | undefined;
}): Outcome<{ limit: number; cursor?: Item }> {
  const limit = Number(query.limit ?? 50);
  if (query.cursor === undefined) return done({ limit });
  try {
    const cursor: unknown = JSON.parse(Buffer.from(query.cursor, 'base64url').toString('utf8'));
    if (isCursor(cursor)) return done({ limit, cursor });
  } catch {
    // Falls through: what is no JSON is no cursor either.
  }
  return refuse('BAD_REQUEST', 'Query parameter cursor: must be the cursor of a former page, unchanged.');
}

const isCursor = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  'pk' in value &&
  Object.values(value).every((member) => typeof member === 'string');

/** The cursor of the next page as it is handed out, or null when there is none. */
export const writeCursor = (cursor: Item | undefined): string | null =>
  cursor === undefined ? null : Buffer.from(JSON.stringify(cursor)).toString('base64url');
