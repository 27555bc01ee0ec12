import { isDeepStrictEqual } from 'node:util';
import { type Change, countingApprovals, fold, isOpen } from '../../lib/change/change.ts';
import type { Fact } from '../../lib/change/facts.ts';
import { sha256 } from '../../lib/policy/document/canonical.ts';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import type { Put } from '../../local/demo/visitor.ts';

export type Items = readonly Record<string, unknown>[];
type LoggedFact = Fact & { seq: number };

const RESULTS = ['APPLIED', 'REVERTED', 'STALE', 'FAILED', 'UNCERTAIN'];
/** A session of the role that puts, here or in another account. */
const APPLIER = /:assumed-role\/(?:countersign-local-apply|CountersignApply)\//;
const NO = ['REJECTED', 'CANCELLED', 'EXPIRED'];
// Asking is at least once: a wake while the mails go out asks again whom the first has not written down yet.
const ONCE = ['SUBMITTED', 'APPLY_INTENT', 'CLOSED', ...RESULTS, ...NO];

/**
 * What is wrong with an outcome, against what KMS was really sent: the ground truth. One line for each breach, with its number
 * (I1 to I16). `items`: everything of these changes, their facts and documents. `puts`: the journal of KMS, whole.
 *
 * @param twice a call may have been delivered twice by the network, so that one put is two lines of the journal
 */
export function violations(items: Items, puts: readonly Put[], twice = false): string[] {
  const changes = items.filter(({ sk }) => sk === 'CHANGE');
  const applied = puts.filter(({ caller, result }) => APPLIER.test(caller) && result === 'ok');
  return [
    ...changes.flatMap(({ change, seqs }) =>
      ofChange(change as Change, factsAt(items, seqs as number[]), applied, puts, items, twice),
    ),
    ...strangers(
      changes.map(({ change }) => change as Change),
      applied,
      items,
    ),
    ...overlaps(items),
  ];
}

function factsAt(items: Items, seqs: readonly number[]): LoggedFact[] {
  const bySeq = new Map(items.filter(({ pk }) => pk === 'LOG#main').map((item) => [item.seq, item]));
  return seqs.flatMap((seq) => {
    const item = bySeq.get(seq);
    return item === undefined ? [] : [JSON.parse(String(item.body)) as LoggedFact];
  });
}

function ofChange(
  change: Change,
  facts: LoggedFact[],
  applied: readonly Put[],
  journal: readonly Put[],
  items: Items,
  twice: boolean,
): string[] {
  const found: string[] = [];
  const breach = (name: string, what: string) => found.push(`${name} ${change.id} ${change.status}: ${what}`);
  // A temporary change is two jobs, one after the other: it is applied, and it is put back.
  const turn = facts.findIndex(({ type }) => type === 'REVERT_INTENT');
  const back = turn === -1 ? [] : facts.slice(turn);
  const types = (turn === -1 ? facts : facts.slice(0, turn)).map(({ type }) => type);

  const plain = facts.map(
    ({ seq: _, prev: __, log: ___, ...fact }: LoggedFact & { prev?: string; log?: string }) => fact,
  );
  if (!isDeepStrictEqual(plainly(fold(plain as Fact[])), plainly(change)))
    breach('I15', 'the state is not the fold of its facts');
  // An intent that was taken back is none.
  const takenBack = types.filter((type) => type === 'APPLY_HELD').length;
  for (const part of [types, back.map(({ type }) => type)]) {
    for (const type of ONCE) {
      const times = part.filter((one) => one === type).length - (type === 'APPLY_INTENT' ? takenBack : 0);
      if (times > 1) breach('I15', `${type} stands ${times} times`);
    }
  }
  if (!change.closed) breach('I14', `nobody was told how it ended: ${types.join(' ')}`);

  const mine = applied.filter(({ keyArn, sha256: hash }) => keyArn === change.key.arn && hash === change.binding.after);
  const intent = facts.findLast(({ type }) => type === 'APPLY_INTENT');
  const ends = types.filter((type) => RESULTS.includes(type)).length;
  const intents = types.filter((type) => type === 'APPLY_INTENT').length - takenBack;
  if (intents > 0 && ends !== 1) breach('I16', `an intent has ${ends} results`);
  if (mine.length === 0 && facts.some((fact) => fact.type === 'APPLIED' && fact.put)) {
    breach('I16', 'it says that it was put, and KMS knows of no put');
  }
  if (mine.length > 0 && !types.includes('APPLIED') && !types.includes('UNCERTAIN'))
    breach('I16', 'KMS took a put that the record denies');
  if (mine.length > (twice ? 2 : 1)) breach('I5', `${mine.length} puts`);

  found.push(...ofRevert(change, back, applied, journal, items, twice));

  const approvers = countingApprovals(change);
  for (const put of mine) {
    if (intent === undefined || put.at < intent.at) breach('I16', 'a put before its intent');
    if (approvers.length < change.rule.quorum) breach('I1', 'a put without its quorum');
    if (approvers.includes(change.submitter)) breach('I3', 'the submitter approved');
    if (put.at >= change.applyBy) breach('I9', 'a put after applyBy');
    if (types.some((type) => NO.includes(type))) breach('I8', 'a put of a change that was refused');
    const document = items.find(({ pk }) => pk === `DOC#${change.binding.after}`)?.document;
    if (put.policy !== document || sha256(put.policy) !== change.binding.after)
      breach('I2', 'the bytes are not those approved');
    const earlier = journal.filter(
      ({ seq, keyArn, result }) => keyArn === put.keyArn && result === 'ok' && seq < put.seq,
    );
    const previous = earlier.at(-1);
    if (previous === undefined || (twice && previous.sha256 === put.sha256)) continue;
    if (canonicalOf(previous.policy) !== change.binding.base) {
      breach(
        earlier.some(({ sha256: hash }) => hash === change.binding.after) ? 'I5' : 'I1',
        'it replaced what was not its base',
      );
    }
  }
  return found;
}

