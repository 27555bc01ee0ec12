import type { Change } from '../change/change.ts';
import type { Fact } from '../change/facts.ts';
import { isForeign } from '../change/foreign.ts';
import { revertIsOpen } from '../change/revert.ts';
import { type Outside, outsideCheckpoint } from './archive.ts';
import { canonicalJson, entryHash, genesis, type Head, LOG, sha256 } from './chain.ts';
import { type Checkpoint, type IsSigned, readNote, type SignedCheckpoint } from './checkpoint.ts';
import { replay } from './replay.ts';
import { type ForeignState, forbiddenUndo, nothingForeign, replayForeign } from './replayForeign.ts';
import { type Opening, opens } from './seal.ts';
import { type Placed, shapeOf } from './shape.ts';

/** The first line of an export: which log it is of. `whole` is false when a filter left entries out. */
export interface LogHeader {
  kind: 'log';
  format: 'countersign-export/v1';
  log: string;
  whole: boolean;
}

/**
 * An entry exactly as it is stored, with the texts of its documents: before and after, or the one that a key was first seen with;
 * in an export also what its seals were made from, as far as nobody has erased it.
 */
export interface LoggedEntry extends Head {
  kind: 'entry';
  body: string;
  documents?: string[];
  openings?: Record<string, Opening>;
}

/** A whole log as verification reads it: the header, the entries in order, each checkpoint after its entry, the head. */
export type LogRecord =
  | LogHeader
  | LoggedEntry
  | ({ kind: 'checkpoint' } & SignedCheckpoint)
  | ({ kind: 'head' } & Head);

/**
 * What verification comes to. `clean`: everything up to `protectedTo`, the newest checkpoint, is what was signed;
 * what came after it hangs together, and nobody outside vouches for it yet. `dangling`: changes whose apply began and
 * has no result. `tampered`: `firstBad` is the first entry that cannot be trusted. `incomplete`: nothing false was
 * seen, and not everything could be read.
 */
export type Verdict = { entries: number; checkpoints: number } & (
  | { verdict: 'clean'; protectedTo: number; dangling: string[] }
  | { verdict: 'tampered'; firstBad: number; why: string }
  | { verdict: 'incomplete'; why: string }
);

/** The hashes of the documents that a fact is about, in the order of the texts that come with it. */
export function documentHashes(fact: Fact): string[] {
  switch (fact.type) {
    case 'SUBMITTED':
    case 'VERSIONED':
      return [fact.before, fact.binding.after];
    case 'FOREIGN_WRITE':
      return [fact.before, fact.after];
    case 'BASELINED':
      return [fact.after];
    default:
      return [];
  }
}

export interface Trust {
  /** Checks signatures with the notary's public key, which must come from somewhere else than the log. */
  isSigned: IsSigned;
  /** A checkpoint that somebody has kept since. */
  pin?: Checkpoint | undefined;
  /** What lies in the bucket outside. */
  outside?: Outside | undefined;
}

/** Verifies a log record by record, in memory that grows with the open changes alone. */
export class Verification {
  readonly #isSigned: IsSigned;
  /** What somebody else has kept: the log must have these hashes at these places. */
  readonly #pins: Checkpoint[];
  /** Up to where the copy outside reaches, and when an entry behind it was there too long. */
  #outside: { seq: number; late: string } | undefined;
  /** The changes that are not over, and those with a fact that this version does not know: they are judged no more. */
  readonly #open = new Map<string, Change | 'unjudged'>();
  /** What happened to keys outside of the workflow. */
  readonly #foreign: ForeignState = nothingForeign();
  #header: LogHeader | undefined;
  #tail: Head = genesis();
  /** The newest place that a checkpoint or the pin vouched for. */
  #vouched = 0;
  #newest: Checkpoint | undefined;
  #checkpoints = 0;
  #entries = 0;
  #ended = false;
  #stopped = false;
  #bad: { firstBad: number; why: string } | undefined;
  #gap: string | undefined;

