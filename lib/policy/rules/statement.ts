import { type ActionSet, intersection, isEmpty, minus, NO_ACTIONS, namesOf, union } from '../actions.ts';
import { canonicalForm } from '../document/canonical.ts';
import { quote } from '../document/visible.ts';
import { possibleActions } from '../operations.ts';
import type { JsonPatch } from '../types.ts';
import { type Hit, listing, type PolicyRule, placed, type StatementView } from './context.ts';
import { type Cover, coverOf } from './cover.ts';

const MALFORMED = 'MalformedPolicyDocumentException';
const NOTICE =
  'AWS Health notice of 2025-05-06, in force since 2025-08-18: statements without a valid Action or Resource';

const principalMissing: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_MISSING',
  severity: 'error',
  aws: MALFORMED,
  title: 'Every statement names at least one principal',
  fix: 'Add a Principal.',
  source: 'AWS KMS API Reference, PutKeyPolicy; error text "Policy contains a statement with no principal."',
  check: ({ statements }) =>
    statements
      .filter(({ principals }) => principals.length === 0)
      .map(({ statement, name }) => ({ path: statement.path, message: `${name} names no principal.` })),
};

const actionMissing: PolicyRule = {
  on: 'policy',
  code: 'ACTION_MISSING',
  severity: 'error',
  aws: MALFORMED,
  title: 'Every statement has an Action or NotAction with at least one value',
  fix: 'Add an Action, or remove the statement.',
  source: NOTICE,
  check: ({ statements }) =>
    statements
      .filter(({ actions }) => actions.length === 0)
      .map(({ statement, name }) => ({ path: statement.path, message: `${name} names no action.` })),
};

const resourceMissing: PolicyRule = {
  on: 'policy',
  code: 'RESOURCE_MISSING',
  severity: 'error',
  aws: MALFORMED,
  title: 'Every statement has a Resource',
  fix: 'Add "Resource": "*", which means this key.',
  source: NOTICE,
  check: ({ statements }) =>
    statements
      .filter(({ statement }) => statement.resources.length === 0 && !statement.notResource)
      .map(({ statement: { path }, name }) => ({
        path,
        message: `${name} has no Resource.`,
        patch: [{ op: 'add', path: `${path}/Resource`, value: '*' }],
      })),
};

const resourceNotStar: PolicyRule = {
  on: 'policy',
  code: 'RESOURCE_NOT_STAR',
  severity: 'error',
  aws: MALFORMED,
  title: 'Resource in a key policy is always "*", which means this key',
  fix: 'Write "Resource": "*".',
  source: NOTICE,
  check: ({ statements }) =>
    statements.flatMap(({ statement: { path, notResource }, name, node }): Hit[] => {
      if (notResource) {
        const patch: JsonPatch[] = [
          { op: 'remove', path: `${path}/NotResource` },
          { op: 'add', path: `${path}/Resource`, value: '*' },
        ];
        return [
          { path: `${path}/NotResource`, message: `${name} has NotResource, which a key policy cannot have.`, patch },
        ];
      }
      const other = placed(node, 'Resource').find(({ value }) => value !== '*');
      if (other === undefined) return [];
      const message = `${name} has the Resource ${quote(other.value)}; a key policy speaks of its own key alone.`;
      return [{ path: other.pointer, message, patch: [{ op: 'replace', path: `${path}/Resource`, value: '*' }] }];
    }),
};

const statementRepeated: PolicyRule = {
  on: 'policy',
  code: 'STATEMENT_REPEATED',
  severity: 'warning',
  title: 'A statement says the same as an earlier one',
  fix: 'Remove one of the two.',
  source: 'Countersign: a second copy gives nothing and outlives the removal of the first',
  check: ({ statements }) => {
    const alike = Map.groupBy(statements, outline);
    return [...alike.values()].filter((group) => group.length > 1).flatMap(repeated);
  },
};

/** Equal for statements that say the same, and cheap; the canonical form is worked out only where this one repeats. */
function outline({ statement, principals, conditions, operations: { lo, hi } }: StatementView): string {
  let first = principals[0]?.id ?? '';
  let last = first;
  for (const { id } of principals) {
    if (id < first) first = id;
    else if (id > last) last = id;
  }
  let when = '';
  for (const { values } of conditions) for (const value of values) if (value > when) when = value;
  return `${statement.effect} ${lo},${hi} ${first} ${last} ${when}`;
}

