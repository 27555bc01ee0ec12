import { createHmac } from 'node:crypto';
import { ADDRESS, canonicalPerson } from '../change/address.ts';

/** What stands in an entry in the place of an address or of a text that a person wrote: a commitment to it. */
export type Seal = `${'per' | 'txt'}_${string}`;

/** What a seal is a commitment to. Kept apart from the log, so that it can be forgotten and the log still holds. */
export interface Opening {
  /** 32 random bytes, hex. Without it nobody can try out what the value was. */
  salt: string;
  value: string;
}

const SEAL = /\b(?:per|txt)_[0-9a-f]{64}\b/g;

/** The members of a fact that hold what a person wrote. */
const WRITTEN = ['reason', 'comment', 'ticket'] as const;

/** The seal of a value: HMAC-SHA-256 with its salt as the key. Equal salt and value, and nothing else, give an equal seal. */
export const sealOf = (kind: 'per' | 'txt', { salt, value }: Opening): Seal =>
  `${kind}_${createHmac('sha256', Buffer.from(salt, 'hex')).update(`${kind}\0${value}`).digest('hex')}`;

/** Is this what the seal was made from? */
export const opens = (seal: string, opening: Opening): boolean =>
  /^[0-9a-f]{64}$/.test(opening.salt) && sealOf(seal.startsWith('per_') ? 'per' : 'txt', opening) === seal;

/** Every address in a fact, outside of what people wrote, in the one spelling that a person has. */
export const addressesIn = (fact: object): string[] => {
  const found = new Set<string>();
  mapTexts(withoutWritten(fact), (text) => {
    for (const [address] of text.matchAll(ADDRESS)) found.add(canonicalPerson(address));
    return text;
  });
  return [...found];
};

/** What people wrote in a fact; empty texts say nothing and stay. */
export const writtenIn = (fact: object): string[] =>
  WRITTEN.map((name) => (fact as Record<string, unknown>)[name]).filter(
    (text): text is string => typeof text === 'string' && text !== '',
  );

/**
 * A fact with a seal in the place of each address and of each text that a person wrote. Replay judges it as it would judge the
 * other: it only ever asks whether two people are the same.
 *
 * @param people the seal of each of `addressesIn`
 * @param texts the seal of each of `writtenIn`; a text may be an address, and is then a text all the same
 */
export function sealFact<T extends object>(
  fact: T,
  people: ReadonlyMap<string, Seal>,
  texts: ReadonlyMap<string, Seal>,
): T {
  const by = (seals: ReadonlyMap<string, Seal>, plain: string): string => {
    const seal = seals.get(plain);
    if (seal === undefined) throw new Error('a fact is sealed whole or not at all');
    return seal;
  };
  const rest = mapTexts(withoutWritten(fact), (text) =>
    text.replace(ADDRESS, (address) => by(people, canonicalPerson(address))),
  );
  const written = WRITTEN.flatMap((name) => {
    const text = (fact as Record<string, unknown>)[name];
    return typeof text === 'string' ? [[name, text === '' ? '' : by(texts, text)] as const] : [];
  });
  return { ...(rest as T), ...Object.fromEntries(written) };
}

/** Every seal in a value. */
export const sealsIn = (value: unknown): Seal[] => [
  ...new Set((JSON.stringify(value).match(SEAL) ?? []) as readonly string[] as readonly Seal[]),
];

/** A value with what its seals stand for, as far as that is known; the rest says that it was erased. */
export const unseal = <T>(value: T, opened: ReadonlyMap<string, string>): T =>
  mapTexts(value, (text) => text.replace(SEAL, (seal) => opened.get(seal) ?? erased(seal))) as T;

/** How somebody or something that was erased is called; of a person enough to see that two are the same. */
const erased = (seal: string): string => (seal.startsWith('per_') ? `erased person ${seal.slice(4, 12)}` : '(erased)');

const withoutWritten = (fact: object): object =>
  Object.fromEntries(Object.entries(fact).filter(([name]) => !(WRITTEN as readonly string[]).includes(name)));

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [map(name), mapTexts(member, map)]));
}
