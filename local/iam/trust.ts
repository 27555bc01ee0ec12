import { type ConditionBlock, conditionHolds } from './evaluate.ts';

/** A statement of a role's trust policy. */
export interface TrustStatement {
  Effect: 'Allow' | 'Deny';
  Principal: { AWS?: string | string[]; Service?: string | string[] };
  Action: string | string[];
  Condition?: ConditionBlock;
}

/**
 * May this caller assume a role with this trust policy? Undefined when it names no AWS principal: who may assume the role of a
 * lambda is not decided here. The caller's own policies must allow it too.
 */
export function trusts(
  statements: readonly TrustStatement[],
  caller: { principal: string; accountId: string },
  externalId: string | undefined,
): boolean | undefined {
  const named = statements.filter(({ Principal }) => Principal.AWS !== undefined);
  if (named.length === 0) return undefined;
  const context = {
    'aws:PrincipalArn': [caller.principal],
    'sts:ExternalId': externalId === undefined ? [] : [externalId],
  };
  const matching = named.filter(
    ({ Principal, Condition }) =>
      [Principal.AWS ?? []]
        .flat()
        .some((arn) => [caller.principal, `arn:aws:iam::${caller.accountId}:root`].includes(arn)) &&
      conditionHolds(Condition, context) === 'yes',
  );
  return matching.some(({ Effect }) => Effect === 'Allow') && matching.every(({ Effect }) => Effect === 'Allow');
}
