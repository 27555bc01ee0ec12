import { type ActionSet, actionsOf, isEmpty } from '../actions.ts';
import type { ConditionId, Conditions } from '../condition/conditions.ts';
import { globMatches } from '../glob.ts';
import { type Atom, accountKey, atomOf } from '../principals.ts';
import type { KeyPolicy, Principal, Statement } from '../types.ts';

/** What of a key the reading of its policy depends on. */
export interface KeyIdentity {
  accountId: string;
  /** When it is not known, a Resource that names a key may or may not be this one. */
  arn?: string;
  /** The actions that are possible for it at all; every one, when that is not known. */
  can?: ActionSet;
}

/** A statement that has an effect, reduced to what access is worked out from. */
export interface Rule {
  /** Position in the document, from 0. */
  index: number;
  /** JSON pointer of the statement. */
  path: string;
  sid: string | undefined;
  allow: boolean;
  actions: ActionSet;
  condition: ConditionId;
  /** Doubts that decide whether the statement counts at all; 0 when it surely does. */
  doubt: number;
  /** Equal for statements with the same effect, actions, condition and doubt. */
  content: string;
}

/**
 * What AWS does not say for certain, one bit each. Access is worked out with every doubt resolved both ways; where the answers
 * differ it is `may`.
 */
export const DOUBT = {
  /** Deny with NotPrincipal that excepts someone but not the account: "might deny" (IAM User Guide, NotPrincipal). */
  accountNotExcepted: 1,
  /** NotPrincipal excepts an account: the statement still applies to principals of it that are not excepted by name. */
  accountExcepted: 2,
  /** Account of a deleted user or role. */
  unknownAccount: 4,
  /** Resource is not `*`; KMS stored such documents before August 2025. */
  resource: 8,
} as const;

export const ALL_DOUBTS = Object.values(DOUBT).reduce((sum, doubt) => sum | doubt, 0);

/** A statement with its condition, or with what is left of that once the caller is known. */
export interface Conditional {
  rule: Rule;
  condition: ConditionId;
}

/** A statement as it applies to one atom. */
export interface Applied extends Conditional {
  doubt: number;
}

interface Exception {
  rule: Rule;
  /** Equal for statements that mean the same. */
  content: string;
  keys: ReadonlySet<string>;
  roles: ReadonlySet<string | undefined>;
}

/** The statements of one document by the principals that they name. */
export interface StatementIndex {
  atoms: readonly Atom[];
  named: ReadonlyMap<string, readonly Applied[]>;
  /** By account and role name; nothing stands under `undefined`, which atoms of other kinds have. */
  roles: ReadonlyMap<string | undefined, readonly Applied[]>;
  exceptions: readonly Exception[];
}

const NONE: readonly Applied[] = [];

/** What was read already; give one to all documents of a comparison. */
export interface Caches {
  actions: Map<string, ActionSet>;
  /** Of principals of the kind AWS, by id. */
  atoms: Map<string, Atom>;
}

/** Sorts the statements of a policy by whom they name; those without effect are left out. */
export function indexStatements(
  policy: KeyPolicy,
  key: KeyIdentity,
  conditions: Conditions,
  caches: Caches,
): StatementIndex {
  const atoms = new Map<string, Atom>();
  const named = new Map<string, Applied[]>();
  const roles = new Map<string, Applied[]>();
  const exceptions: Exception[] = [];
  policy.statements.forEach((statement, index) => {
    const doubt = resourceDoubt(statement, key);
    const actions = actionsOf(statement, caches.actions);
    if (doubt === undefined || isEmpty(actions)) return;
    const allow = statement.effect === 'Allow';
    const condition = conditions.read(statement.conditions, policy.version);
    const rule: Rule = {
      index,
      path: statement.path,
      sid: statement.sid,
      allow,
      actions,
      condition,
      doubt,
      content: `${allow ? '+' : '-'}${actions.lo},${actions.hi},${condition},${doubt}`,
    };
    const principals = statement.principals.map((principal) => cachedAtom(principal, caches.atoms));
    for (const atom of principals) atoms.set(atom.key, atom);
    if (statement.notPrincipal) {
      exceptions.push(exceptionOf(rule, principals));
      return;
    }
    const applied = { rule, condition, doubt };
    for (const atom of principals) {
      push(named, atom.key, applied);
      if (atom.kind === 'identity' && atom.role !== undefined) push(roles, atom.role, applied);
    }
  });
  return { atoms: [...atoms.values()], named, roles, exceptions };
}

function exceptionOf(rule: Rule, principals: readonly Atom[]): Exception {
  const keys = new Set(principals.map(({ key }) => key));
  return {
    rule,
    content: `${rule.content} ${[...keys].join(' ')}`,
    keys,
    roles: new Set(principals.filter(({ kind }) => kind === 'identity').map(({ role }) => role)),
  };
}

function cachedAtom(principal: Principal, atoms: Caches['atoms']): Atom {
  if (principal.kind !== 'AWS') return atomOf(principal);
  const known = atoms.get(principal.id);
  if (known !== undefined) return known;
  const atom = atomOf(principal);
  atoms.set(principal.id, atom);
  return atom;
}

