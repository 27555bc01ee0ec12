import { type Fact, WORKFLOW } from '../change/facts.ts';
import { adopt, evolveForeign, type ForeignFact, type ForeignWrite, whyNotUndone } from '../change/foreign.ts';

/** What the facts so far say of keys outside of the workflow. It grows with the keys, and with the writes that nobody adopted. */
export interface ForeignState {
  /** Keys that were seen. */
  seen: Set<string>;
  /** Foreign writes that still may be adopted or undone, by id. */
  writes: Map<string, ForeignWrite>;
  /** Those that are over: a late mail may still be told of them. */
  over: Set<string>;
}

export const nothingForeign = (): ForeignState => ({ seen: new Set(), writes: new Map(), over: new Set() });

/**
 * Takes one fact about a key in, or says why the facts before do not allow it: a key is seen for the first time once and never
 * after somebody wrote it, a write is found and traced once by the workflow, and after that adopted once by one of its people
 * who did not write it.
 */
export function replayForeign(foreign: ForeignState, fact: ForeignFact): string | undefined {
  const { seen, writes, over } = foreign;
  const { type, change: id, keyArn, person } = fact;
  if (type !== 'FOREIGN_ADOPTED' && person !== WORKFLOW) return `${type} is not for ${person} to say`;
  const write = writes.get(id);
  if (type === 'BASELINED') {
    if (seen.has(keyArn)) return 'this key was seen before';
    seen.add(keyArn);
    return undefined;
  }
  if (type === 'FOREIGN_WRITE') {
    if (write !== undefined || over.has(id)) return `${id} was found twice`;
    if (fact.key.arn !== keyArn) return 'it is filed under another key than its own';
    seen.add(keyArn);
    writes.set(id, evolveForeign(undefined, fact));
    return undefined;
  }
  if (write === undefined) {
    return over.has(id) && type !== 'FOREIGN_ADOPTED' ? undefined : `${id} was not found before, or is over`;
  }
  if (write.key.arn !== keyArn) return 'it is filed under another key than its write';
  if (type === 'FOREIGN_TRACED' && write.trace !== undefined) return `${id} was traced before`;
  if (type === 'FOREIGN_ADOPTED') {
    const outcome = adopt(write, fact);
    if (!outcome.ok) return `${person} may not adopt it: ${outcome.refusal.detail}`;
    writes.delete(id);
    over.add(id);
    return undefined;
  }
  writes.set(id, evolveForeign(write, fact));
  return undefined;
}

/** Why a change cannot undo the write that it names: it must be there, of its key, still undoable, and put back exactly what was before. */
export function forbiddenUndo(foreign: ForeignState, fact: Fact & { type: 'SUBMITTED' }): string | undefined {
  if (fact.undoes === undefined) return undefined;
  const write = foreign.writes.get(fact.undoes);
  if (write === undefined || write.key.arn !== fact.keyArn || whyNotUndone(write) !== undefined) {
    return `there is no ${fact.undoes} of this key that could be undone`;
  }
  return undefined;
}
