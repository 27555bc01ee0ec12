import type { ApplierUse } from '../access/applierUse.ts';
import { quote } from '../document/visible.ts';
import { type Context, type Hit, listing, type PolicyRule } from './context.ts';

const SOURCE = 'Countersign: whoever changes the policy must not be among those who use the key';
const FIX = 'Give it no more than kms:DescribeKey, kms:GetKeyPolicy and kms:PutKeyPolicy.';
const GRANT = 'kms:CreateGrant';

function hitsOf(
  context: Context,
  which: (use: ApplierUse) => boolean,
  wanted: (action: string) => boolean,
  words: (view: string, actions: string, certain: boolean) => string,
): Hit[] {
  return context.applierUses.flatMap((use) => {
    const actions = use.actions.filter(wanted);
    const view = context.statements[use.statement.index];
    if (!which(use) || actions.length === 0 || view === undefined) return [];
    const path = view.principals[use.principal]?.path ?? view.statement.path;
    return [{ path, message: words(view.name, listing(actions), use.certain) }];
  });
}

const applierMayUseKey: PolicyRule = {
  on: 'policy',
  code: 'APPLIER_MAY_USE_KEY',
  severity: 'error',
  title: 'The role that applies changes would get use of the key itself',
  fix: FIX,
  source: SOURCE,
  check: (context) =>
    hitsOf(
      context,
      ({ byName }) => byName,
      (action) => action !== GRANT,
      (name, actions) => `${name} allows ${quote(context.guardians.applier)}, which applies the changes, ${actions}.`,
    ),
};

const applierMayCreateGrants: PolicyRule = {
  on: 'policy',
  code: 'APPLIER_MAY_CREATE_GRANTS',
  severity: 'error',
  title: 'The role that applies changes could give itself use of the key by a grant',
  fix: `${FIX} Where a grant is for a service of AWS, allow kms:CreateGrant under the condition Bool kms:GrantIsForAWSResource true.`,
  source: `${SOURCE}; AWS KMS Developer Guide, "Grants in AWS KMS"`,
  check: (context) =>
    hitsOf(
      context,
      ({ byName }) => byName,
      (action) => action === GRANT,
      (name) =>
        `${name} allows ${quote(context.guardians.applier)}, which applies the changes, ${GRANT}; with it, it could let itself use the key.`,
    ),
};

const applierAmongEveryone: PolicyRule = {
  on: 'policy',
  code: 'APPLIER_AMONG_EVERYONE',
  severity: 'warning',
  title: 'A statement for everyone lets the role that applies changes use the key too',
  fix: 'Name the principals, or except the role by ArnNotEquals aws:PrincipalArn.',
  source: SOURCE,
  check: (context) =>
    hitsOf(
      context,
      ({ byName }) => !byName,
      () => true,
      (name, actions, certain) =>
        `${name} is for everyone${certain ? '' : ' under conditions that cannot be decided here'}; so ${quote(context.guardians.applier)}, which applies the changes, ${certain ? 'has' : 'may have'} ${actions} too.`,
    ),
};

export const APPLIER_RULES: readonly PolicyRule[] = [applierMayUseKey, applierMayCreateGrants, applierAmongEveryone];
