import { type ActionSet, actionsOf, isEmpty } from './actions.ts';
import type { ConditionId, Conditions } from './conditions.ts';
import { globMatches } from './glob.ts';
import { type Atom, accountKey, atomOf } from './principals.ts';
import type { KeyPolicy, Statement } from './types.ts';

/** What of a key the reading of its policy depends on. */
export interface KeyIdentity {
  accountId: string;
  /** When it is not known, a Resource that names a key may or may not be this one. */
  arn?: string;
}

/** A statement that has an effect, reduced to what access is worked out from. */
export interface Rule {
  /** Position in the document, from 0. */
  index: number;
  /** JSON pointer of the statement. */
  path: string;
  sid?: string;
  allow: boolean;
  actions: ActionSet;
  condition: ConditionId;
  /** Doubts that decide whether the statement counts at all; 0 when it surely does. */
  doubt: number;
}

/**
 * What AWS does not say for certain, one bit each. Access is worked out with every doubt resolved both ways; where the answers
 * differ it is `may`.
 */
export const DOUBT = {
  /** Deny with NotPrincipal that excepts someone but not the account: "might deny" (IAM User Guide, NotPrincipal). */
  accountNotExcepted: 1,
  /** NotPrincipal excepts an account: principals of it that are not excepted by name are denied; whether there are any is not seen. */
  accountExcepted: 2,
  /** Account of a deleted user or role. */
  unknownAccount: 4,
  /** Resource is not `*`; KMS stored such documents before August 2025. */
  resource: 8,
} as const;

/** A statement as it applies to one atom. */
export interface Applied {
  rule: Rule;
  doubt: number;
}

interface Exception {
  rule: Rule;
  keys: ReadonlySet<string>;
  roles: ReadonlySet<string>;
  /** Keys of accounts that are excepted by their root. */
  accounts: ReadonlySet<string>;
}

/** The statements of one document by the principals that they name. */
export interface StatementIndex {
  atoms: readonly Atom[];
  named: ReadonlyMap<string, readonly Rule[]>;
  roles: ReadonlyMap<string, readonly Rule[]>;
  exceptions: readonly Exception[];
}

/** Sorts the statements of a policy by whom they name; those without effect are left out. */
export function indexStatements(
  policy: KeyPolicy,
  key: KeyIdentity,
  conditions: Conditions,
  actionCache: Map<string, ActionSet>,
): StatementIndex {
  const atoms = new Map<string, Atom>();
  const named = new Map<string, Rule[]>();
  const roles = new Map<string, Rule[]>();
  const exceptions: Exception[] = [];
  policy.statements.forEach((statement, index) => {
    const doubt = resourceDoubt(statement, key);
    const actions = actionsOf(statement, actionCache);
    if (doubt === undefined || isEmpty(actions)) return;
    const rule: Rule = {
      index,
      path: statement.path,
      ...(statement.sid !== undefined && { sid: statement.sid }),
      allow: statement.effect === 'Allow',
      actions,
      condition: conditions.read(statement.conditions, policy.version),
      doubt,
    };
    const principals = new Map(statement.principals.map(atomOf).map((atom) => [atom.key, atom]));
    for (const atom of principals.values()) atoms.set(atom.key, atom);
    if (statement.notPrincipal) {
      const excepted = [...principals.values()];
      exceptions.push({
        rule,
        keys: new Set(principals.keys()),
        roles: new Set(excepted.filter(({ kind }) => kind === 'identity').map(({ role }) => role ?? '')),
        accounts: new Set(excepted.filter(({ kind }) => kind === 'account').map((atom) => atom.key)),
      });
      return;
    }
    for (const atom of principals.values()) {
      push(named, atom.key, rule);
      if (atom.kind === 'identity' && atom.role !== undefined) push(roles, atom.role, rule);
    }
  });
  return { atoms: [...atoms.values()], named, roles, exceptions };
}

function push(map: Map<string, Rule[]>, key: string, rule: Rule): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [rule]);
  else list.push(rule);
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
 * the root of the key's own account. In other accounts both need an IAM policy, so the layers are one there.
 */
export type Layer = 'direct' | 'total';

/**
 * The statements that apply to an atom, each once.
 * Sources: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal"; KMS Developer Guide, "Default key policy".
 */
export function statementsFor(index: StatementIndex, atom: Atom, layer: Layer, ownAccount: string): Applied[] {
  const applied: Applied[] = [];
  const seen = new Set<Rule>();
  const add = (
    rules: readonly Rule[] | undefined,
    doubt: number,
    wanted: (rule: Rule) => boolean = () => true,
  ): void => {
    for (const rule of rules ?? []) {
      if (seen.has(rule) || !wanted(rule)) continue;
      seen.add(rule);
      applied.push({ rule, doubt: rule.doubt | doubt });
    }
  };
  add(index.named.get(atom.key), 0);
  add(index.named.get('*'), 0);
  if (atom.kind === 'session') add(index.roles.get(atom.role ?? ''), 0);
  if (atom.kind === 'service' || atom.kind === 'federated' || atom.kind === 'canonical') {
    add(index.named.get(`${atom.name.slice(0, atom.name.indexOf(':'))}:*`), 0);
  }
  if (atom.account !== undefined && atom.kind !== 'account') {
    const delegates = layer === 'total' || atom.account !== ownAccount;
    add(index.named.get(accountKey(atom.account)), 0, (rule) => delegates || !rule.allow);
  }
  if (atom.kind === 'unknown') {
    for (const other of index.atoms) {
      if (other.kind === 'account') add(index.named.get(other.key), DOUBT.unknownAccount, (rule) => !rule.allow);
    }
  }
  for (const exception of index.exceptions) {
    const doubt = exceptionDoubt(exception, atom);
    if (doubt !== undefined) add([exception.rule], doubt);
  }
  return applied;
}

/** Doubt whether a statement with NotPrincipal applies to an atom; `undefined` when it surely does not. */
function exceptionDoubt({ rule, keys, roles, accounts }: Exception, atom: Atom): number | undefined {
  const byName = keys.has(atom.key) || (atom.kind === 'session' && roles.has(atom.role ?? ''));
  if (!byName) return 0;
  if (rule.allow) return undefined;
  if (atom.kind === 'account') return DOUBT.accountExcepted;
  if (atom.account === undefined || accounts.has(accountKey(atom.account))) return undefined;
  return DOUBT.accountNotExcepted;
}
