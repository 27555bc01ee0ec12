import { chain, type Entry, genesis, type Head, LOG, readBody } from '../audit/chain.ts';
import type { Seal } from '../audit/seal.ts';
import type { EventType, Fact } from '../change/facts.ts';
import { namesOf, seal, unsealed } from './people.ts';
import {
  type Address,
  get,
  getEach,
  type IndexQuery,
  type Item,
  jitter,
  queryEach,
  range,
  transact,
  type Write,
  whereOf,
} from './table.ts';

/** A fact with its place in the log and its hashes, as auditors read it. */
export type LoggedFact = Fact & { seq: number; prev: string; hash: string };

type Put = Extract<Write, { put: unknown }>;

export const HEAD: Address = { pk: `HEAD#${LOG}`, sk: 'HEAD' };

export const seqText = (seq: number) => String(seq).padStart(12, '0');
export const entryAddress = (seq: number): Address => ({ pk: `LOG#${LOG}`, sk: seqText(seq) });

/** The types of facts that say which policy a key had from then on, and those that say that one is about to be put. */
const PUTS = {
  POLICY: ['APPLIED', 'REVERTED', 'FOREIGN_WRITE', 'BASELINED'],
  INTENT: ['APPLY_INTENT', 'REVERT_INTENT'],
} as const satisfies Record<string, readonly EventType[]>;
type Kind = keyof typeof PUTS;

export type PolicyFact = LoggedFact & { type: (typeof PUTS.POLICY)[number] };
export const isPolicyFact = (fact: LoggedFact): fact is PolicyFact => kindOf(fact.type) === 'POLICY';
export type IntentFact = Fact & { type: (typeof PUTS.INTENT)[number]; seq: number };
export const isIntent = (fact: Fact & { seq: number }): fact is IntentFact => kindOf(fact.type) === 'INTENT';

const kindOf = (type: string): Kind | undefined =>
  (Object.keys(PUTS) as Kind[]).find((kind) => (PUTS[kind] as readonly string[]).includes(type));

/** Where the facts of one kind about a key stand by themselves: a page of them costs the same whatever else happened to the key. */
const putsPartition = (kind: Kind | undefined, keyArn: string): string | undefined =>
  kind === undefined ? undefined : `FACTS#${kind}#${keyArn}`;

export const readHead = (item: Item | undefined): Head =>
  item === undefined ? genesis() : { seq: item.seq as number, hash: item.hash as string };

/**
 * The two writes that append a fact after `head`: the entry, which never exists twice, and the head, which moves only
 * from exactly where it was read. They belong into the transaction of what the fact is about.
 */
export function append(head: Head, fact: Fact): { seq: number; writes: [Put, Put] } {
  const entry = chain(head, fact);
  const order = `${fact.at}#${seqText(entry.seq)}`;
  const item = {
    ...entryAddress(entry.seq),
    seq: entry.seq,
    body: entry.body,
    hash: entry.hash,
    order,
    gsi1pk: `FACTS#CHANGE#${fact.change}`,
    gsi2pk: `FACTS#KEY#${fact.keyArn}`,
    gsi3pk: `FACTS#PERSON#${fact.person}`,
    gsi4pk: `FACTS#${LOG}`,
    gsi5pk: `FACTS#TYPE#${fact.type}`,
    gsi6pk: putsPartition(kindOf(fact.type), fact.keyArn),
    changeId: fact.change,
    keyArn: fact.keyArn,
    person: fact.person,
    type: fact.type,
  };
  const moved =
    head.seq === 0
      ? { expression: 'attribute_not_exists(pk)' }
      : { expression: '#seq = :seq AND #hash = :hash', values: { ':seq': head.seq, ':hash': head.hash } };
  return {
    seq: entry.seq,
    writes: [
      { put: item, condition: { expression: 'attribute_not_exists(pk)' } },
      { put: { ...HEAD, seq: entry.seq, hash: entry.hash }, condition: moved },
    ],
  };
}

/** The writes that append several facts after `head`, one after the other; the head moves once, over all of them. */
export function appendAll(head: Head, facts: readonly Fact[]): { seqs: number[]; writes: Write[] } {
  const entries: Put[] = [];
  const seqs: number[] = [];
  let last = head;
  let moved: Put | undefined;
  for (const fact of facts) {
    const { seq, writes } = append(last, fact);
    const [entry, move] = writes;
    entries.push(entry);
    seqs.push(seq);
    last = readHead(move.put);
    moved = { ...move, ...(moved?.condition === undefined ? {} : { condition: moved.condition }) };
  }
  return { seqs, writes: [...entries, ...(moved === undefined ? [] : [moved])] };
}

/** Appends a fact that is about no change. `opened`: seals that are known already. */
export async function recordAlone(fact: Fact, opened?: ReadonlyMap<Seal, string>): Promise<void> {
  const { sealed, writes: texts } = await seal(fact, opened);
  for (let attempt = 0; ; attempt++) {
    const { writes } = append(await logHead(), sealed);
    if ((await transact([...writes, ...texts])).ok) return;
    if (attempt === 60) throw new Error('too many people act at once');
    await jitter(attempt);
  }
}