function repeated(group: readonly StatementView[]): Hit[] {
  const first = new Map<string, string>();
  return group.flatMap(({ statement, name }): Hit[] => {
    const { sid: _, ...meaning } = statement;
    const form = canonicalForm({ statements: [meaning] });
    const before = first.get(form);
    if (before === undefined) {
      first.set(form, name);
      return [];
    }
    const message = `${name} says the same as ${before}.`;
    return [{ path: statement.path, message, patch: [{ op: 'remove', path: statement.path }] }];
  });
}

const statementNoEffect: PolicyRule = {
  on: 'policy',
  code: 'STATEMENT_NO_EFFECT',
  severity: 'warning',
  title: 'A statement that allows or denies nothing at all',
  fix: 'Remove the statement or correct its actions.',
  source: 'AWS KMS Developer Guide, "Key policies in AWS KMS": actions that are not valid have no effect',
  check: ({ statements, key }) => {
    const possible = possibleActions(key);
    return statements
      .filter(({ actions, operations }) => actions.length > 0 && isEmpty(intersection(operations, possible)))
      .map(({ statement, name }) => ({
        path: statement.path,
        message: `${name} has no effect: none of its actions can be done with this key.${
          statement.effect === 'Deny' ? ' It denies nothing.' : ''
        }`,
      }));
  },
};

const notActionAllow: PolicyRule = {
  on: 'policy',
  code: 'NOT_ACTION_ALLOW',
  severity: 'warning',
  title: 'Allow with NotAction gives every operation but the named, also those that AWS adds later',
  fix: 'Write the Action that is meant.',
  source: 'IAM User Guide, "IAM JSON policy elements: NotAction"',
  check: ({ statements }) =>
    statements
      .filter(({ statement: { effect, notAction } }) => effect === 'Allow' && notAction)
      .map(({ statement, name, operations }) => {
        const names = namesOf(operations);
        const power = names.includes('kms:PutKeyPolicy') ? ', kms:PutKeyPolicy among them' : '';
        const message = `${name} allows everything but its NotAction: ${names.length} operations${power}.`;
        return { path: `${statement.path}/NotAction`, message };
      }),
};

const allowDenied: PolicyRule = {
  on: 'policy',
  code: 'ALLOW_ALWAYS_DENIED',
  severity: 'warning',
  title: 'An Allow that a Deny always covers',
  fix: 'Remove the Allow, or narrow the Deny.',
  source: 'IAM User Guide, "Policy evaluation logic": an explicit Deny wins',
  check: (context) => {
    const { statements } = context;
    const denies = statements.filter(({ statement }) => statement.effect === 'Deny');
    const deniable = operationsOf(denies);
    return statements.flatMap((allow) =>
      allow.statement.effect === 'Allow' && !isEmpty(allow.operations) && within(allow.operations, deniable)
        ? denied(denies, allow, coverOf(context))
        : [],
    );
  },
};

function operationsOf(views: readonly StatementView[]): ActionSet {
  return views.reduce((set, { operations }) => union(set, operations), NO_ACTIONS);
}

function within(narrow: ActionSet, wide: ActionSet): boolean {
  return isEmpty(minus(narrow, wide));
}

function denied(denies: readonly StatementView[], allow: StatementView, cover: Cover): Hit[] {
  const covering = denies.filter((deny) => cover.always(deny, allow));
  if (!within(allow.operations, operationsOf(covering))) return [];
  const by = listing(covering.map(({ name }) => name));
  const deny = covering.length > 1 ? 'always deny' : 'always denies';
  return [{ path: allow.statement.path, message: `${allow.name} gives nothing: ${by} ${deny} all of it.` }];
}

export const STATEMENT_RULES: readonly PolicyRule[] = [
  principalMissing,
  actionMissing,
  resourceMissing,
  resourceNotStar,
  statementRepeated,
  statementNoEffect,
  notActionAllow,
  allowDenied,
];