/** A statement may name a principal twice. */
function push(map: Map<string, Applied[]>, key: string, applied: Applied): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [applied]);
  else if (list.at(-1) !== applied) list.push(applied);
}

/** Doubt whether Resource means this key; `undefined` when it surely does not. In a key policy only `*` is sure. */
function resourceDoubt({ resources, notResource }: Statement, key: KeyIdentity): number | undefined {
  if (resources.length === 0) return undefined;
  const everything = resources.includes('*');
  if (notResource) return everything ? undefined : DOUBT.resource;
  if (everything) return 0;
  const arn = key.arn;
  return arn === undefined || resources.some((pattern) => globMatches(pattern, arn)) ? DOUBT.resource : undefined;
}

/**
 * `direct`: what the key policy itself gives. `total`: also what it lets the account's IAM policies give, through an Allow for
 * the root of the key's own account. In other accounts both need an IAM policy, and an account itself is what others delegate to, so
 * the layers are one there.
 */
export type Layer = 'direct' | 'total';

/** Whether the layers differ for an atom. */
export function hasLayers(atom: Atom, ownAccount: string): boolean {
  return atom.account === ownAccount && atom.kind !== 'account';
}

/**
 * The statements that apply to an atom, each once.
 * Sources: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal"; KMS Developer Guide, "Default key policy".
 */
export function statementsFor(index: StatementIndex, atom: Atom, layer: Layer, ownAccount: string): Applied[] {
  const { named, roles, exceptions } = index;
  const applied = [...(named.get(atom.key) ?? NONE)];
  add(applied, named.get('*'));
  if (atom.kind === 'session') add(applied, roles.get(atom.role ?? ''));
  if (atom.account !== undefined) {
    const ofAccount = named.get(accountKey(atom.account));
    const delegates = layer === 'total' || !hasLayers(atom, ownAccount);
    add(applied, delegates ? ofAccount : ofAccount?.filter(({ rule }) => !rule.allow));
  }
  if (atom.kind === 'unknown') {
    for (const other of index.atoms) {
      if (other.kind !== 'account') continue;
      const denies = named.get(other.key)?.filter(({ rule }) => !rule.allow);
      add(
        applied,
        denies?.map((deny) => ({ ...deny, doubt: deny.doubt | DOUBT.unknownAccount })),
      );
    }
  }
  for (const exception of exceptions) {
    const { rule } = exception;
    const doubt = exceptionDoubt(exception, atom);
    if (doubt !== undefined) applied.push({ rule, condition: rule.condition, doubt: rule.doubt | doubt });
  }
  return applied;
}

/** A statement may name a principal twice, as itself and by its account or role. */
function add(applied: Applied[], more: readonly Applied[] | undefined): void {
  for (const one of more ?? NONE) if (!applied.some(({ rule }) => rule === one.rule)) applied.push(one);
}

/**
 * Whether other statements may apply to an atom in one document than in another, told by content. Statements on everyone are
 * compared once.
 */
export function appliesOtherwise(before: StatementIndex, after: StatementIndex): (atom: Atom) => boolean {
  const named = (key: string): boolean => !sameContent(before.named.get(key), after.named.get(key));
  const exceptions = (index: StatementIndex): string[] => index.exceptions.map(({ content }) => content);
  const everyone = named('*') || !sameTexts(exceptions(before), exceptions(after));
  const ofAccounts = new Map<string, boolean>();
  for (const { kind, key } of [...before.atoms, ...after.atoms])
    if (kind === 'account') ofAccounts.set(key, named(key));
  const anyAccount = [...ofAccounts.values()].includes(true);
  return (atom) => {
    if (everyone || named(atom.key)) return true;
    if (atom.account !== undefined && ofAccounts.get(accountKey(atom.account)) === true) return true;
    if (atom.kind === 'session')
      return !sameContent(before.roles.get(atom.role ?? ''), after.roles.get(atom.role ?? ''));
    return atom.kind === 'unknown' && anyAccount;
  };
}

function sameContent(a: readonly Applied[] = NONE, b: readonly Applied[] = NONE): boolean {
  if (a.length === 1 && b.length === 1) return a[0]?.rule.content === b[0]?.rule.content;
  const contents = (applied: readonly Applied[]): string[] => applied.map(({ rule }) => rule.content);
  return sameTexts(contents(a), contents(b));
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  const [first, second] = [new Set(a), new Set(b)];
  return first.size === second.size && [...first].every((text) => second.has(text));
}

/** Doubt whether a statement with NotPrincipal applies to an atom; `undefined` when it surely does not. */
function exceptionDoubt({ rule, keys, roles }: Exception, atom: Atom): number | undefined {
  const byName = keys.has(atom.key) || (atom.kind === 'session' && roles.has(atom.role));
  if (!byName) return 0;
  if (atom.kind === 'account') return DOUBT.accountExcepted;
  if (rule.allow) return undefined;
  if (atom.account === undefined || keys.has(accountKey(atom.account))) return undefined;
  return DOUBT.accountNotExcepted;
}
