import { countingApprovals } from '../change/change.ts';
import type { ForeignWrite } from '../change/foreign.ts';
import { compareAccess } from '../policy/access/access.ts';
import { canonicalOf } from '../policy/document/canonicalOf.ts';
import { parseKeyPolicy } from '../policy/document/parse.ts';
import type { PolicyText } from '../policy/types.ts';
import { readChanges, readDocuments } from '../store/changes.ts';
import { readForeigns, type StoredForeign } from '../store/foreign.ts';
import { type FactFilter, isPolicyFact, type LoggedFact, listFacts, type PolicyFact } from '../store/log.ts';
import { type Item, MOST_READS } from '../store/table.ts';
import type { AccessAt } from './accessAt.ts';
import { liveCanonical } from './keys.ts';

interface Page {
  limit: number;
  cursor?: Item;
}

/** Facts behind a page that are looked at for what stood before its last version: some were written over before they were recorded. */
const MOST_BEHIND = 20;

/** A fact for auditors; those about documents carry both of them, whole. */
export type AuditEvent = LoggedFact & { documents?: { before: Text; after: Text } };
type Text = Pick<PolicyText, 'document' | 'sha256'>;

/** One page of what happened, newest first. It may be short, and even empty, while there is a cursor. */
export async function readEvents(filter: FactFilter, page: Page): Promise<{ events: AuditEvent[]; cursor?: Item }> {
  const { facts, cursor } = await listFacts(filter, { ...page, reads: MOST_READS });
  const changes = await readChanges(facts.map((fact) => fact.change));
  const hashes = new Map<LoggedFact, [before: string, after: string]>();
  for (const fact of facts) {
    const change = changes.get(fact.change);
    if (fact.type === 'SUBMITTED' || fact.type === 'VERSIONED') hashes.set(fact, [fact.before, fact.binding.after]);
    else if (fact.type === 'FOREIGN_WRITE') hashes.set(fact, [fact.before, fact.after]);
    else if (change !== undefined && ABOUT_DOCUMENTS.has(fact.type)) {
      hashes.set(fact, [change.before, change.binding.after]);
    }
  }
  const texts = await readTexts([...hashes.values()].flat());
  const events = facts.map((fact): AuditEvent => {
    const [before, after] = (hashes.get(fact) ?? []).map((hash) => texts.get(hash));
    return before === undefined || after === undefined ? fact : { ...fact, documents: { before, after } };
  });
  return { events, ...(cursor === undefined ? {} : { cursor }) };
}

const ABOUT_DOCUMENTS = new Set<LoggedFact['type']>(['APPLY_INTENT', 'APPLIED', 'REVERT_INTENT', 'REVERTED']);

async function readTexts(hashes: readonly string[]): Promise<Map<string, Text>> {
  const distinct = [...new Set(hashes)];
  const documents = await readDocuments(distinct);
  return new Map(distinct.map((sha256, i) => [sha256, { document: documents[i] ?? '', sha256 }]));
}

/** One version of a key's policy: put by a change, or found in place and put there by somebody outside of the workflow. */
export type Version =
  | {
      origin: 'countersign';
      at: string;
      seq: number;
      change: string;
      submitter: string;
      reason: string;
      ticket?: string;
      approvers: string[];
      before: PolicyText;
      after: PolicyText;
      /** Who gained and lost what from the one to the other, in sentences, the most dangerous first. */
      difference: string[];
      put: boolean;
      /** A temporary change that was put back: `after` is the policy from before it. */
      reverted?: true;
    }
  | ({ origin: 'outside'; foundAt: string; foundBy: string; after: PolicyText } & Partial<Seen>);

/** What is told of a write outside of the workflow that was recorded; left out where a change only found what it had left. */
interface Seen {
  id: string;
  seq: number;
  before: PolicyText;
  difference: string[];
  caller: string;
  writtenAt: string;
  eventId: string;
  stands: boolean;
  byApplier: true;
  adopted: { person: string; comment: string; at: string };
  undo: string;
}

/** A fact that is a version. Where a revert found the policy from before live already, whoever put that there has a version. */
const versionFact = (fact: LoggedFact): PolicyFact[] =>
  isPolicyFact(fact) && (fact.type !== 'REVERTED' || fact.put) ? [fact] : [];

/** `GET /keys/{key}/history`. */
export interface KeyHistory {
  keyArn: string;
  /** Is the live policy the newest version? Null when it cannot be read. */
  liveIsNewest: boolean | null;
  /** Newest first. */
  versions: Version[];
  /** Who had access at the moment that was asked for. */
  access?: AccessAt;
  cursor?: Item;
}

