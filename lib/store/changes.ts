import { type Seal, unseal } from '../audit/seal.ts';
import { type Change, evolve, fold, isOpen, type Status } from '../change/change.ts';
import { reviewIsOpen } from '../change/command.ts';
import type { Event, Fact } from '../change/facts.ts';
import { done, type Outcome, type Refusal, refuse } from '../change/refusal.ts';
import { revertIsOpen } from '../change/revert.ts';
import type { Proposal } from '../change/view.ts';
import type { PolicyText } from '../policy/types.ts';
import { append, appendAll, entryAddress, factsIn, HEAD, readHead } from './log.ts';
import { pages } from './pages.ts';
import { addOpened, namesOf, openingAddresses, seal, sealEach, unsealed } from './people.ts';
import { freePlace, takePlace } from './places.ts';
import {
  type Address,
  get,
  getAll,
  getEach,
  type Item,
  jitter,
  partition,
  query,
  queryEach,
  transact,
  type Write,
  whereOf,
} from './table.ts';
import { EXECUTION } from './tokens.ts';

/** A change, with the places of its facts in the log. */
export interface StoredChange {
  change: Change;
  seqs: number[];
}

/** A change as it lies in the table: the fold of its facts as they lie in the log. `sealed`: both name people by their seals. */
interface Kept extends StoredChange {
  sealed: boolean;
}

/** Who does something, and when. */
export interface Doer {
  person: string;
  at: string;
}

/** How often a write that met another one is tried again: far more than people who act at once. */
const TRIES = 60;

/** The partition of the changes with something still to do; a change leaves it when everybody knows how it ended, an emergency was reviewed, and a temporary one was put back. */
const UNSETTLED = 'CHANGES#UNSETTLED';

/** Characters of the longest id that is looked up: DynamoDB refuses keys that are too long, and an unknown id is no error. */
const LONGEST_ID = 64;

const changeAddress = (id: string): Address => ({ pk: `CHANGE#${id}`, sk: 'CHANGE' });
const documentAddress = (sha256: string): Address => ({ pk: `DOC#${sha256}`, sk: 'DOC' });
const idempotencyAddress = (person: string, key: string): Address => ({ pk: `IDEMPOTENCY#${person}`, sk: key });

const kept = (item: Item): Kept => ({
  change: item.change as Change,
  seqs: item.seqs as number[],
  sealed: item.sealed === true,
});

/** Changes as people and rules know them: with what their seals stand for. */
const changesOf = (items: readonly Item[]): Promise<Change[]> => unsealed(items.map((item) => kept(item).change));

function changeItem({ change, seqs, sealed }: Kept): Item & Address {
  return {
    ...changeAddress(change.id),
    change,
    seqs,
    ...(sealed ? { sealed } : {}),
    version: seqs.length,
    order: `${change.submittedAt}#${change.id}`,
    gsi1pk: `CHANGES#STATUS#${change.status}`,
    gsi2pk: `CHANGES#KEY#${change.key.arn}`,
    gsi3pk: `CHANGES#SUBMITTER#${change.submitter}`,
    gsi4pk: 'CHANGES',
    ...(change.closed && !reviewIsOpen(change) && !revertIsOpen(change) ? {} : { gsi5pk: UNSETTLED }),
    ...(reviewIsOpen(change) ? { review: 'open' } : {}),
    ...(revertIsOpen(change) ? { revert: 'open' } : {}),
    status: change.status,
    keyArn: change.key.arn,
    submitter: change.submitter,
  };
}

export interface NewChange {
  submitted: Fact & { type: 'SUBMITTED' };
  before: PolicyText;
  after: PolicyText;
  proposal: Proposal;
  /** The caller's Idempotency-Key and the SHA-256 of what they sent. */
  idempotency?: { key: string; bodySha256: string; ttl: number };
  along?: Along;
}

/**
 * Stores a new change: its item, its first fact, its place among the open changes of its key, both documents and the
 * idempotency key, all or nothing. An idempotency key that was used before gives the change of that time, or
 * IDEMPOTENCY_CONFLICT when something else was sent with it; TOO_MANY_OPEN where the key has no place left.
 */
