import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import { canonicalPerson, type GroupName, type Rules } from '../change/rules.ts';

/** Who calls: one canonical person, whichever way they came. */
export interface Caller {
  person: string;
  groups: GroupName[];
}

interface Authorizer {
  jwt?: { claims: Record<string, string | number | boolean | string[]> };
  iam?: { userArn?: string };
}

const GROUPS: readonly GroupName[] = ['submitters', 'approvers', 'auditors', 'admins'];

/** An array claim as API Gateway hands it on: `[submitters approvers]`, or a list separated by commas. */
const listClaim = (claim: unknown): string[] =>
  Array.isArray(claim)
    ? claim.map(String)
    : String(claim ?? '')
        .replace(/^\[|\]$/g, '')
        .split(/[\s,]+/)
        .filter((name) => name !== '');

/** `arn:aws:sts::1:assumed-role/ci/session` → `arn:aws:iam::1:role/ci`: what the rules file maps to a person. */
const roleArn = (userArn: string): string =>
  userArn.replace(/^(arn:[^:]+):sts::(\d+):assumed-role\/(.+)\/[^/]+$/, '$1:iam::$2:role/$3');

/**
 * The person behind a request that API Gateway has authenticated: the verified email of the access token, or the person
 * that the rules file names for the IAM role. Anything else is nobody.
 */
export function identify(event: APIGatewayProxyEventV2, rules: Rules): Outcome<Caller> {
  const { jwt, iam } = ((event.requestContext as { authorizer?: Authorizer }).authorizer ?? {}) as Authorizer;
  if (jwt !== undefined) return fromClaims(jwt.claims, rules);
  if (iam?.userArn !== undefined) {
    const known = rules.iam?.[roleArn(iam.userArn)];
    if (known === undefined) {
      return refuse('UNKNOWN_PERSON', `The rules file maps no person to ${roleArn(iam.userArn)}; add it under iam.`);
    }
    return done({ person: known.person, groups: known.groups });
  }
  return refuse('UNKNOWN_PERSON', 'The request carries no identity.');
}

function fromClaims(claims: Record<string, unknown>, rules: Rules): Outcome<Caller> {
  const email = claims.email;
  if (typeof email !== 'string' || !email.includes('@')) {
    return refuse('UNKNOWN_PERSON', 'The access token has no email claim.');
  }
  if (String(claims.email_verified) !== 'true') {
    return refuse('UNKNOWN_PERSON', 'The email of the access token is not verified.');
  }
  const theirs = new Set([...listClaim(claims.groups), ...listClaim(claims['cognito:groups'])]);
  const groups = GROUPS.filter((group) => theirs.has(rules.groups?.[group] ?? group));
  return done({ person: canonicalPerson(email), groups });
}
