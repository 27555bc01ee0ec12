import { type ConditionId, Conditions, FALSE } from '../condition/conditions.ts';
import { testsExclude } from '../condition/conditionTest.ts';
import { isSessionOf } from '../principalForm.ts';
import { atomOf, CALLER_KEYS, knownContext } from '../principals.ts';
import type { Context, PrincipalView, StatementView } from './context.ts';

const NO_ROLES: ReadonlyMap<string, string | undefined> = new Map();

/** Values of conditions that are compared for one document; what is left then counts as not covered. */
const MOST_STEPS = 50_000;

const COVERS = new WeakMap<Context, Cover>();

/** One for all rules on a document. */
export function coverOf(context: Context): Cover {
  const cover = COVERS.get(context) ?? new Cover(context);
  COVERS.set(context, cover);
  return cover;
}

/** Compares the statements of one document by whom and when they are about; actions are not compared. */
export class Cover {
  readonly #conditions: Conditions;
  readonly #version: string | undefined;
  #steps = MOST_STEPS;
  readonly #read = new Map<StatementView, ConditionId>();

  constructor({ key, policy }: Pick<Context, 'key' | 'policy'>) {
    this.#conditions = new Conditions(key.accountId);
    this.#version = policy.version;
  }

  /** Whether a Deny surely applies to everyone and under every condition that an Allow names. */
  always(deny: StatementView, allow: StatementView): boolean {
    if (deny.statement.notPrincipal || allow.statement.notPrincipal || allow.principals.length === 0) return false;
    const given = this.#conditions.testsOf(this.#conditionOf(allow));
    const isGiven = (id: number) => given.some((own) => this.#implies(own, id));
    const refused = this.#conditionOf(deny);
    const open = this.#conditions.testsOf(refused).filter((id) => !isGiven(id));
    if (!open.every((id) => CALLER_KEYS.has(this.#conditions.test(id).key))) return false;
    if (!allow.principals.every((principal) => deny.principals.some((by) => includes(by, principal)))) return false;
    if (open.length === 0) return true;
    return allow.principals.every((principal) => {
      const left = this.#given(refused, principal);
      return left !== FALSE && this.#conditions.testsOf(left).every(isGiven);
    });
  }

  /** A key on which two conditions of a statement can never hold at once. */
  exclusiveKey(view: StatementView): string | undefined {
    const { conditions } = view;
    if (conditions.length < 2 || new Set(conditions.map(({ test }) => test.lowerKey)).size === conditions.length)
      return undefined;
    const tests = this.#conditions.testsOf(this.#conditionOf(view)).map((id) => this.#conditions.test(id));
    return tests.find((a, index) => tests.slice(index + 1).some((b) => testsExclude(a, b)))?.shownKey;
  }

  /** The keys of a statement's conditions on the caller, where these hold for none of those it names; otherwise empty. */
  neverForNamed(view: StatementView): readonly string[] {
    const keys = view.conditions.flatMap(({ test }) => (CALLER_KEYS.has(test.lowerKey) ? [test.key] : []));
    if (keys.length === 0 || view.statement.notPrincipal || view.principals.length === 0) return [];
    const condition = this.#conditionOf(view);
    return view.principals.every((principal) => this.#given(condition, principal) === FALSE) ? keys : [];
  }

  #implies(a: number, b: number): boolean {
    if (a === b) return true;
    const [first, second] = [this.#conditions.test(a), this.#conditions.test(b)];
    if (first.key !== second.key) return false;
    this.#steps -= 1 + first.values.length * second.values.length;
    return this.#steps > 0 && this.#conditions.testImplies(a, b);
  }

  #conditionOf(view: StatementView): ConditionId {
    const known = this.#read.get(view);
    if (known !== undefined) return known;
    const read = this.#conditions.read(view.statement.conditions, this.#version);
    this.#read.set(view, read);
    return read;
  }

  /** A condition once it is known who calls. */
  #given(condition: ConditionId, principal: PrincipalView): ConditionId {
    if (!this.#conditions.aboutCaller(condition)) return condition;
    return this.#conditions.given(condition, knownContext(atomOf(principal), NO_ROLES));
  }
}

/** Whether a principal of a Deny speaks of the other too: an account's root ARN denies everyone in the account. */
function includes(wide: PrincipalView, narrow: PrincipalView): boolean {
  if (wide.form.type === 'everyone') return true;
  if (wide.kind !== narrow.kind) return false;
  if (wide.form.type === 'account') return 'account' in narrow.form && narrow.form.account === wide.form.account;
  return wide.id === narrow.id || isSessionOf(narrow.form, wide.form);
}
