import { Buffer } from 'node:buffer';
import { KmsError } from './error.ts';
import { type Input, MARKER, optionalInteger, optionalString } from './input.ts';

export interface Page<T> {
  items: T[];
  Truncated: boolean;
  NextMarker?: string;
}

/**
 * One page of a list. The marker names the last item given rather than a position, so that a list that changes between two
 * pages loses nothing that stays in it.
 *
 * @param items Sorted by `name`, which is unique.
 * @throws KmsError `InvalidMarkerException`, `ValidationException`
 */
export function pageOf<T>(
  input: Input,
  items: readonly T[],
  name: (item: T) => string,
  { fallback, max }: { fallback: number; max: number },
): Page<T> {
  const limit = optionalInteger(input, 'Limit', fallback, 1, max);
  const marker = optionalString(input, 'Marker', MARKER);
  const after = marker === undefined ? undefined : decode(marker);
  const rest = after === undefined ? items : items.filter((item) => name(item) > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  if (rest.length === page.length || last === undefined) return { items: page, Truncated: false };
  return { items: page, Truncated: true, NextMarker: Buffer.from(`after ${name(last)}`).toString('base64url') };
}

function decode(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString('utf8');
  if (!text.startsWith('after ')) throw new KmsError('InvalidMarkerException', 'The marker is invalid.');
  return text.slice('after '.length);
}
