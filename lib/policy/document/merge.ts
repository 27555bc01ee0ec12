import { byCodeUnit } from '../ascii.ts';
import type { KeyPolicy, Statement } from '../types.ts';
import { canonicalForm } from './canonical.ts';
import { itemsOf, type JsonObject, memberOf } from './json.ts';
import { mergeAdded, mergeStatement, type Spelled } from './mergeStatement.ts';

/** A policy as it was read: its meaning and its text. */
export interface Read {
  policy: KeyPolicy;
  node: JsonObject;
  text: string;
}

/** One thing that both sides did something about, each in its own way. Texts are those of the statements; undefined where a side has none. */
export interface Conflict {
  /** `Version`, `Id`, or what the statement is called. */
  what: string;
  kind: 'both-changed' | 'removed-and-changed' | 'both-added' | 'cannot-follow';
  base?: string | undefined;
  mine?: string | undefined;
  theirs?: string | undefined;
}

export type Merge = { ok: true; text: string } | { ok: false; conflicts: Conflict[] };

/** One statement of one document: by what it is followed through the three, what it says, and its exact text. */
interface Part extends Spelled {
  name: string;
  form: string;
}

/**
 * The three-way merge of key policies, statement by statement: what `mine` and `theirs` each did to `base`, together. A statement
 * is followed by its Sid where no document has that Sid twice, else by its canonical content; one that is rewritten and has no
 * such Sid is one removed and one added. Where both sides did the same there is no conflict, and where both changed one
 * statement, its lists are merged as far as that is sure: mergeStatement.ts. Where both removed a statement
 * and then added different ones, nobody can say whether one of those is the old one rewritten: that is a conflict, so that a
 * narrowing is never lost.
 *
 * @returns The text of the merged policy: the statements of `theirs` in their order, byte for byte, then those that `mine` added.
 */
export function mergePolicies(base: Read, mine: Read, theirs: Read): Merge {
  const sids = uniqueSids([base, mine, theirs]);
  const [b, m, t] = [base, mine, theirs].map((read) => partsOf(read, sids)) as [Part[], Part[], Part[]];
  const version = scalar('Version', base, mine, theirs);
  const id = scalar('Id', base, mine, theirs);
  const statements = mergeParts(b, m, t);
  const conflicts = [version, id, statements].flatMap((one) => one.conflicts);
  if (conflicts.length > 0) return { ok: false, conflicts };
  const members = [
    ...(version.text === undefined ? [] : [`  "Version": ${version.text}`]),
    ...(id.text === undefined ? [] : [`  "Id": ${id.text}`]),
    `  "Statement": [\n    ${statements.texts.join(',\n    ')}\n  ]`,
  ];
  return { ok: true, text: `{\n${members.join(',\n')}\n}` };
}

/** The Sids that name one statement at most in each document. */
function uniqueSids(all: readonly Read[]): Set<string> {
  const repeated = new Set<string>();
  const named = new Set<string>();
  for (const { policy } of all) {
    const here = new Set<string>();
    for (const { sid } of policy.statements) {
      if (!sid) continue;
      if (here.has(sid)) repeated.add(sid);
      here.add(sid);
      named.add(sid);
    }
  }
  for (const sid of repeated) named.delete(sid);
  return named;
}

function partsOf({ policy, node, text }: Read, sids: ReadonlySet<string | undefined>): Part[] {
  const nodes = itemsOf(memberOf(node, 'Statement'));
  return policy.statements.map((statement, i) => {
    const place = nodes[i];
    const form = formOf(statement);
    const { sid } = statement;
    const name = sids.has(sid) ? `Sid ${sid}` : form;
    return { name, form, statement, text: place === undefined ? form : text.slice(place.start, place.end) };
  });
}

const formOf = (statement: Statement): string => canonicalForm({ statements: [statement] });

