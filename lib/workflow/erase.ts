import { ulid } from 'ulid';
import { readBody } from '../audit/chain.ts';
import { type Seal, sealsIn } from '../audit/seal.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { listUnsettled } from '../store/changes.ts';
import { listEntries, logHead, readEntries, recordAlone } from '../store/log.ts';
import { beginErasing, forgetPerson, forgetTexts, sealOfPerson } from '../store/people.ts';
import { type Item, put } from '../store/table.ts';
import { forgetUnreachable } from '../store/unreachable.ts';

/** What was erased. The log and every copy of it stay as they are. */
export interface Erased {
  /** What stands for the person in the log from now on, for good. */
  seal: string;
  /** How many reasons, comments and tickets of theirs were forgotten. */
  texts: number;
}

/**
 * Erases a person: whom their seal stands for, and what they wrote. The facts stay, with seals of which nobody can tell any
 * more what they were made from; who approved what, and that two were different people, can still be proven. Safe to run again: what
 * a crash left is erased then.
 *
 * Refused while something still depends on knowing them: the rules file names them, or a change that is not over does.
 */
export async function erasePerson(person: string, by: string, rules: Rules, at: string): Promise<Outcome<Erased>> {
  const seal = await sealOfPerson(person);
  if (seal === undefined) return refuse('NOT_FOUND', 'Nobody of this address stands in the history under a seal.');
  if (names(rules, person)) {
    return refuse('PERSON_NEEDED', 'The rules file names this person: take them out of it and deploy it first.');
  }
  const open = await openChangeOf(person);
  if (open !== undefined) return refuse('PERSON_NEEDED', `${open} is not over and names this person: end it first.`);
  await beginErasing(person, seal);
  // Before anything is forgotten: what was done is known even if the rest of it must be done again.
  // Under the seal that is erased: another who erases them at the same moment must not have a new one made.
  await recordAlone(
    { type: 'PERSON_ERASED', who: person, change: `chg_${ulid(Date.parse(at))}`, keyArn: '', person: by, at },
    new Map([[seal, person]]),
  );
  const texts = await forgetTextsOf(person, seal);
  await put([forgetUnreachable(person)]);
  await forgetPerson(person, seal);
  return done({ seal, texts });
}

/** Does this name stand anywhere in it, as a value or as a name of one? */
function names(value: unknown, name: string): boolean {
  if (typeof value === 'string') return value.toLowerCase() === name;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, member]) => key.toLowerCase() === name || names(member, name));
}

async function openChangeOf(person: string): Promise<string | undefined> {
  let cursor: Item | undefined;
  do {
    const page = await listUnsettled({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    const found = page.changes.find((change) => names(change, person));
    if (found !== undefined) return found.id;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}

/** An index may be behind the log, and never by as many entries as this. */
const NEWEST = 1_000;

/** What they wrote, by the index, and by the newest entries of the log itself, which the index may not have yet. */
async function forgetTextsOf(person: string, seal: Seal): Promise<number> {
  const forgotten = new Set<Seal>();
  const forgetIn = async (bodies: readonly object[]) => {
    const written = sealsIn(bodies).filter((one) => one.startsWith('txt_') && !forgotten.has(one));
    await forgetTexts(written);
    for (const one of written) forgotten.add(one);
  };
  let cursor: Item | undefined;
  do {
    const page = await listEntries({ person }, { limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    await forgetIn(page.entries.map(({ body }) => readBody(body)));
    cursor = page.cursor;
  } while (cursor !== undefined);
  const { seq } = await logHead();
  for await (const entries of readEntries(Math.max(0, seq - NEWEST), seq)) {
    await forgetIn(entries.map(({ body }) => readBody(body)).filter((body) => body.person === seal));
  }
  return forgotten.size;
}
