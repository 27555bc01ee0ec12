import { randomUUID } from 'node:crypto';
import type { Seal } from '../audit/seal.ts';
import type { ForeignEvent } from '../change/facts.ts';
import { evolveForeign, type ForeignFact, type ForeignWrite } from '../change/foreign.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import type { PolicyText } from '../policy/types.ts';
import { type Along, type Doer, documentWrites } from './changes.ts';
import { append, HEAD, readHead } from './log.ts';
import { pages } from './pages.ts';
import { seal, unsealed } from './people.ts';
import { type Address, type Condition, get, getAll, type Item, jitter, query, transact, type Write } from './table.ts';

/** The last policy of a key that is known here, and what is still to be found out about it. */
export interface KnownPolicy {
  canonical: string;
  /** Of the exact text. */
  sha256: string;
  /** The change or the fact of a key that made it known. */
  by: string;
  at: string;
  /** Canonical hash of the one before: a read that is behind may still show it. */
  previous?: string;
  /** Writes that a comparison found: the events that tell by whom may still come. Oldest first. */
  untraced: { id: string; canonical: string; foundAt: string }[];
  /**
   * A policy that an event told of and that no read has shown yet: no write of its own when a comparison meets it. `until`: from
   * then on a read that still shows the last known policy is not behind, and it is expected no more.
   */
  expected?: { canonical: string; sha256: string; by: string; until: string };
  /** Another one with every write: nobody writes over what they have not read. */
  stamp: string;
}

/** Most writes without an event that are remembered for one key. */
const MOST_UNTRACED = 20;
/** Seconds that an event is remembered: far longer than it is delivered again. */
const REMEMBERED = 1_209_600;
const TRIES = 60;
/** Characters of an id; what is longer is none. */
const LONGEST_ID = 64;
/** The partition of the last known policies, by key ARN. */
const KNOWN = 'KEYS#KNOWN';
/** The partition of the writes that nobody was told of yet. */
const UNTOLD = 'FOREIGN#UNTOLD';

const knownAddress = (keyArn: string): Address => ({ pk: `KEY#${keyArn}`, sk: 'POLICY' });
const foreignAddress = (id: string): Address => ({ pk: `FOREIGN#${id}`, sk: 'FOREIGN' });
/** What finds the last known policies without a list of the keys: some lie where nobody lists them. */
const amongKnown = (keyArn: string) => ({ gsi5pk: KNOWN, order: keyArn });
const eventAddress = (eventId: string): Address => ({ pk: `TRAIL#${eventId}`, sk: 'EVENT' });

const knownOf = (item: Item | undefined): KnownPolicy | undefined =>
  item === undefined ? undefined : ({ untraced: [], ...item } as unknown as KnownPolicy);

/** The last known policy of each of these keys that was seen, by ARN. */
export async function readKnown(keyArns: readonly string[]): Promise<Map<string, KnownPolicy>> {
  const items = await getAll(keyArns.map(knownAddress));
  return new Map(items.map((item) => [String(item.pk).slice('KEY#'.length), knownOf(item) as KnownPolicy]));
}

/** The ARN of every key whose last known policy is kept. */
export async function listKnownArns(): Promise<string[]> {
  const arns: string[] = [];
  const wanted = { index: 'gsi5', partition: KNOWN, newestFirst: false, limit: 1000 } as const;
  for await (const { items } of pages((from) => query({ ...wanted, ...from }))) {
    arns.push(...items.map(({ order }) => String(order)));
  }
  return arns;
}

/** What makes a policy that a change put the last one known. It belongs into the transaction of the result. */
export const knownByChange = (
  keyArn: string,
  known: Required<Pick<KnownPolicy, 'canonical' | 'sha256' | 'by' | 'at' | 'previous'>>,
): Write => ({
  update: knownAddress(keyArn),
  set: { ...known, ...amongKnown(keyArn), stamp: `${known.by} ${known.at}` },
  condition: { expression: 'attribute_exists(pk) OR attribute_not_exists(pk)' },
});

/** A foreign write as it lies in the table; `undo` is the newest change that undoes it. */
export interface StoredForeign {
  write: ForeignWrite;
  seqs: number[];
  undo?: string;
}

const foreignItem = ({ write, seqs, undo }: StoredForeign): Item & Address => ({
  ...foreignAddress(write.id),
  write,
  seqs,
  version: seqs.length,
  order: `${write.foundAt}#${write.id}`,
  ...(undo === undefined ? {} : { undo }),
  ...(write.told ? {} : { gsi5pk: UNTOLD }),
});

/** As it lies in the table: the fold of its facts as they lie in the log, which name people by their seals. */
const kept = (item: Item): StoredForeign => ({
  write: item.write as ForeignWrite,
  seqs: item.seqs as number[],
  ...(item.undo === undefined ? {} : { undo: item.undo as string }),
});

async function readKept(id: string): Promise<StoredForeign | undefined> {
  const item = await get(foreignAddress(id));
  return item === undefined ? undefined : kept(item);
}

/** A foreign write with what its seals stand for. */
export async function readForeign(id: string): Promise<StoredForeign | undefined> {
  const stored = await readKept(id);
  return stored === undefined ? undefined : unsealed(stored);
}

/** Foreign writes by their ids. */
export async function readForeigns(ids: readonly string[]): Promise<Map<string, StoredForeign>> {
  const items = await getAll(ids.map(foreignAddress));
  const all = await unsealed(items.map(kept));
  return new Map(all.map((stored) => [stored.write.id, stored]));
}

/** The writes that nobody was told of yet, oldest first; at most a hundred, the others come when these are done. */
export async function listUntold(): Promise<ForeignWrite[]> {
  const { items } = await query({ index: 'gsi5', partition: UNTOLD, newestFirst: false, limit: 100 });
  return items.map((item) => kept(item).write);
}