export async function createChange(n: NewChange): Promise<Outcome<Change>> {
  const { submitted, idempotency } = n;
  const change = fold([submitted]);
  const place = takePlace(change);
  const { sealed, writes: texts } = await seal(submitted);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { seq, writes } = append(readHead(await get(HEAD)), sealed);
    const own: Write[] = [
      ...writes,
      {
        put: changeItem({ change: fold([sealed]), seqs: [seq], sealed: true }),
        condition: { expression: 'attribute_not_exists(pk)' },
      },
      { put: { ...proposalAddress(change), proposal: n.proposal } },
      ...texts,
      ...documentWrites([n.before, n.after]),
      ...idempotencyWrites(change, idempotency),
    ];
    const alongTo = own.length + (n.along?.writes.length ?? 0);
    const written = await transact([...own, ...(n.along?.writes ?? []), ...place.writes]);
    if (written.ok) return done(change);
    const earlier = await findByIdempotencyKey(submitted.person, idempotency);
    if (earlier !== undefined) return earlier;
    if (n.along !== undefined && written.failed.some((i) => i >= own.length && i < alongTo)) {
      return { ok: false, refusal: n.along.refusal };
    }
    if (written.failed.some((i) => i >= alongTo)) return { ok: false, refusal: place.refusal };
    await jitter(attempt);
  }
  return refuse('UNAVAILABLE', 'Too many people act at once; try again.');
}

/**
 * Stores the changes of a set with their first facts and places, all or nothing. Their documents are written before: they lie under
 * their own hash, and without a change that names them they mean nothing. One transaction has room for 20 changes.
 */
export async function createSet(ns: readonly NewChange[]): Promise<Outcome<Change[]>> {
  const changes = ns.map(({ submitted }) => fold([submitted]));
  const { sealed: facts, writes: texts } = await sealEach(ns.map(({ submitted }) => submitted));
  const documents = documentWrites(ns.flatMap(({ before, after }) => [before, after]));
  const places = changes.map(takePlace);
  const idempotency = ns[0]?.idempotency;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { seqs, writes } = appendAll(readHead(await get(HEAD)), facts);
    const own: Write[] = [
      ...writes,
      ...facts.flatMap((fact, i) => [
        {
          put: changeItem({ change: fold([fact]), seqs: seqs.slice(i, i + 1), sealed: true }),
          condition: { expression: 'attribute_not_exists(pk)' },
        },
        { put: { ...proposalAddress({ id: fact.change }), proposal: ns[i]?.proposal } },
      ]),
      ...texts,
      ...idempotencyWrites(changes[0], idempotency),
    ];
    const written =
      (await transact(documents)).ok && (await transact([...own, ...places.flatMap((one) => one.writes)]));
    if (written !== false && written.ok) return done(changes);
    const earlier = await findByIdempotencyKey(ns[0]?.submitted.person ?? '', idempotency);
    if (earlier !== undefined) return earlier.ok ? done([earlier.value]) : earlier;
    const full = written === false ? undefined : places.find((_, i) => written.failed.includes(own.length + i));
    if (full !== undefined) return { ok: false, refusal: full.refusal };
    await jitter(attempt);
  }
  return refuse('UNAVAILABLE', 'Too many people act at once; try again.');
}

/** What remembers an Idempotency-Key with the change that it gave. */
const idempotencyWrites = (change: Change | undefined, idempotency: NewChange['idempotency']): Write[] =>
  change === undefined || idempotency === undefined
    ? []
    : [
        {
          put: {
            ...idempotencyAddress(change.submitter, idempotency.key),
            changeId: change.id,
            bodySha256: idempotency.bodySha256,
            ttl: idempotency.ttl,
          },
          condition: { expression: 'attribute_not_exists(pk)' },
        },
      ];

/** The change that this person submitted with this Idempotency-Key before, if any. */
export async function findByIdempotencyKey(
  person: string,
  idempotency: Pick<NonNullable<NewChange['idempotency']>, 'key' | 'bodySha256'> | undefined,
): Promise<Outcome<Change> | undefined> {
  if (idempotency === undefined) return undefined;
  const item = await get(idempotencyAddress(person, idempotency.key));
  if (item === undefined) return undefined;
  if (item.bodySha256 !== idempotency.bodySha256) {
    return refuse(
      'IDEMPOTENCY_CONFLICT',
      'This Idempotency-Key was used for another body; use a new key for a new change.',
    );
  }
  const earlier = await readChange(item.changeId as string);
  return earlier === undefined ? undefined : done(earlier.change);
}

/** Each version has its own; none is written over. */
const proposalAddress = ({ id, version = 1 }: Pick<Change, 'id' | 'version'>): Address => ({
  pk: `CHANGE#${id}`,
  sk: version === 1 ? 'PROPOSAL' : `PROPOSAL#${version}`,
});

/** What was found about the version of each of these changes that stands, by change id. */
export async function readProposals(changes: readonly Change[]): Promise<Map<string, Proposal>> {
  const items = await getAll(changes.map(proposalAddress));
  return new Map(items.map((item) => [String(item.pk).slice('CHANGE#'.length), item.proposal as Proposal]));
}

