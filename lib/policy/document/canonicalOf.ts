import type { KeyPolicy, PolicyText } from '../types.ts';
import { canonicalHash, sha256 } from './canonical.ts';
import { parseKeyPolicy } from './parse.ts';

/**
 * The canonical hash of a policy text. A text that cannot be read as a key policy, which an old key may hold, is equal to
 * nothing but itself: its hash is that of its bytes.
 *
 * @param policy What the text was read as, where that is known already.
 */
export function canonicalOf(text: string, policy: KeyPolicy | undefined = policyIn(text)): string {
  return policy === undefined ? sha256(text) : canonicalHash(policy);
}

function policyIn(text: string): KeyPolicy | undefined {
  const parsed = parseKeyPolicy(text);
  return parsed.ok ? parsed.policy : undefined;
}

/** A policy text with both of its hashes. */
export const policyText = (document: string, policy?: KeyPolicy): PolicyText => ({
  document,
  sha256: sha256(document),
  canonical: canonicalOf(document, policy),
});