/** Facts as people read them: with what their seals stand for. */
const logged = (items: readonly Item[], opened?: Map<Seal, string>): Promise<LoggedFact[]> =>
  unsealed(
    items.map((item) => {
      const { log: _, ...fact } = readBody(item.body as string);
      return { ...fact, hash: item.hash as string };
    }),
    opened,
  );

/** The facts at these places, read consistently, in that order. Throws when one is missing: a log has no gaps. */
export const readFacts = async (seqs: readonly number[]): Promise<LoggedFact[]> =>
  factsIn(seqs, await getEach(seqs.map(entryAddress)));

/** As `readFacts`, of what was read already. */
export function factsIn(
  seqs: readonly number[],
  items: readonly (Item | undefined)[],
  opened?: Map<Seal, string>,
): Promise<LoggedFact[]> {
  const entries = items.filter((item) => item !== undefined);
  if (entries.length !== seqs.length) throw new Error(`the log lacks entries among ${seqs.join(', ')}`);
  return logged(entries, opened);
}

/** The newest entry of the log, read consistently. */
export const logHead = async (): Promise<Head> => readHead(await get(HEAD));

/** The entries after one place up to another, exactly as they are stored and nothing believed, in pages. */
export async function* readEntries(after: number, to: number): AsyncGenerator<Entry[]> {
  if (to <= after) return;
  const pages = range(entryAddress(0).pk, seqText(after + 1), seqText(to), ['seq', 'body', 'hash']);
  for await (const page of pages) yield page.map(({ seq, body, hash }) => ({ seq, body, hash }) as Entry);
}

export interface FactFilter {
  change?: string | undefined;
  key?: string | undefined;
  person?: string | undefined;
  type?: string | undefined;
  /** Facts of this kind alone; with a key. */
  kind?: Kind | undefined;
  /** ISO 8601, inclusive. */
  from?: string | undefined;
  to?: string | undefined;
}

/** One page of the log, newest first, by the most selective index that the filter names. */
export async function listFacts(
  filter: FactFilter,
  page: { limit: number; cursor?: Item; reads?: number },
): Promise<{ facts: LoggedFact[]; cursor?: Item }> {
  const { items, cursor } = await ask(filter, { newestFirst: true, ...page });
  return { facts: await logged(items), ...(cursor === undefined ? {} : { cursor }) };
}

/** The first fact of this filter, oldest first. */
export async function firstFact(filter: FactFilter): Promise<LoggedFact | undefined> {
  const { items } = await ask(filter, { newestFirst: false, limit: 1 });
  return (await logged(items))[0];
}

/** One page of the entries behind these facts, oldest first, exactly as they are stored. */
export async function listEntries(
  filter: FactFilter,
  page: { limit: number; cursor?: Item; reads?: number },
): Promise<{ entries: Entry[]; cursor?: Item }> {
  const { items, cursor } = await ask(filter, { newestFirst: false, ...page });
  const entries = items.map(({ seq, body, hash }) => ({ seq, body, hash }) as Entry);
  return { entries, ...(cursor === undefined ? {} : { cursor }) };
}

/** One page of an index. A person stands there under their seal, and under their address in what is older than that. */
async function ask(filter: FactFilter, page: Pick<IndexQuery, 'newestFirst' | 'limit' | 'cursor' | 'reads'>) {
  const names = filter.person === undefined ? [] : await namesOf(filter.person);
  const { index, partitions, where } = indexFor(filter, names);
  return queryEach(page.newestFirst ? partitions : partitions.toReversed(), {
    index,
    where,
    ...(filter.from === undefined ? {} : { from: filter.from }),
    ...(filter.to === undefined ? {} : { to: `${filter.to}~` }),
    ...page,
  });
}

function indexFor({ change, key, person, type, kind = kindOf(type ?? '') }: FactFilter, names: readonly string[]) {
  const by = person === undefined ? undefined : names;
  if (change !== undefined) {
    const where = whereOf({ keyArn: key, person: by, type });
    return { index: 'gsi1', partitions: [`FACTS#CHANGE#${change}`], where } as const;
  }
  if (key !== undefined) {
    const where = whereOf({ person: by, type });
    const puts = putsPartition(kind, key);
    return puts === undefined
      ? ({ index: 'gsi2', partitions: [`FACTS#KEY#${key}`], where } as const)
      : ({ index: 'gsi6', partitions: [puts], where } as const);
  }
  if (person !== undefined) {
    return {
      index: 'gsi3',
      partitions: names.map((name) => `FACTS#PERSON#${name}`),
      where: whereOf({ type }),
    } as const;
  }
  if (type !== undefined) return { index: 'gsi5', partitions: [`FACTS#TYPE#${type}`], where: {} } as const;
  return { index: 'gsi4', partitions: [`FACTS#${LOG}`], where: {} } as const;
}
