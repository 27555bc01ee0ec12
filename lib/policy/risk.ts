import type { Comparison } from './access/access.ts';
import { usesOf } from './access/applierUse.ts';
import type { Difference } from './access/differences.ts';
import { sideIn } from './access/pair.ts';
import { accountWords } from './access/principalWords.ts';
import { guardFor } from './access/sides.ts';
import { CREATE_GRANT, DECRYPTING, DESTROYING, listed, PUT_KEY_POLICY, READING, USING } from './access/verbs.ts';
import { type ActionSet, ALL_ACTIONS, indexesOf, intersection, isEmpty, minus, union } from './actions.ts';
import { shown } from './condition/conditionWords.ts';
import type { Risk } from './types.ts';

/** What an assessment can know besides the access difference. */
export interface RiskInput {
  /** The before document could not be read, so nothing is known of what changes. */
  beforeUnreadable?: boolean;
}

/** One thing that makes a change dangerous: a sentence, or `undefined` when it is not so. */
type Reason = (comparison: Comparison, input: RiskInput) => string | undefined;

/** The whole grading, most dangerous first, one row for each reason; a change is as dangerous as its first row that holds. No row: low. */
const GRADES: readonly (readonly [Risk, Record<string, Reason>])[] = [
  [
    'critical',
    {
      PUBLIC: ({ access }) => (access.public ? 'Anyone in any AWS account can use the key.' : undefined),
      LOCKOUT: ({ access }) =>
        access.lockout ? 'Nobody in the account of the key can change its policy again.' : undefined,
      FOREIGN_ADMINISTRATOR: (comparison) =>
        named(
          gained(comparison, union(PUT_KEY_POLICY, CREATE_GRANT)).filter((one) => isForeign(one, comparison)),
          'outside the account would have the right to change the policy or make grants',
        ),
    },
  ],
  [
    'high',
    {
      NEW_ADMINISTRATOR: (comparison) =>
        named(
          gained(comparison, PUT_KEY_POLICY).filter((one) => !isForeign(one, comparison)),
          'can change the policy, and so take every right',
        ),
      DESTRUCTION: (comparison) =>
        named(
          gained(comparison, DESTROYING).filter((one) => !isForeign(one, comparison) || one.atom.kind === 'everyone'),
          'can disable the key or delete it or its material',
        ),
      GRANTS_FOR_ANYBODY: (comparison) => {
        const administrators = new Set(gained(comparison, PUT_KEY_POLICY).map(({ atom }) => atom));
        return named(
          gained(comparison, CREATE_GRANT)
            .filter((one) => !isForeign(one, comparison) && !administrators.has(one.atom))
            .filter((one) => grantsToAnybody(one, comparison)),
          'can let anybody use the key, by grants',
        );
      },
      DELEGATION_REMOVED: (comparison) =>
        lost(comparison, PUT_KEY_POLICY).some(({ atom }) => atom.kind === 'account' && isOwn(atom.account, comparison))
          ? 'IAM policies of the account no longer decide who may manage the key.'
          : undefined,
      DENY_REMOVED: ({ differences }) =>
        differences.some(({ direction, denies }) => direction === 'gain' && denies.length > 0)
          ? 'A Deny statement is gone or weaker, so that others come into effect.'
          : undefined,
      NEW_ACCOUNT: ({ facts }) => {
        const news = minusNames(facts.after.crossAccount, facts.before.crossAccount);
        return news.length === 0 ? undefined : `New to the key: account ${listed(news.map(accountWords), 'and')}.`;
      },
      ORGANIZATION: ({ facts }) => {
        const news = minusNames(facts.after.organizations, facts.before.organizations);
        return news.length === 0
          ? undefined
          : `Every account of ${listed(news.map(organizationWords), 'and')} is let in.`;
      },
      NEAR_LOCKOUT: ({ facts }) => {
        const { keepers } = facts.after;
        const worse =
          keepers.length < facts.before.keepers.length || facts.before.keepers.some(({ power }) => power === 'yes');
        if (keepers.length === 0 || !worse) return undefined;
        if (keepers.every(({ power }) => power !== 'yes'))
          return 'The policy can only be changed under conditions from now on.';
        const only = keepers.length === 1 ? keepers[0] : undefined;
        return only !== undefined && facts.before.keepers.length > 1 && !only.account
          ? `Only ${shown(only.principal)} can change the policy from now on.`
          : undefined;
      },
      APPLIER_GETS_USE: ({ applier }) =>
        applier !== undefined && !isEmpty(minus(usesOf(applier.after), usesOf(applier.before)))
          ? 'The role that applies changes is let use the key itself.'
          : undefined,
      UNREADABLE: (_, { beforeUnreadable }) =>
        beforeUnreadable ? 'The policy that stands now cannot be read, so it is not known what changes.' : undefined,
    },
  ],
  [
    'medium',
    {
      NEW_USE: (comparison) =>
        named(gained(comparison, union(USING, CREATE_GRANT)), 'can use the key where that was not allowed'),
      ADMINISTRATION: (comparison) =>
        named(gained(comparison, OTHER_ADMINISTRATION), 'can manage the key or its grants where that was not allowed'),
      CONDITION_CHANGED: ({ differences }) =>
        differences.some(({ direction }) => direction === 'change')
          ? 'A condition was replaced by one that is neither narrower nor wider.'
          : undefined,
      UNDECIDED: ({ differences, unnamedLosses }) =>
        unnamedLosses.length > 0 || differences.some(({ may }) => may)
          ? 'Part of the difference cannot be decided from the policy alone.'
          : undefined,
      LOST_DECRYPT: (comparison) =>
        named(lost(comparison, DECRYPTING), 'can no longer decrypt, or not always; something may stop working'),
      LOST_ADMINISTRATOR: (comparison) =>
        named(lost(comparison, PUT_KEY_POLICY), 'can no longer change the policy, or not always'),
    },
  ],
];

