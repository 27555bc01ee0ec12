import { randomBytes } from 'node:crypto';
import {
  addressesIn,
  type Opening,
  opens,
  type Seal,
  sealFact,
  sealOf,
  sealsIn,
  unseal,
  writtenIn,
} from '../audit/seal.ts';
import { ADDRESS, canonicalPerson } from '../change/address.ts';
import { type Address, get, getAll, type Item, transact, type Write } from './table.ts';

/** By address: the seal that stands for this person in the log. */
const personAddress = (address: string): Address => ({ pk: `PERSON#${address}`, sk: 'PERSON' });
/** By seal: what it was made from. */
const openingAddress = (seal: string): Address => ({ pk: `SEAL#${seal}`, sk: 'SEAL' });

const newOpening = (value: string): Opening => ({ salt: randomBytes(32).toString('hex'), value });

/** The seal of a person; undefined when no fact was ever sealed with their address, or they were erased. */
export async function sealOfPerson(address: string): Promise<Seal | undefined> {
  const item = await get(personAddress(address));
  return item?.seal as Seal | undefined;
}

/**
 * The names under which a person stands in the table: their seal, and their address in what was written before there were seals.
 * Of whoever held the link of somebody (`link:…`) that somebody's address is sealed.
 */
export async function namesOf(person: string): Promise<[string, ...string[]]> {
  const seals = new Map<string, Seal>();
  for (const address of addressesIn({ person })) {
    const seal = await sealOfPerson(address);
    if (seal !== undefined) seals.set(address, seal);
  }
  const sealed = person.replace(ADDRESS, (address) => seals.get(canonicalPerson(address)) ?? address);
  return sealed === person ? [person] : [sealed, person];
}

/**
 * A fact as it goes into the log, and the writes that keep what its texts were; they fail once the erasure of whoever wrote them
 * has begun, since it would not find them any more. Whoever has no seal yet gets one here, before
 * the fact is written: one that then nobody uses says nothing about anybody.
 *
 * @param opened seals that are known already: within one change a person keeps theirs
 */
export async function seal<T extends object>(
  fact: T,
  opened: ReadonlyMap<Seal, string> = new Map(),
): Promise<{ sealed: T; writes: Write[] }> {
  const { sealed, writes } = await sealEach([fact], opened);
  return { sealed: sealed[0] ?? fact, writes };
}

/** As `seal`, for facts that are written together: what several of them say is kept once, under one seal. */
export async function sealEach<T extends object>(
  facts: readonly T[],
  opened: ReadonlyMap<Seal, string> = new Map(),
): Promise<{ sealed: T[]; writes: Write[] }> {
  const people = [...opened].filter(([one]) => one.startsWith('per_'));
  const known = new Map(people.map(([one, address]) => [address, one]));
  const addresses = new Set(facts.flatMap(addressesIn).filter((address) => !known.has(address)));
  for (const [address, one] of await sealsOf([...addresses])) known.set(address, one);
  const texts = new Map([...new Set(facts.flatMap(writtenIn))].map((text) => [text, newOpening(text)]));
  const written = new Map([...texts].map(([text, opening]) => [text, sealOf('txt', opening)]));
  const puts = [...texts].map(([text, opening]) => ({
    put: { ...openingAddress(written.get(text) ?? ''), ...opening },
  }));
  const authors = new Set(
    facts
      .filter((fact) => writtenIn(fact).length > 0)
      .map((fact) => canonicalPerson(String((fact as { person?: unknown }).person))),
  );
  const checks = [...authors].flatMap((author) => {
    const by = known.get(author);
    return by === undefined ? [] : [notErased(author, by)];
  });
  return { sealed: facts.map((fact) => sealFact(fact, known, written)), writes: [...puts, ...checks] };
}

/** Nobody has begun to erase this person. */
const notErased = (address: string, seal: Seal): Write => ({
  check: personAddress(address),
  condition: { expression: '#seal = :seal AND attribute_not_exists(#erasing)', values: { ':seal': seal } },
});

/** Begins to erase a person: nothing that they wrote gets into the log under this seal from now on. */
export async function beginErasing(address: string, seal: Seal): Promise<void> {
  const condition = { expression: '#seal = :seal', values: { ':seal': seal } };
  // Where another has erased them meanwhile, there is nothing under this seal that could be written to.
  await transact([{ update: personAddress(address), set: { erasing: true }, condition }]);
}

async function sealsOf(addresses: readonly string[]): Promise<Map<string, Seal>> {
  const items = await getAll(addresses.map(personAddress));
  const seals = new Map(items.map((item) => [item.address as string, item.seal as Seal]));
  for (const address of addresses) if (!seals.has(address)) seals.set(address, await sealNew(address));
  return seals;
}

async function sealNew(address: string): Promise<Seal> {
  const opening = newOpening(address);
  const seal = sealOf('per', opening);
  const written = await transact([
    {
      put: { ...personAddress(address), address, seal },
      condition: { expression: 'attribute_not_exists(pk)' },
    },
    { put: { ...openingAddress(seal), ...opening } },
  ]);
  const faster = written.ok ? undefined : await sealOfPerson(address);
  if (!written.ok && faster === undefined)
    throw new Error('a person was erased while something was recorded about them');
  return faster ?? seal;
}

/** What these seals were made from, by seal. One that was altered is as good as none. */
export const openingsOf = async (seals: readonly Seal[]): Promise<Map<Seal, Opening>> =>
  openingsIn(await getAll(seals.map(openingAddress)));

function openingsIn(items: readonly (Item | undefined)[]): Map<Seal, Opening> {
  const openings = items
    .filter((item) => item !== undefined)
    .map(({ pk, salt, value }): [Seal, Opening] => [
      String(pk).slice('SEAL#'.length) as Seal,
      { salt: String(salt), value: String(value) },
    ]);
  return new Map(openings.filter(([seal, opening]) => opens(seal, opening)));
}

/** Where what the seals of a value were made from lies, but for those that are known: for who reads other items with the same call. */
export const openingAddresses = (value: unknown, opened: ReadonlyMap<Seal, string>): Address[] =>
  sealsIn(value)
    .filter((one) => !opened.has(one))
    .map(openingAddress);

/** Adds what lay there to what is known. */
export function addOpened(items: readonly (Item | undefined)[], opened: Map<Seal, string>): void {
  for (const [one, { value }] of openingsIn(items)) opened.set(one, value);
}

/**
 * A value of the table with everything that its seals stand for.
 *
 * @param opened what was looked up before; what is looked up now is added to it
 */
export async function unsealed<T>(value: T, opened: Map<Seal, string> = new Map()): Promise<T> {
  addOpened(await getAll(openingAddresses(value, opened)), opened);
  return unseal(value, opened);
}

/** Forgets what texts were. */
export const forgetTexts = (seals: readonly Seal[]): Promise<void> => forget(seals.map(openingAddress));

/**
 * Forgets whom a seal stands for: from now on nobody can tell, and a new fact about the same address gets another seal. One that
 * it got already, because another erased them at the same moment, stays theirs.
 */
export async function forgetPerson(address: string, seal: Seal): Promise<void> {
  const condition = { expression: '#seal = :seal', values: { ':seal': seal } };
  const opening = { delete: openingAddress(seal) };
  const forgotten = await transact([{ delete: personAddress(address), condition }, opening]);
  if (!forgotten.ok) await transact([opening]);
}

async function forget(addresses: readonly Address[]): Promise<void> {
  for (let from = 0; from < addresses.length; from += 100) {
    await transact(addresses.slice(from, from + 100).map((address) => ({ delete: address })));
  }
}