/**
 * One page of the versions that a key's policy had. A change whose before document is not what the change before it had
 * put shows that somebody wrote in between: that document is a version of its own, found and not put by us.
 */
export async function readKeyHistory(keyArn: string, page: Page): Promise<KeyHistory> {
  const filter = { key: keyArn, kind: 'POLICY' } as const;
  const { facts, cursor } = await listFacts(filter, page);
  const older = cursor === undefined ? [] : (await listFacts(filter, { limit: MOST_BEHIND, cursor })).facts;
  const listed = facts.flatMap(versionFact);
  const all = [...listed, ...older.flatMap(versionFact)];
  const [changes, writes] = await Promise.all([
    readChanges(all.map((fact) => fact.change)),
    readForeigns(all.map((fact) => fact.change)),
  ]);
  const texts = await readTexts(
    all.flatMap((fact) => [fact.after, ...(fact.type === 'BASELINED' ? [] : [fact.before])]),
  );
  const text = (sha256: string): PolicyText => {
    const document = texts.get(sha256)?.document ?? '';
    return { document, sha256, canonical: canonicalOf(document) };
  };

  const versions: Version[] = [];
  listed.forEach((fact, i) => {
    if (fact.type === 'FOREIGN_WRITE' || fact.type === 'BASELINED') {
      versions.push(outside(fact, text, writes.get(fact.change)));
      return;
    }
    const change = changes.get(fact.change);
    if (change === undefined) throw new Error(`change ${fact.change} of the log is missing`);
    const before = text(fact.before);
    const previous = all.slice(i + 1).find(stood);
    versions.push({
      origin: 'countersign',
      at: fact.at,
      seq: fact.seq,
      change: change.id,
      submitter: change.submitter,
      reason: change.reason,
      ...(change.ticket === undefined ? {} : { ticket: change.ticket }),
      approvers: countingApprovals(change),
      before,
      after: text(fact.after),
      difference: difference(keyArn, before.document, text(fact.after).document),
      put: fact.put,
      ...(fact.type === 'REVERTED' ? { reverted: true } : {}),
    });
    if (previous === undefined || text(previous.after).canonical !== before.canonical) {
      versions.push({ origin: 'outside', foundAt: change.submittedAt, foundBy: change.id, after: before });
    }
  });
  const live = page.cursor === undefined ? await liveCanonical(keyArn) : undefined;
  // What was written over before it was recorded is in the history, and was not the newest.
  const newest = versions.find((one) => one.origin === 'countersign' || one.stands !== false)?.after.canonical;
  return {
    keyArn,
    liveIsNewest: live === undefined || newest === undefined ? null : live === newest,
    versions,
    ...(cursor === undefined ? {} : { cursor }),
  };
}

/** Of each version by itself: who wrote outside of the workflow kept to no rule, and their text may be one that cannot be read. */
function difference(keyArn: string, before: string, after: string): string[] {
  const [was, is] = [parseKeyPolicy(before), parseKeyPolicy(after)];
  if (!was.ok || !is.ok)
    return ['One of the two documents cannot be read, so it is not known who gained or lost access.'];
  const key = { arn: keyArn, accountId: keyArn.split(':')[4] ?? '' };
  return compareAccess(was.policy, is.policy, key).access.summary;
}

/** What was written over before it was recorded is in the history, and nothing followed it. */
const stood = (fact: PolicyFact): boolean => fact.type !== 'FOREIGN_WRITE' || fact.stands;

/** A policy that was put by others, with what became of it, or with which the key was seen first. */
function outside(
  fact: PolicyFact & { type: 'FOREIGN_WRITE' | 'BASELINED' },
  text: (sha256: string) => PolicyText,
  stored: StoredForeign | undefined,
): Version {
  const { change: id, seq, at } = fact;
  const after = text(fact.after);
  if (fact.type === 'BASELINED') return { origin: 'outside', foundAt: at, foundBy: 'baseline', after, id, seq };
  const { trace, adopted } = stored?.write ?? (fact as Partial<ForeignWrite>);
  return {
    origin: 'outside',
    foundAt: at,
    foundBy: fact.foundBy,
    after,
    id,
    seq,
    before: text(fact.before),
    difference: difference(fact.keyArn, text(fact.before).document, after.document),
    stands: fact.stands,
    ...(trace === undefined ? {} : trace),
    ...(fact.byApplier === undefined ? {} : { byApplier: fact.byApplier }),
    ...(adopted === undefined ? {} : { adopted }),
    ...(stored?.undo === undefined ? {} : { undo: stored.undo }),
  };
}