/** What is wrong with how a temporary change was put back: `facts` from its intent on, or none. */
function ofRevert(
  change: Change,
  facts: readonly LoggedFact[],
  applied: readonly Put[],
  journal: readonly Put[],
  items: Items,
  twice: boolean,
): string[] {
  const [intent] = facts;
  if (intent === undefined) return [];
  const found: string[] = [];
  const breach = (name: string, what: string) => found.push(`${name} revert of ${change.id} ${change.status}: ${what}`);
  const ends = facts.filter(({ type }) => RESULTS.includes(type));
  if (ends.length !== 1) breach('I16', `an intent has ${ends.length} results`);
  if (intent.at < (change.revertAt ?? '~')) breach('I9', 'before its time');
  // What came before the change may have been put by others too, before it and after it.
  const ofKey = applied.filter(({ keyArn }) => keyArn === change.key.arn);
  const own = ofKey.findLast(({ sha256: hash }) => hash === change.binding.after);
  const after = ofKey.filter(({ seq }) => seq > (own?.seq ?? 0));
  const next = after.findIndex(({ sha256: hash }) => hash !== change.before);
  const mine = next === -1 ? after : after.slice(0, next);
  const put = ends.some((end) => end.type === 'REVERTED' && end.put);
  if (put && mine.length === 0) breach('I16', 'it says that it was put back, and KMS knows of no put');
  if (mine.length > 0 && !put && change.status !== 'UNCERTAIN') breach('I16', 'KMS took a put that the record denies');
  if (mine.length > (twice ? 2 : 1)) breach('I5', `${mine.length} puts`);
  for (const one of mine) {
    if (one.at < intent.at) breach('I16', 'a put before its intent');
    if (one.policy !== items.find(({ pk }) => pk === `DOC#${change.before}`)?.document) {
      breach('I2', 'the bytes are not those from before');
    }
    const previous = journal.filter(
      ({ seq, keyArn, result }) => keyArn === one.keyArn && result === 'ok' && seq < one.seq,
    );
    const over = previous.at(-1);
    if (over === undefined || (twice && over.sha256 === one.sha256)) continue;
    if (canonicalOf(over.policy) !== change.afterCanonical) breach('I1', 'it replaced what the change had not applied');
  }
  return found;
}

/** Puts of ours that belong to no change. */
function strangers(changes: readonly Change[], applied: readonly Put[], items: Items): string[] {
  const whole = items.some(({ pk }) => pk === 'HEAD#main');
  if (!whole) return [];
  const known = new Set(
    changes.flatMap(({ key, binding, before, revertAt }) => [
      `${key.arn} ${binding.after}`,
      ...(revertAt === undefined ? [] : [`${key.arn} ${before}`]),
    ]),
  );
  return applied
    .filter((put) => !known.has(`${put.keyArn} ${put.sha256}`))
    .map(({ seq }) => `I1: put ${seq} is of no change`);
}

/** Two changes of one key between intent and result at once. */
function overlaps(items: Items): string[] {
  const found: string[] = [];
  const applying = new Map<string, string>();
  const facts = items.filter(({ pk }) => pk === 'LOG#main').map(({ body }) => JSON.parse(String(body)) as LoggedFact);
  for (const { type, keyArn, change } of facts.sort((a, b) => a.seq - b.seq)) {
    if (type === 'APPLY_INTENT' || type === 'REVERT_INTENT') {
      const other = applying.get(keyArn);
      if (other !== undefined) found.push(`I6: ${change} began while ${other} was applied to the same key`);
      applying.set(keyArn, change);
    } else if ((type === 'APPLY_HELD' || RESULTS.includes(type)) && applying.get(keyArn) === change)
      applying.delete(keyArn);
  }
  return found;
}

/** Places among the open changes of a key that are held by no open change, and open changes without one. `items`: the whole table, at rest. */
export function misplaced(items: Items): string[] {
  const open = items
    .filter(({ sk }) => sk === 'CHANGE')
    .map(({ change }) => change as Change)
    .filter(({ status }) => isOpen(status))
    .map(({ id, key }) => `${key.arn} ${id}`);
  const held = items
    .filter(({ pk }) => String(pk).startsWith('OPEN#'))
    .flatMap(({ pk, members = [] }) => [...(members as Iterable<string>)].map((id) => `${String(pk).slice(5)} ${id}`));
  return [
    ...held.filter((one) => !open.includes(one)).map((one) => `I27: the place of ${one} was not freed`),
    ...open.filter((one) => !held.includes(one)).map((one) => `I27: ${one} is open without a place`),
  ];
}

const plainly = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