  constructor({ isSigned, pin, outside }: Trust) {
    this.#isSigned = isSigned;
    this.#pins = pin === undefined ? [] : [pin];
    if (outside === undefined) return;
    const found = outsideCheckpoint(outside, isSigned);
    // The log is read all the same: whether it was tampered with says more.
    if ('why' in found) this.#gap = found.why;
    else {
      const { checkpoint } = found;
      if (checkpoint !== undefined) this.#pins.push(checkpoint);
      const late = new Date(outside.readAt - outside.maxAge).toISOString();
      this.#outside = { seq: checkpoint?.seq ?? 0, late };
    }
  }

  /** Takes the next record. False: the verdict stands, nothing that follows can change it. */
  take(record: unknown): boolean {
    if (this.#stopped) return false;
    if (!isRecord(record)) return this.unreadable('something stands there that is no record of an export');
    if (this.#ended) return this.unreadable('something follows after the head');
    if (this.#header === undefined) return this.#takeHeader(record);
    switch (record.kind) {
      case 'log':
        return this.unreadable('it has a second header');
      case 'entry':
        return this.#header.whole ? this.#takeEntry(record, this.#header) : this.#takeLoneEntry(record);
      case 'checkpoint':
        return this.#takeCheckpoint(record, this.#header);
      case 'head':
        return this.#takeHead(record, this.#header);
    }
  }

  /** Something could not be read: the verdict is clean no more, and stands. Always false. */
  unreadable(why: string): false {
    this.#gap ??= why;
    this.#stopped = true;
    return false;
  }

  /** The verdict on what was taken, when nothing more comes. */
  verdict(): Verdict {
    const so = { entries: this.#entries, checkpoints: this.#checkpoints };
    if (this.#bad !== undefined) return { ...so, verdict: 'tampered', ...this.#bad };
    const why = this.#gap ?? this.#missing();
    if (why !== undefined) return { ...so, verdict: 'incomplete', why };
    const changes = [...this.#open.values()].filter((change) => change !== 'unjudged');
    const dangling = changes
      .filter(({ status }) => status === 'APPLYING' || status === 'REVERTING')
      .map(({ id }) => id);
    return { ...so, verdict: 'clean', protectedTo: this.#vouched, dangling };
  }

  #missing(): string | undefined {
    if (!this.#ended) return 'it ends before its head: something is missing';
    if (this.#header?.whole !== true) return 'a filter left entries out: what is there can be checked one by one only';
    if (this.#newest === undefined) return 'it has no checkpoint: nobody vouches for it';
    return undefined;
  }

  #tampered(firstBad: number, why: string): false {
    this.#bad = { firstBad, why };
    this.#stopped = true;
    return false;
  }

  /** The first entry that nobody has vouched for yet: where the fault begins when entries are not those that were signed. */
  #unvouched = (): number => this.#vouched + 1;

  #takeHeader(record: LogRecord): boolean {
    if (record.kind !== 'log') return this.unreadable('it does not begin with the header of an export');
    if (record.log !== LOG) return this.unreadable(`it is the log ${record.log}, not ${LOG}`);
    this.#header = record;
    return this.#isPinned();
  }

  #takeEntry(entry: LoggedEntry, { log }: LogHeader): boolean {
    const { seq, hash, body } = entry;
    const due = this.#tail.seq + 1;
    if (seq !== due) return this.#tampered(due, seq > due ? `entry ${due} is missing` : `entry ${seq} comes again`);
    if (entryHash(body) !== hash) return this.#tampered(due, 'its hash is not that of its text');
    const parsed = parse(body);
    if (!isCanonical(parsed, body)) return this.#tampered(due, 'its text is not in the one form that is ever written');
    const shaped = shapeOf(parsed);
    if (shaped.kind === 'none') return this.#tampered(due, 'its text is no fact');
    const { fact } = shaped;
    if (fact.log !== log || fact.seq !== seq) return this.#tampered(due, 'its text says that it belongs elsewhere');
    if (fact.prev !== this.#tail.hash) return this.#tampered(due, 'it does not follow the entry before it');
    const why =
      isForged(entry) ?? (shaped.kind === 'fact' ? this.#judge(shaped.fact, entry) : this.#setAside(shaped.fact));
    if (why !== undefined) return this.#tampered(due, why);
    this.#tail = { seq, hash };
    this.#entries++;
    if (this.#outside?.seq === seq - 1 && fact.at < this.#outside.late) {
      this.#gap ??= `entry ${seq} of ${fact.at} is not covered by a checkpoint outside`;
    }
    return this.#isPinned();
  }

  /** Why a fact cannot stand where it does; undefined when it can. */
  #judge(fact: Fact, { documents = [] }: LoggedEntry): string | undefined {
    const wanted = documentHashes(fact);
    for (const [i, name] of wanted.entries()) {
      const document = documents[i];
      if (document === undefined) return `its document ${name} is missing`;
      if (sha256(document) !== name) return `its document ${name} has another hash`;
    }
    if (documents.length > wanted.length) return 'it comes with a document that it is not about';
    if (isForeign(fact)) return replayForeign(this.#foreign, fact);
    const undo = fact.type === 'SUBMITTED' ? forbiddenUndo(this.#foreign, fact) : undefined;
    if (undo !== undefined) return undo;
    const change = this.#open.get(fact.change);
    if (change === 'unjudged') return undefined;
    const replayed = replay(change, fact);
    if (!replayed.ok) return replayed.why;
    if (replayed.change === undefined || (replayed.change.closed && !revertIsOpen(replayed.change)))
      this.#open.delete(fact.change);
    else this.#open.set(fact.change, replayed.change);
    return undefined;
  }

  /** A fact of a later version, or on the clock of a place that is not known here: the chain can be checked on, this change cannot. */
  #setAside({ change, type, seq }: Placed & { type: string }): undefined {
    this.#open.set(change, 'unjudged');
    this.#gap ??= `entry ${seq} is a ${type} that this version cannot judge`;
  }

  /** An entry without its neighbours: only its own hash and form can be checked. */
  #takeLoneEntry(entry: LoggedEntry): boolean {
    const { seq, hash, body } = entry;
    if (entryHash(body) !== hash) return this.#tampered(seq, 'its hash is not that of its text');
    if (!isCanonical(parse(body), body)) {
      return this.#tampered(seq, 'its text is not in the one form that is ever written');
    }
    const why = isForged(entry);
    if (why !== undefined) return this.#tampered(seq, why);
    this.#entries++;
    return true;
  }

  #isPinned(): boolean {
    const { seq, hash } = this.#tail;
    for (const pin of this.#pins) {
      if (pin.seq !== seq) continue;
      if (pin.hash !== hash) {
        return this.#tampered(this.#unvouched(), `entries up to ${seq} are not those of the pinned checkpoint`);
      }
      this.#vouched = Math.max(this.#vouched, seq);
    }
    return true;
  }

  #takeCheckpoint(signed: SignedCheckpoint, { log, whole }: LogHeader): boolean {
    const checkpoint = readNote(signed.note);
    const suspect = this.#unvouched();
    const tail = this.#tail;
    if (checkpoint === undefined) return this.#tampered(suspect, 'a checkpoint cannot be read');
    const { seq, hash, time } = checkpoint;
    if (!this.#isSigned(signed)) {
      return this.#tampered(suspect, `the checkpoint of ${seq} is not signed with this public key`);
    }
    if (checkpoint.log !== log) return this.#tampered(suspect, 'a checkpoint is of another log');
    const newest = this.#newest;
    if (newest !== undefined && (seq <= newest.seq || time < newest.time)) {
      return this.#tampered(suspect, `the checkpoint of ${seq} comes after that of ${newest.seq}`);
    }
    if (whole && seq > tail.seq) {
      return this.#tampered(tail.seq + 1, `entry ${tail.seq + 1} is missing, and ${seq} were signed`);
    }
    if (whole && seq < tail.seq) return this.#tampered(suspect, `the checkpoint of ${seq} stands in the wrong place`);
    if (whole && hash !== tail.hash) {
      return this.#tampered(suspect, `entries ${suspect} to ${seq} are not those that were signed`);
    }
    this.#newest = checkpoint;
    this.#vouched = Math.max(this.#vouched, seq);
    this.#checkpoints++;
    return true;
  }

  #takeHead({ seq, hash }: Head, { whole }: LogHeader): boolean {
    this.#ended = true;
    if (!whole) return true;
    const tail = this.#tail;
    const ahead = this.#pins.find((pin) => pin.seq > seq);
    if (seq > tail.seq) return this.#tampered(tail.seq + 1, `entry ${tail.seq + 1} is missing, and the head is ${seq}`);
    if (seq < tail.seq) return this.#tampered(seq + 1, `the head is ${seq}, and entries follow it`);
    if (hash !== tail.hash) return this.#tampered(this.#unvouched(), 'the head is not the hash of the last entry');
    if (ahead !== undefined) {
      return this.#tampered(seq + 1, `entry ${seq + 1} is missing, and ${ahead.seq} are pinned`);
    }
    return true;
  }
}

/** Verifies a log from its records. A source that fails is a log that could not be read whole. */
export async function verifyLog(records: AsyncIterable<unknown> | Iterable<unknown>, trust: Trust): Promise<Verdict> {
  const verification = new Verification(trust);
  try {
    for await (const record of records) if (!verification.take(record)) break;
  } catch (error) {
    verification.unreadable((error as Error).message);
  }
  return verification.verdict();
}

/** Why what is said about the seals of an entry is not so; undefined when it is, or nothing is said. */
function isForged({ body, openings = {} }: LoggedEntry): string | undefined {
  const forged = Object.entries(openings).find(([seal, opening]) => !body.includes(seal) || !opens(seal, opening));
  return forged && `it says that ${forged[0].slice(0, 12)} is somebody or something else than was sealed`;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Would this value be printed as exactly this text? What is sorted already is compared at the speed of JSON.stringify. */
const isCanonical = (value: unknown, body: string): boolean =>
  value !== undefined && ((JSON.stringify(value) === body && isSorted(value)) || canonicalJson(value) === body);

function isSorted(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  let before = '';
  for (const name of Object.keys(value)) {
    if (name < before || !isSorted((value as Record<string, unknown>)[name])) return false;
    before = name;
  }
  return true;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isPlace = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** Is this a record, with all that its kind needs, and nothing that would be read and is not vouched for? */
function isRecord(value: unknown): value is LogRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  const has = Object.keys(record).length;
  switch (record.kind) {
    case 'log':
      return (
        has === 4 &&
        record.format === 'countersign-export/v1' &&
        isText(record.log) &&
        typeof record.whole === 'boolean'
      );
    case 'entry': {
      const { seq, hash, body, documents, openings } = record;
      const texts = documents === undefined || (Array.isArray(documents) && documents.every(isText));
      return (
        has === 4 + Number('documents' in record) + Number('openings' in record) &&
        isPlace(seq) &&
        isText(hash) &&
        isText(body) &&
        texts &&
        (openings === undefined || areOpenings(openings))
      );
    }
    case 'checkpoint':
      return has === 3 && isText(record.note) && isText(record.signature);
    case 'head':
      return has === 3 && isPlace(record.seq) && isText(record.hash);
    default:
      return false;
  }
}

const areOpenings = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every(
    (one) =>
      typeof one === 'object' && one !== null && Object.keys(one).length === 2 && isText(one.salt) && isText(one.value),
  );