/** What goes along with the fact of a new version: both documents and what was found about them. */
export const versionWrites = (
  change: Pick<Change, 'id' | 'version'>,
  { before, after, proposal }: Pick<NewChange, 'before' | 'after' | 'proposal'>,
): Write[] => [
  {
    put: { ...proposalAddress(change), proposal },
    condition: { expression: 'attribute_not_exists(pk)' },
  },
  ...documentWrites([before, after]),
];

/** Documents lie under their own hash, so that one can never be written over with another. */
export function documentWrites(texts: readonly PolicyText[]): Write[] {
  const distinct = new Map(texts.map((text) => [text.sha256, text]));
  return [...distinct.values()].map(({ document, sha256 }) => ({
    put: { ...documentAddress(sha256), document },
    condition: { expression: 'attribute_not_exists(pk) OR #document = :document', values: { ':document': document } },
  }));
}

/** The state of a change, read consistently. */
export async function readChange(id: string): Promise<StoredChange | undefined> {
  const item = id.length > LONGEST_ID ? undefined : await get(changeAddress(id));
  if (item === undefined) return undefined;
  const { change, seqs } = kept(item);
  return { change: await unsealed(change), seqs };
}

/** The states of these changes by their ids. */
export async function readChanges(ids: readonly string[]): Promise<Map<string, Change>> {
  const items = await getAll(ids.map(changeAddress));
  return new Map((await changesOf(items)).map((change) => [change.id, change]));
}

/** Policy texts by their SHA-256, in that order; throws when one is missing. */
export const readDocuments = async (hashes: readonly string[]): Promise<string[]> =>
  (await getEach(hashes.map(documentAddress))).map(documentIn);

function documentIn(item: Item | undefined): string {
  if (item === undefined) throw new Error('a document of the history is missing');
  return item.document as string;
}

/** The policy texts of these hashes that are there, by hash. */
export async function readDocumentsByHash(hashes: readonly string[]): Promise<Map<string, string>> {
  const items = await getAll([...new Set(hashes)].map(documentAddress));
  return new Map(items.map((item) => [String(item.pk).slice('DOC#'.length), item.document as string]));
}

/**
 * A change with everything that was stored beside it, in two reads: what it names lies where its item says.
 *
 * @returns with `opened`, what the seals in it stand for: who does something to it next need not look them up again
 */
export async function readWholeChange(id: string) {
  if (id.length > LONGEST_ID) return undefined;
  const items = await partition(`CHANGE#${id}`);
  const item = items.find((one) => one.sk === 'CHANGE');
  if (item === undefined) return undefined;
  const { change: asStored, seqs } = kept(item);
  const opened = new Map<Seal, string>();
  const [before, after, ...rest] = await getEach([
    documentAddress(asStored.before),
    documentAddress(asStored.binding.after),
    ...seqs.map(entryAddress),
    ...openingAddresses(asStored, opened),
  ]);
  addOpened(rest.slice(seqs.length), opened);
  const change = unseal(asStored, opened);
  const facts = await factsIn(seqs, rest.slice(0, seqs.length), opened);
  const proposal = items.find((one) => one.sk === proposalAddress(change).sk)?.proposal as Proposal;
  const execution = items.find(({ sk }) => sk === EXECUTION)?.executionArn as string | undefined;
  const documents = { before: documentIn(before), after: documentIn(after) };
  return { change, seqs, facts, proposal, ...documents, opened, ...(execution === undefined ? {} : { execution }) };
}

/** Writes that stand or fall with an event, and what it means when one of their conditions fails. */
export interface Along {
  writes: Write[];
  refusal: Refusal;
}

export interface RecordOptions {
  along?: Along | undefined;
  /** What is known of the change's seals already; what is looked up is added to it. */
  opened?: Map<Seal, string>;
}

/**
 * Does something to a change: `command` sees its state and gives one event, which is committed with the new state, its
 * entry in the log and what goes `along` in one transaction, or not at all; an end frees the place of the change in it. When another write was faster, the command is asked
 * again about what stands then. `undefined` from the command means that there is nothing to do.
 */