const OTHER_ADMINISTRATION: ActionSet = minus(
  minus(minus(ALL_ACTIONS, union(USING, CREATE_GRANT)), union(DESTROYING, PUT_KEY_POLICY)),
  READING,
);

/**
 * How dangerous a change is, with a sentence for each reason, the most dangerous first. A change that only lets somebody read,
 * or takes away without taking administration or decryption, is low and has no reason.
 */
export function gradeRisk(comparison: Comparison, input: RiskInput = {}): { risk: Risk; riskReasons: string[] } {
  const found = GRADES.flatMap(([risk, reasons]) =>
    Object.values(reasons).flatMap((reason) => {
      const text = reason(comparison, input);
      return text === undefined ? [] : [{ risk, text }];
    }),
  );
  return { risk: found[0]?.risk ?? 'low', riskReasons: found.map(({ text }) => text) };
}

function gained({ differences }: Comparison, actions: ActionSet): Difference[] {
  return differences.filter((one) => one.direction !== 'loss' && !isEmpty(intersection(one.actions, actions)));
}

function lost({ differences }: Comparison, actions: ActionSet): Difference[] {
  return differences.filter((one) => one.direction !== 'gain' && !isEmpty(intersection(one.actions, actions)));
}

function isOwn(account: string | undefined, { pair }: Comparison): boolean {
  return account === pair.key.accountId;
}

function isForeign({ atom }: Difference, comparison: Comparison): boolean {
  return (
    atom.kind === 'everyone' ||
    atom.kind === 'federated' ||
    (atom.account !== undefined && !isOwn(atom.account, comparison))
  );
}

/** Condition keys that leave a grant to services of AWS, or to one principal. */
const LIMITS_GRANTS = new Set(['kms:grantisforawsresource', 'kms:viaservice', 'kms:granteeprincipal']);

/** Whether what was gained of kms:CreateGrant is without a condition on whom or what the grant is for. */
function grantsToAnybody({ atom, direction, ways, delegated }: Difference, { pair }: Comparison): boolean {
  const side = sideIn(pair, 'after', atom, delegated ? 'total' : 'direct', 0);
  const [action = -1] = indexesOf(CREATE_GRANT);
  const told = direction === 'change' ? pair.reasoner.waysOf(guardFor(side, action)).ways : ways;
  return !told.every((way) =>
    way.some((id) => {
      const { key, negative, absent, values } = pair.conditions.test(id);
      return LIMITS_GRANTS.has(key) && !negative && !absent && !values.some(({ text }) => /^false$|[*]$/.test(text));
    }),
  );
}

function organizationWords(id: string): string {
  return id.startsWith('${') ? "the key's own organization" : `organization ${shown(id)}`;
}

function minusNames(names: readonly string[], known: readonly string[]): string[] {
  return names.filter((name) => !known.includes(name));
}

const MOST_NAMES = 3;

function named(differences: readonly Difference[], what: string): string | undefined {
  const names = [
    ...new Set(differences.map(({ atom }) => (atom.kind === 'everyone' ? 'Everyone (*)' : shown(atom.name)))),
  ];
  if (names.length === 0) return undefined;
  const some = names.slice(0, MOST_NAMES);
  const more = names.length - some.length;
  return `${more > 0 ? `${some.join(', ')} and ${more} more` : listed(some, 'and')} ${what}.`;
}
