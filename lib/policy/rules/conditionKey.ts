import { type ActionSet, ALL_ACTIONS, intersection, isEmpty, minus, namesOf } from '../actions.ts';
import { escapePointer, memberOf, toValue } from '../document/json.ts';
import { quote } from '../document/visible.ts';
import { nearest } from '../operations.ts';
import type { JsonPatch } from '../types.ts';
import { type Context, conditionPath, listing, nodeAt, type PolicyRule, type StatementView } from './context.ts';
import { actionsWith, eachCondition, KNOWN, keyOf, needsKey } from './eachCondition.ts';

const CONDITIONS = 'AWS KMS Developer Guide, "Condition keys for AWS KMS"';
const OPERATORS = 'IAM User Guide, "IAM JSON policy elements: Condition operators"';

const FORBIDDEN = /^((aws|kms):resourcetag(\/.*)?|kms:resourcealiases)$/;

const keyForbidden: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_KEY_FORBIDDEN',
  severity: 'error',
  aws: 'MalformedPolicyDocumentException',
  title: 'Condition keys that only IAM policies may have: aws:ResourceTag, kms:ResourceTag, kms:ResourceAliases',
  fix: 'Remove the condition; a key policy speaks of its own key alone.',
  source: 'awsdocs/aws-kms-developer-guide PR #47; error text "These condition keys are not permitted in a key policy"',
  check: (context) =>
    eachCondition(
      context,
      ({ lowerKey }) => FORBIDDEN.test(lowerKey),
      ({ test }, { name }) => ({
        message: `${name} has the condition key ${quote(test.key)}, which no key policy may have.`,
      }),
    ),
};

const keyUnknown: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_KEY_UNKNOWN',
  severity: 'warning',
  title: 'A condition key that no request to AWS KMS has, as far as is known',
  fix: 'Correct the name.',
  source: CONDITIONS,
  check: (context) =>
    eachCondition(
      context,
      ({ lowerKey }) => keyOf(lowerKey) === undefined && !FORBIDDEN.test(lowerKey),
      (condition, view) => {
        const { key } = condition.test;
        const meant = nearest(
          key,
          KNOWN.map((known) => known.key),
        );
        const message = `${view.name} has the unknown condition key ${quote(key)}.`;
        if (meant === undefined) return { message };
        const path = conditionPath(view, condition);
        return { message, fix: `Probably ${meant} is meant.`, ...renamed(context, path, key, meant) };
      },
    ),
};

/** The patch that gives a condition key another name, where nothing stands under that name yet. */
function renamed({ node }: Context, path: string, key: string, name: string): { patch?: JsonPatch[] } {
  const block = nodeAt(node, path.slice(0, path.lastIndexOf('/')));
  const value = memberOf(block, key);
  if (value === undefined || name.includes('${') || memberOf(block, name) !== undefined) return {};
  const to = `${block.pointer}/${escapePointer(name)}`;
  return {
    patch: [
      { op: 'remove', path },
      { op: 'add', path: to, value: toValue(value) },
    ],
  };
}

const keyRepeated: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_KEY_REPEATED',
  severity: 'error',
  title: 'The same condition operator and key twice, told apart only by upper and lower case',
  fix: 'Make it one line with all values, if any of them is to match.',
  source: 'IAM Access Analyzer, "Duplicate keys with different case"',
  *check({ statements }) {
    for (const view of statements) {
      const seen = new Set<string>();
      for (const condition of view.conditions) {
        const { identity, key, operator } = condition.test;
        if (seen.has(identity)) {
          const message = `${view.name} has ${quote(key)} under ${quote(operator)} twice; whether one or both count is not defined.`;
          yield { path: conditionPath(view, condition), message };
        }
        seen.add(identity);
      }
    }
  },
};

const DEPRECATED: ReadonlyMap<string, string> = new Map([
  ['kms:customermasterkeyspec', 'kms:KeySpec'],
  ['kms:customermasterkeyusage', 'kms:KeyUsage'],
]);

const keyDeprecated: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_KEY_DEPRECATED',
  severity: 'info',
  title: 'A condition key under its old name',
  fix: 'Use kms:KeySpec or kms:KeyUsage.',
  source: CONDITIONS,
  check: (context) =>
    eachCondition(
      context,
      ({ lowerKey }) => DEPRECATED.has(lowerKey),
      (condition, view) => {
        const { key, lowerKey } = condition.test;
        const now = DEPRECATED.get(lowerKey) ?? key;
        const message = `${view.name} has the deprecated condition key ${quote(key)}.`;
        return { message, fix: `Use ${now}.`, ...renamed(context, conditionPath(view, condition), key, now) };
      },
    ),
};

/** Operations of a statement whose requests never have the key; of a wildcard only when that is so for all that it names. */
function without({ actions, statement }: StatementView, having: ActionSet | undefined): string[] {
  if (statement.notAction || having === undefined) return [];
  const names = new Set<string>();
  for (const { governed } of new Set(actions.map(({ named }) => named))) {
    if (isEmpty(intersection(governed, having))) for (const name of namesOf(governed)) names.add(name);
  }
  return [...names];
}

/** By key, the actions whose requests can have it, of those keys that not all have. */
function havingOf({ tests }: Context): ReadonlyMap<string, ActionSet> {
  const having = tests.map(({ lowerKey }) => [lowerKey, actionsWith(lowerKey)] as const);
  return new Map(having.filter(([, actions]) => !isEmpty(minus(ALL_ACTIONS, actions))));
}

const blocksAction: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_BLOCKS_ACTION',
  severity: 'warning',
  title: 'A condition that can never hold for an action, because its requests do not have the key',
  fix: 'Put the action into a statement of its own, without the condition.',
  source: `${CONDITIONS}: each key names the operations that it works for`,
  check: (context) => {
    const having = havingOf(context);
    return eachCondition(
      context,
      ({ lowerKey }) => having.has(lowerKey),
      (condition, view) => {
        const { key, lowerKey } = condition.test;
        const blocked = needsKey(condition) ? without(view, having.get(lowerKey)) : [];
        if (blocked.length === 0) return undefined;
        const effect = view.statement.effect === 'Allow' ? 'never allows' : 'never denies';
        return { message: `${view.name} ${effect} ${listing(blocked)}: such a request has no ${quote(key)}.` };
      },
    );
  },
};

const alwaysHolds: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_ALWAYS_HOLDS',
  severity: 'warning',
  title: 'A condition that always holds for an action, because its requests do not have the key that must not match',
  fix: 'Put the action into a statement of its own.',
  source: `${OPERATORS}: negated operators hold when the key is absent`,
  check: (context) => {
    const having = havingOf(context);
    return eachCondition(
      context,
      ({ compares, lowerKey }) =>
        compares !== undefined && (compares.operator.negative || compares.ifExists) && having.has(lowerKey),
      ({ test: { key, lowerKey } }, view) => {
        const free = without(view, having.get(lowerKey));
        if (free.length === 0) return undefined;
        const effect = view.statement.effect === 'Allow' ? 'allows' : 'denies';
        return {
          message: `${view.name} ${effect} ${listing(free)} whatever the condition on ${quote(key)} says: such a request has no such key.`,
        };
      },
    );
  },
};

export const CONDITION_KEY_RULES: readonly PolicyRule[] = [
  keyForbidden,
  keyUnknown,
  keyRepeated,
  keyDeprecated,
  blocksAction,
  alwaysHolds,
];