/** Version or Id: a text of its own, so that its absence is a value too. */
function scalar(
  name: 'Version' | 'Id',
  base: Read,
  mine: Read,
  theirs: Read,
): { text?: string | undefined; conflicts: Conflict[] } {
  const member = name === 'Version' ? 'version' : 'id';
  const [b, m, t] = [base, mine, theirs].map(({ policy }) => JSON.stringify(policy[member]));
  if (m === t || m === b) return { text: t, conflicts: [] };
  if (t === b) return { text: m, conflicts: [] };
  return { conflicts: [{ what: name, kind: 'both-changed', base: b, mine: m, theirs: t }] };
}

/** How many statements of a name a side has, and what they say; those that are followed by their content all say the same. */
interface Side {
  count: number;
  form: string | undefined;
  texts: string[];
  parts: Part[];
}

function mergeParts(b: Part[], m: Part[], t: Part[]): { texts: string[]; conflicts: Conflict[] } {
  const names = [...new Set([...t, ...m, ...b].map(({ name }) => name))];
  const conflicts: Conflict[] = [];
  const texts: string[] = [];
  for (const name of names) {
    const [base, mine, theirs] = [sideOf(b, name), sideOf(m, name), sideOf(t, name)];
    if (same(mine, theirs) || same(mine, base)) texts.push(...theirs.texts);
    else if (same(theirs, base)) texts.push(...mine.texts);
    else {
      const merged = mergedOf(base, mine, theirs);
      if (merged !== undefined) texts.push(merged);
      else
        conflicts.push({
          what: labelOf(name, base, mine, theirs),
          kind: kindOf(base, mine, theirs),
          ...told(base, mine, theirs),
        });
    }
  }
  conflicts.push(...unfollowed(b, m, t));
  return { texts, conflicts };
}

function sideOf(parts: readonly Part[], name: string): Side {
  const found = parts.filter((part) => part.name === name);
  return { count: found.length, form: found[0]?.form, texts: found.map(({ text }) => text), parts: found };
}

/** What both sides did to the lists of one statement, or added as one, together; undefined where that is not sure. */
function mergedOf(...sides: [base: Side, mine: Side, theirs: Side]): string | undefined {
  const [base, mine, theirs] = sides.map(({ parts }) => parts[0]);
  if (sides[0].count === 0) return mine && theirs && mergeAdded(mine, theirs);
  return base && mine && theirs && mergeStatement(base, mine, theirs);
}

const same = (a: Side, b: Side): boolean => a.count === b.count && a.form === b.form;

const told = (base: Side, mine: Side, theirs: Side) => ({
  base: base.texts[0],
  mine: mine.texts[0],
  theirs: theirs.texts[0],
});

function kindOf(base: Side, mine: Side, theirs: Side): Conflict['kind'] {
  if (base.count === 0) return 'both-added';
  return mine.count === 0 || theirs.count === 0 ? 'removed-and-changed' : 'both-changed';
}

function labelOf(name: string, ...sides: Side[]): string {
  if (name.startsWith('Sid ')) return `The statement "${name.slice(4)}"`;
  return `The statement without a Sid of its own ${sides.flatMap(({ texts }) => texts)[0]}`.slice(0, 200);
}

/** Statements that both sides removed, when they did not then add the same: either may have rewritten them. */
function unfollowed(b: Part[], m: Part[], t: Part[]): Conflict[] {
  const names = (parts: Part[]) => new Set(parts.map(({ name }) => name));
  const [inBase, inMine, inTheirs] = [names(b), names(m), names(t)];
  const added = (parts: Part[]) =>
    parts
      .filter(({ name }) => !inBase.has(name))
      .map(({ form }) => form)
      .sort(byCodeUnit)
      .join();
  if (added(m) === added(t)) return [];
  return b
    .filter(({ name }) => !inMine.has(name) && !inTheirs.has(name))
    .map(({ name, text }) => ({
      what: labelOf(name, sideOf(b, name)),
      kind: 'cannot-follow' as const,
      base: text,
    }));
}
