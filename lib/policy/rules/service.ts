import { withAccount } from '../condition/conditions.ts';
import { tiesSource } from '../condition/confining.ts';
import { quote } from '../document/visible.ts';
import type { PolicyRule } from './context.ts';
import { eachCondition, needsKey } from './eachCondition.ts';
import { eachPrincipal } from './eachPrincipal.ts';

const MALFORMED = 'MalformedPolicyDocumentException';
const PRINCIPAL = 'IAM User Guide, "AWS JSON policy elements: Principal"';
const INVALID = 'AWS re:Post, "Policy contains a statement with one or more invalid principals"';

const serviceInvalid: PolicyRule = {
  on: 'policy',
  code: 'SERVICE_PRINCIPAL_INVALID',
  severity: 'error',
  aws: MALFORMED,
  title: 'A service principal has the form service.amazonaws.com',
  fix: 'Write the service principal as the documentation of that service names it.',
  source: `${PRINCIPAL}: AWS service principals`,
  check: (context) =>
    eachPrincipal(context, ['service'], ({ id }, { name }) =>
      /[*?]/.test(id) || /^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws|amazon)\.com(\.cn)?$/.test(id)
        ? undefined
        : { message: `${name} names ${quote(id)}, which is no service principal.` },
    ),
};

const serviceWithoutSource: PolicyRule = {
  on: 'policy',
  code: 'SERVICE_WITHOUT_SOURCE',
  severity: 'warning',
  title: 'A service is allowed for whatever account it acts for (confused deputy)',
  fix: 'Add a condition on aws:SourceArn or aws:SourceAccount.',
  source: 'AWS KMS Developer Guide, "Permissions for AWS services in key policies"',
  check: (context) =>
    eachPrincipal(context, ['service'], ({ id }, { name, statement, conditions }) => {
      if (statement.effect !== 'Allow') return undefined;
      const limited = conditions.some(
        (one) =>
          one.test.compares !== undefined &&
          needsKey(one) &&
          one.values.every((value) => tiesSource(one.test.lowerKey, withAccount(value, context.key.accountId))),
      );
      if (limited) return undefined;
      return {
        message: `${name} lets ${quote(id)} use the key on behalf of any account: no condition on aws:SourceArn or aws:SourceAccount names whom it may act for.`,
      };
    }),
};

const serviceIndirect: PolicyRule = {
  on: 'policy',
  code: 'SERVICE_DOES_NOT_CALL_KMS',
  severity: 'warning',
  title: 'A service that never calls KMS under its own name',
  fix: 'Allow the IAM principal behind it, under the condition kms:ViaService.',
  source: INVALID,
  check: (context) =>
    eachPrincipal(context, ['service'], ({ id }, { name }) =>
      id === 'ec2.amazonaws.com'
        ? { message: `${name} names ${quote(id)}; Amazon EC2 calls KMS for the caller, as the caller.` }
        : undefined,
    ),
};

/** What requests of users and roles can have, and those that a service makes under its own name never have. */
const OF_IDENTITIES = /^aws:(principalorgid|principalorgpaths|principaltag\/.*|username)$/;

const serviceLacksKey: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_KEY_NOT_OF_SERVICE',
  severity: 'warning',
  title: 'A condition on what only users and roles have, in a statement for services',
  fix: 'Use aws:SourceOrgID, aws:SourceOrgPaths, aws:SourceAccount or aws:SourceArn.',
  source:
    'IAM User Guide, "AWS global condition context keys"; IAM Access Analyzer, "Unsupported condition key for service principal"',
  check: (context) =>
    eachCondition(
      context,
      ({ lowerKey }) => OF_IDENTITIES.test(lowerKey),
      (condition, { name, statement, principals }) => {
        const services = principals.length > 0 && principals.every(({ form }) => form.type === 'service');
        if (!services || statement.notPrincipal || !needsKey(condition)) return undefined;
        const message = `${name} asks for ${quote(condition.test.key)}, which no request by a service has, so it has no effect.`;
        return { message };
      },
    ),
};

export const SERVICE_RULES: readonly PolicyRule[] = [
  serviceInvalid,
  serviceWithoutSource,
  serviceIndirect,
  serviceLacksKey,
];
