import { compareAccess } from './access/access.ts';
import { applierUses } from './access/applierUse.ts';
import { partitionOf } from './console/consolePrincipal.ts';
import { policyText } from './document/canonicalOf.ts';
import { parseKeyPolicy } from './document/parse.ts';
import { externalPolicies } from './externalPolicies.ts';
import { possibleActions } from './operations.ts';
import { gradeRisk } from './risk.ts';
import type { World } from './rules/context.ts';
import type { Access, Assessment, Guardians, Key, KeyPolicy } from './types.ts';
import { validateKeyPolicy } from './validate.ts';

export interface AssessInput {
  /** The text that GetKeyPolicy returned. */
  before: string;
  /** The text that is proposed. */
  after: string;
  key: Key;
  guardians: Guardians;
  world?: World;
}

const NOTHING: KeyPolicy = { statements: [] };
const UNREAD_AFTER = 'The proposed document cannot be read, so it is not known who would gain or lose access.';
const UNREAD_BEFORE =
  'Cannot decide: the policy that stands now cannot be read. All that the new one gives is treated as a possible gain, and what is lost is not known.';

/**
 * Everything there is to say of a proposed key policy before a person is asked: what is wrong with it, who gains and loses
 * what, how dangerous that is, what other accounts must add, and both texts with their hashes. Never throws, whatever the
 * texts. The before text may break any rule; as far as it can be read it is compared.
 *
 * @returns `ok: false` when any finding is an error; when the proposal cannot be read, also with an access difference that is
 *   empty but for a sentence that says so.
 */
export function assessChange({ before, after, key, guardians, world = {} }: AssessInput): Assessment {
  const { findings, policy, text, applierUses: uses } = validateKeyPolicy({ text: after, key, guardians, world });
  const read = parseKeyPolicy(before, partitionOf(key));
  const was = read.ok ? read.policy : undefined;
  const texts = { before: policyText(before, was), after: policyText(text, policy) };
  const ok = !findings.some(({ severity }) => severity === 'error');
  if (policy === undefined) {
    const access: Access = {
      gains: [],
      loses: [],
      changed: [],
      public: false,
      crossAccount: [],
      lockout: false,
      summary: [UNREAD_AFTER],
    };
    return {
      ok: false,
      ...texts,
      findings,
      access,
      matrix: [],
      risk: 'critical',
      riskReasons: [UNREAD_AFTER],
      externalPolicies: [],
    };
  }
  const comparison = compareAccess(
    was ?? NOTHING,
    policy,
    { ...key, can: possibleActions(key) },
    {
      applier: guardians.applier,
      before: uses.length === 0 ? [] : applierUses(was ?? NOTHING, key, guardians),
      after: uses,
    },
  );
  return {
    ok,
    ...texts,
    findings,
    access: was ? comparison.access : undecided(comparison.access),
    matrix: was ? comparison.matrix : [],
    ...gradeRisk(comparison, { beforeUnreadable: was === undefined }),
    externalPolicies: externalPolicies(policy, key, was),
  };
}

/** The difference from a policy that cannot be read: nothing of it is certain. */
function undecided(access: Access): Access {
  const gains = access.gains.map((gain) => ({ ...gain, certainty: 'may' as const }));
  return { ...access, gains, summary: [UNREAD_BEFORE, ...access.summary] };
}