export async function record(
  id: string,
  doer: Doer,
  command: (change: Change) => Outcome<Event | undefined>,
  { along, opened = new Map() }: RecordOptions = {},
): Promise<Outcome<Change>> {
  if (id.length > LONGEST_ID) return refuse('NOT_FOUND', 'There is no such change.');
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const [item, newest] = await getEach([changeAddress(id), HEAD]);
    if (item === undefined) return refuse('NOT_FOUND', 'There is no such change.');
    const { change: asStored, seqs, sealed } = kept(item);
    const unknown = openingAddresses(asStored, opened);
    // The head moves with everything that anybody does: it is read again along with the people.
    const [head, ...openings] = unknown.length === 0 ? [newest] : await getEach([HEAD, ...unknown]);
    addOpened(openings, opened);
    const change = unseal(asStored, opened);
    const outcome = command(change);
    if (!outcome.ok) return outcome;
    if (outcome.value === undefined) return done(change);
    const fact: Fact = { ...outcome.value, ...doer, change: id, keyArn: change.key.arn };
    const next = evolve(change, fact);
    // A change that was begun without seals ends without: to replay, a seal and an address are two people.
    const own = sealed ? await seal(fact, opened) : { sealed: fact, writes: [] };
    const { seq, writes } = append(readHead(head), own.sealed);
    const written = await transact([
      ...writes,
      {
        put: changeItem({ change: evolve(asStored, own.sealed), seqs: [...seqs, seq], sealed }),
        condition: { expression: '#version = :version', values: { ':version': seqs.length } },
      },
      ...(along?.writes ?? []),
      ...own.writes,
      ...(isOpen(change.status) && !isOpen(next.status) ? [freePlace(next)] : []),
    ]);
    if (written.ok) return done(next);
    // A seal that another made meanwhile is behind them, and no reason of theirs; a place is freed without a condition.
    const last = writes.length + (along?.writes.length ?? 0);
    if (along !== undefined && written.failed.some((i) => i > writes.length && i <= last)) {
      return { ok: false, refusal: along.refusal };
    }
    await jitter(attempt);
  }
  return refuse('UNAVAILABLE', 'Too many people act at once; try again.');
}

export interface ChangeFilter {
  status?: Status | undefined;
  key?: string | undefined;
  submitter?: string | undefined;
  /** Only emergencies that nobody has looked at yet. */
  review?: 'open' | undefined;
  /** Only temporary changes that are applied and not put back yet. */
  revert?: 'open' | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** One page of changes, newest first, by the most selective index that the filter names. */
export async function listChanges(
  filter: ChangeFilter,
  page: { limit: number; cursor?: Item; reads?: number },
): Promise<{ changes: Change[]; cursor?: Item }> {
  const names = filter.submitter === undefined ? [] : await namesOf(filter.submitter);
  const { index, partitions, where } = indexFor(filter, names);
  const { items, cursor } = await queryEach(partitions, {
    index,
    where,
    ...(filter.from === undefined ? {} : { from: filter.from }),
    ...(filter.to === undefined ? {} : { to: `${filter.to}~` }),
    newestFirst: true,
    ...page,
  });
  return { changes: await changesOf(items), ...(cursor === undefined ? {} : { cursor }) };
}

/** One page of the changes of a key that are open and not being applied, newest first. The history of the key is not read for them. */
export async function listWaiting(
  keyArn: string,
  page: { limit: number; cursor?: Item },
): Promise<{ changes: Change[]; cursor?: Item }> {
  const where = { keyArn, status: ['PENDING', 'APPROVED'] };
  const { items, cursor } = await query({ index: 'gsi5', partition: UNSETTLED, where, newestFirst: true, ...page });
  return { changes: await changesOf(items), ...(cursor === undefined ? {} : { cursor }) };
}

/** One page of the changes with something still to do, oldest first. */
export async function listUnsettled(page: {
  limit: number;
  cursor?: Item;
}): Promise<{ changes: Change[]; cursor?: Item }> {
  const { items, cursor } = await query({ index: 'gsi5', partition: UNSETTLED, newestFirst: false, ...page });
  return { changes: await changesOf(items), ...(cursor === undefined ? {} : { cursor }) };
}

/** Every change that is not settled, oldest first. */
export async function listEveryUnsettled(): Promise<Change[]> {
  const changes: Change[] = [];
  for await (const page of pages((from) => listUnsettled({ limit: 100, ...from }))) changes.push(...page.changes);
  return changes;
}

function indexFor({ status, key, submitter, review, revert }: ChangeFilter, names: readonly string[]) {
  const by = submitter === undefined ? undefined : names;
  if (review !== undefined || revert !== undefined) {
    const where = whereOf({ status, keyArn: key, submitter: by, review, revert });
    return { index: 'gsi5', partitions: [UNSETTLED], where } as const;
  }
  if (key !== undefined) {
    return { index: 'gsi2', partitions: [`CHANGES#KEY#${key}`], where: whereOf({ status, submitter: by }) } as const;
  }
  if (submitter !== undefined) {
    const partitions = names.map((name) => `CHANGES#SUBMITTER#${name}`);
    return { index: 'gsi3', partitions, where: whereOf({ status }) } as const;
  }
  if (status !== undefined) return { index: 'gsi1', partitions: [`CHANGES#STATUS#${status}`], where: {} } as const;
  return { index: 'gsi4', partitions: ['CHANGES'], where: {} } as const;
}
