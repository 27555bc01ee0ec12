import type { PolicyText } from '../types.ts';
import { canonicalHash, sha256 } from './canonical.ts';
import { parseKeyPolicy } from './parse.ts';

/**
 * The canonical hash of a policy text. A text that cannot be read as a key policy, which an old key may hold, is equal to
 * nothing but itself: its hash is that of its bytes.
 */
export function canonicalOf(text: string): string {
  const parsed = parseKeyPolicy(text);
  return parsed.ok ? canonicalHash(parsed.policy) : sha256(text);
}

/** A policy text with both of its hashes. */
export const policyText = (document: string): PolicyText => ({
  document,
  sha256: sha256(document),
  canonical: canonicalOf(document),
});
