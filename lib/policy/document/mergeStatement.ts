import { lowerAscii } from '../ascii.ts';
import type { Statement } from '../types.ts';

/** One statement of one document, and its exact text: JSON. */
export interface Spelled {
  statement: Statement;
  text: string;
}

/** One list of a statement: its items as written, by what makes two of them the same. */
interface List {
  items: Map<string, string>;
  /** Can items of it be merged one by one at all? */
  isSet: boolean;
  /** Does an item stand for itself alone, and for nothing that another could name too? */
  isPlain(item: string): boolean;
}

/** Operators under which a request matches when it matches one value: each value is decided by itself. */
const ONE_OF = new Set(
  ['stringequals', 'stringlike', 'arnequals', 'arnlike'].flatMap((one) => [one, `${one}ifexists`]),
);
const WILD = /[*?$]/;
/** A role or user by its ARN, or a service; an account, a session, a unique id or anybody may be or hold another principal. */
const PLAIN_PRINCIPAL = /^(?:AWS arn:[\w-]+:iam::\d{12}:(?:role|user)\/[^*?$]+|Service [\w.-]+)$/;

/**
 * The three-way merge of one statement that both sides changed, where that is sure: both changed the items of one and the same
 * list, and nothing else. The list is then what `theirs` has, without what `mine` removed and with what it added: for each
 * item whoever touched it decides. Undefined, which is a conflict, where the whole could mean what neither side meant:
 *
 * - Two lists were changed: a statement gives every principal every action, also the new one of one side the new one of the other.
 * - NotPrincipal, NotAction, NotResource, and conditions but for {@link ONE_OF}: an item that is added takes access away,
 *   and with ForAllValues two that are added match together what neither matches alone.
 * - A Deny that lost an item: somebody gains by it, and the other side wrote with the whole Deny before its eyes. Additions alone are merged.
 * - Both removed an item and added different ones: each may be the old one rewritten, and a narrowing must not be lost.
 * - One side removed an item and the other added one, and one of the two is a wildcard, an account or a session: it may
 *   give again what was taken away.
 * - Nothing is left of the list.
 */
export function mergeStatement(base: Spelled, mine: Spelled, theirs: Spelled): string | undefined {
  const [b, m, t] = [base, mine, theirs].map(({ statement }) => listsOf(statement));
  if (b === undefined || m === undefined || t === undefined) return undefined;
  if (frameOf(base, b) !== frameOf(mine, m) || frameOf(base, b) !== frameOf(theirs, t)) return undefined;
  const changed = [...b].filter(([name, { items }]) => [m, t].some((side) => !sameKeys(items, itemsIn(side, name))));
  const [only, ...more] = changed;
  if (only === undefined || more.length > 0) return undefined;
  const [name, list] = only;
  const items = mergeItems(list, itemsIn(m, name), itemsIn(t, name), base.statement.effect);
  return items === undefined ? undefined : withItems(theirs, name, items);
}

/**
 * One statement that both sides added under one Sid, where they differ in whom they allow alone: the first user of the console's
 * default view, added twice. Allowing both is what each side did, and no more. Undefined, which is a conflict, for anything else.
 */
export function mergeAdded(mine: Spelled, theirs: Spelled): string | undefined {
  const [m, t] = [listsOf(mine.statement), listsOf(theirs.statement)];
  if (m === undefined || t === undefined || frameOf(mine, m) !== frameOf(theirs, t)) return undefined;
  const differing = [...m.keys()].filter((name) => !sameKeys(itemsIn(m, name), itemsIn(t, name)));
  if (mine.statement.effect !== 'Allow' || differing.join() !== 'Principal') return undefined;
  const items = new Map([...itemsIn(t, 'Principal'), ...itemsIn(m, 'Principal')]);
  const plain = mine.statement.notPrincipal ? false : [...items.keys()].every((one) => PLAIN_PRINCIPAL.test(one));
  return plain ? withItems(theirs, 'Principal', [...items.values()]) : undefined;
}