/** What was seen of a key: a fact about it, or nothing new but another last known policy. */
export interface Sighting {
  known: Omit<KnownPolicy, 'stamp'>;
  fact?: ForeignFact;
  documents?: PolicyText[];
}

/**
 * Records what was seen of a key. `look` is given the last known policy and says what is new; that, its entry in the log, its
 * documents, the new last known policy and the mark of the event are one transaction, or `look` is asked again about what stands
 * then. An event that was noted before is no news.
 *
 * @returns The id of the write that the fact is about; for an event that was noted before, the one of that time.
 */
export async function recordSighting(
  keyArn: string,
  look: (known: KnownPolicy | undefined) => Promise<Sighting | undefined>,
  event?: { id: string; at: string },
): Promise<string | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const noted = event && (await get(eventAddress(event.id)));
    if (noted !== undefined) return noted.write as string;
    const known = knownOf(await get(knownAddress(keyArn)));
    const seen = await look(known);
    if (seen === undefined) return undefined;
    const written = await transact([
      ...(await factWrites(seen)),
      knownWrite(keyArn, known, seen),
      ...mark(event, seen),
    ]);
    if (written.ok) return seen.fact?.type === 'BASELINED' ? undefined : seen.fact?.change;
    await jitter(attempt);
  }
  throw new Error(`too many write about ${keyArn} at once`);
}

const knownWrite = (keyArn: string, before: KnownPolicy | undefined, { known }: Sighting): Write => ({
  put: {
    ...known,
    ...knownAddress(keyArn),
    ...amongKnown(keyArn),
    untraced: known.untraced.slice(-MOST_UNTRACED),
    stamp: randomUUID(),
  },
  condition:
    before === undefined
      ? { expression: 'attribute_not_exists(pk)' }
      : { expression: '#stamp = :stamp', values: { ':stamp': before.stamp } },
});

const mark = (event: { id: string; at: string } | undefined, { fact }: Sighting): Write[] =>
  event === undefined
    ? []
    : [
        {
          put: {
            ...eventAddress(event.id),
            write: fact?.change ?? '',
            ttl: Math.ceil(Date.parse(event.at) / 1000) + REMEMBERED,
          },
          condition: { expression: 'attribute_not_exists(pk)' },
        },
      ];

/** The fact's entry, the write that it is about, and its documents. */
async function factWrites({ fact, documents = [] }: Sighting): Promise<Write[]> {
  if (fact === undefined) return [];
  const { stored, own } = await sealedFor(fact);
  const { seq, writes } = append(readHead(await get(HEAD)), own.sealed);
  return [
    ...writes,
    ...documentWrites(documents),
    ...(fact.type === 'BASELINED' ? [] : [foreignWrite(stored, own.sealed, seq)]),
    ...own.writes,
  ];
}

/** A fact as it goes into the log, and the write that it is about as it stands; within one write a person keeps their seal. */
async function sealedFor(fact: ForeignFact) {
  const stored = await readKept(fact.change);
  const opened = new Map<Seal, string>();
  if (stored !== undefined) await unsealed(stored, opened);
  return { stored, own: await seal(fact, opened) };
}

function foreignWrite(stored: StoredForeign | undefined, fact: ForeignFact, seq: number): Write {
  const { seqs = [], write, undo } = stored ?? {};
  const next = { write: evolveForeign(write, fact), seqs: [...seqs, seq], ...(undo === undefined ? {} : { undo }) };
  return {
    put: foreignItem(next),
    condition: stored === undefined ? { expression: 'attribute_not_exists(pk)' } : unmoved(stored),
  };
}

/** Neither a fact nor a change that undoes it came since this was read. */
const unmoved = ({ seqs, undo }: StoredForeign): Condition => ({
  expression: `#version = :version AND ${undo === undefined ? 'attribute_not_exists(#undo)' : '#undo = :undo'}`,
  values: { ':version': seqs.length, ...(undo === undefined ? {} : { ':undo': undo }) },
});

/** Does something to a foreign write, as `record` does to a change. `undefined` from the command: there is nothing to do. */
export async function recordForeign(
  id: string,
  doer: Doer,
  command: (write: ForeignWrite) => Outcome<ForeignEvent | undefined>,
): Promise<Outcome<ForeignWrite>> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const stored = id.length > LONGEST_ID ? undefined : await readForeign(id);
    if (stored === undefined) return refuse('NOT_FOUND', 'There is no such foreign write.');
    const outcome = command(stored.write);
    if (!outcome.ok) return outcome;
    if (outcome.value === undefined) return done(stored.write);
    const fact = { ...outcome.value, ...doer, change: id, keyArn: stored.write.key.arn } as ForeignFact;
    const { stored: asStored, own } = await sealedFor(fact);
    const moved = asStored?.seqs.length !== stored.seqs.length;
    const { seq, writes } = append(readHead(await get(HEAD)), own.sealed);
    if (!moved && (await transact([...writes, foreignWrite(asStored, own.sealed, seq), ...own.writes])).ok) {
      return done(evolveForeign(stored.write, fact));
    }
    await jitter(attempt);
  }
  return refuse('UNAVAILABLE', 'Too many people act at once; try again.');
}

/** Notes the change that undoes a write together with its submit; one at a time, and none once it was adopted. */
export const undoneBy = (stored: StoredForeign, changeId: string): Along => ({
  writes: [{ update: foreignAddress(stored.write.id), set: { undo: changeId }, condition: unmoved(stored) }],
  refusal: refuse('ALREADY_DECIDED', 'Somebody did something about this write at the same moment; look again.').refusal,
});
