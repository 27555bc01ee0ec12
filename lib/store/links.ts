import { createHash, randomBytes } from 'node:crypto';
import type { Binding } from '../change/facts.ts';
import { refuse } from '../change/refusal.ts';
import type { Along } from './changes.ts';
import { type Address, get, type Write } from './table.ts';

/** A review link: who it was sent to, and what it answers. Its secret is stored only as a hash. */
export interface Link {
  changeId: string;
  person: string;
  binding: Binding;
  issuedAt: string;
  expiresAt: string;
  usedAt?: string;
  /** When the approval given by it was withdrawn by it. */
  withdrawnAt?: string;
}

/** 256 random bits, base64url: 43 characters. */
const newToken = () => randomBytes(32).toString('base64url');

const linkAddress = (token: string): Address => ({
  pk: `LINK#${createHash('sha256').update(token).digest('hex')}`,
  sk: 'LINK',
});

/**
 * The secret of a link to one change of a set, from that of the link to the set: whoever holds the one has the other, and not
 * the other way round. So a set's link is one secret, and each change behind it is opened and decided by a link of its own.
 */
export const memberToken = (token: string, changeId: string): string =>
  createHash('sha256').update(`${token} ${changeId}`).digest('base64url');

const setLinkAddress = (token: string): Address => ({ ...linkAddress(token), sk: 'SET' });

/** A new link of one person to several changes of a set, as the token to send and the writes that make it valid. */
export function newSetLink(links: readonly Omit<Link, 'usedAt' | 'withdrawnAt'>[]): { token: string; writes: Write[] } {
  const token = newToken();
  const expiresAt =
    links
      .map((link) => link.expiresAt)
      .sort()
      .at(-1) ?? '';
  const ttl = Math.ceil(Date.parse(expiresAt) / 1000) + 86_400;
  const changes = links.map(({ changeId }) => changeId);
  return {
    token,
    writes: [
      { put: { ...setLinkAddress(token), changes, expiresAt, ttl } },
      ...links.map((link): Write => ({ put: { ...linkAddress(memberToken(token, link.changeId)), ...link, ttl } })),
    ],
  };
}

/** The secrets of the links to each change of the set that this token opens; undefined when it opens none. */
export async function readSetLink(token: string, now: string): Promise<string[] | undefined> {
  const item = await get(setLinkAddress(token));
  if (item === undefined || now >= (item.expiresAt as string)) return undefined;
  return (item.changes as string[]).map((id) => memberToken(token, id));
}

/** A new link for one person, as the token to send and the write that makes it valid. */
export function newLink(link: Omit<Link, 'usedAt' | 'withdrawnAt'>): { token: string; write: Write } {
  const token = newToken();
  const ttl = Math.ceil(Date.parse(link.expiresAt) / 1000) + 86_400;
  return { token, write: { put: { ...linkAddress(token), ...link, ttl } } };
}

/** The link of this token, used or not; undefined when there is none or its time is over. */
export async function readLink(token: string, now: string): Promise<Link | undefined> {
  const item = (await get(linkAddress(token))) as Link | undefined;
  return item === undefined || now >= item.expiresAt ? undefined : item;
}

/** What marks a link as used together with the decision made by it; it can be used once. */
export const useLink = (token: string, now: string): Along => ({
  writes: [
    {
      update: linkAddress(token),
      set: { usedAt: now },
      condition: { expression: 'attribute_exists(pk) AND attribute_not_exists(#usedAt)' },
    },
  ],
  refusal: refuse('ALREADY_DECIDED', 'This link was used already.').refusal,
});

/** What marks that the approval given by a link was withdrawn by it, once. */
export const withdrawByLink = (token: string, now: string): Along => ({
  writes: [
    {
      update: linkAddress(token),
      set: { withdrawnAt: now },
      condition: { expression: 'attribute_exists(#usedAt) AND attribute_not_exists(#withdrawnAt)' },
    },
  ],
  refusal: refuse('ALREADY_DECIDED', 'This link was used already.').refusal,
});

/** A link to a foreign write. It works until its time is over, and what it may do depends on the write alone. */
export interface ForeignLink {
  foreignId: string;
  person: string;
  issuedAt: string;
  expiresAt: string;
}

/** Beside the links to changes: a token of one kind opens nothing of the other. */
const foreignAddress = (token: string): Address => ({ ...linkAddress(token), sk: 'FOREIGN' });

export function newForeignLink(link: ForeignLink): { token: string; write: Write } {
  const token = newToken();
  const ttl = Math.ceil(Date.parse(link.expiresAt) / 1000) + 86_400;
  return { token, write: { put: { ...foreignAddress(token), ...link, ttl } } };
}

/** The link of this token; undefined when there is none or its time is over. */
export async function readForeignLink(token: string, now: string): Promise<ForeignLink | undefined> {
  const item = (await get(foreignAddress(token))) as ForeignLink | undefined;
  return item === undefined || now >= item.expiresAt ? undefined : item;
}