function mergeItems(
  { items: base, isSet, isPlain }: List,
  mine: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
  effect: Statement['effect'],
): string[] | undefined {
  const [goneMine, goneTheirs] = [without(base, mine), without(base, theirs)];
  const [newMine, newTheirs] = [without(mine, base), without(theirs, base)];
  const bothRewrote = goneMine.some((one) => goneTheirs.includes(one)) && !sameItems(newMine, newTheirs);
  const mayReturn = (gone: string[], added: string[]) =>
    gone.length > 0 && added.length > 0 && ![...gone, ...added].every(isPlain);
  const denyLost = effect === 'Deny' && goneMine.length + goneTheirs.length > 0;
  if (!isSet || denyLost || bothRewrote || mayReturn(goneMine, newTheirs) || mayReturn(goneTheirs, newMine)) {
    return undefined;
  }
  const merged = new Map([...theirs, ...[...mine].filter(([key]) => newMine.includes(key))]);
  for (const key of goneMine) merged.delete(key);
  return merged.size === 0 ? undefined : [...merged.values()];
}

/** The lists of a statement by name; undefined where two lines of its conditions differ in case alone. */
function listsOf(statement: Statement): Map<string, List> | undefined {
  const { principals, actions, resources, conditions } = statement;
  const plain = (item: string) => !WILD.test(item);
  const lists = new Map<string, List>([
    [
      'Principal',
      {
        items: itemsOf(principals.map(({ kind, id }) => `${kind} ${id}`)),
        isSet: !statement.notPrincipal,
        isPlain: (item) => PLAIN_PRINCIPAL.test(item),
      },
    ],
    ['Action', { items: itemsOf(actions, lowerAscii), isSet: !statement.notAction, isPlain: plain }],
    ['Resource', { items: itemsOf(resources), isSet: !statement.notResource, isPlain: plain }],
  ]);
  for (const { operator, key, values } of conditions) {
    const name = `Condition ${lowerAscii(operator)} ${lowerAscii(key)}`;
    if (lists.has(name)) return undefined;
    lists.set(name, { items: itemsOf(values), isSet: ONE_OF.has(lowerAscii(operator)), isPlain: plain });
  }
  return lists;
}

const itemsOf = (items: readonly string[], keyOf = (item: string) => item) =>
  new Map(items.map((item) => [keyOf(item), item]));

const itemsIn = (lists: Map<string, List>, name: string): ReadonlyMap<string, string> =>
  lists.get(name)?.items ?? new Map();

/** Everything of a statement but the items of its lists. */
const frameOf = ({ statement: { effect, notPrincipal, notAction, notResource } }: Spelled, lists: Map<string, List>) =>
  JSON.stringify([effect, notPrincipal, notAction, notResource, [...lists.keys()].sort()]);

const without = (some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): string[] =>
  [...some.keys()].filter((key) => !others.has(key));

const sameItems = (some: readonly string[], others: readonly string[]) =>
  some.length === others.length && some.every((one) => others.includes(one));

const sameKeys = (some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>) =>
  sameItems([...some.keys()], [...others.keys()]);

/** The text of a statement with these items in one of its lists. */
function withItems({ statement, text }: Spelled, name: string, items: readonly string[]): string {
  const value = JSON.parse(text) as Record<string, unknown>;
  if (name === 'Principal') {
    const byKind = Map.groupBy(items, (item) => item.slice(0, item.indexOf(' ')));
    value.Principal = Object.fromEntries(
      [...byKind].map(([kind, some]) => [kind, bare(some.map((item) => item.slice(kind.length + 1)))]),
    );
  } else if (name === 'Action' || name === 'Resource') value[name] = bare(items);
  else {
    const blocks = value.Condition as Record<string, object>;
    for (const { operator, key } of statement.conditions) {
      if (name === `Condition ${lowerAscii(operator)} ${lowerAscii(key)}`)
        Object.assign(blocks[operator] ?? {}, { [key]: bare(items) });
    }
  }
  return JSON.stringify(value, null, 2).replaceAll('\n', '\n    ');
}

const bare = (items: readonly string[]) => (items.length === 1 ? items[0] : items);
