import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { canonicalPerson, isAddress } from '../change/address.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import type { GroupName, Rules } from '../change/rules.ts';

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

/**
 * The entries of the rules file that an IAM caller may be. API Gateway names the session of a role, without the role's path:
 * `arn:aws:sts::1:assumed-role/ci/session` may be `arn:aws:iam::1:role/ci` and `arn:aws:iam::1:role/team/ci`.
 */
function entriesFor(userArn: string, rules: Rules): NonNullable<Rules['iam']>[string][] {
  const session = /^(arn:[^:]+):sts::(\d{12}):assumed-role\/([^/]+)\/[^/]+$/.exec(userArn);
  return Object.entries(rules.iam ?? {})
    .filter(([arn]) => {
      if (session === null) return arn === userArn;
      const [, partition, account, name] = session;
      return arn.startsWith(`${partition}:iam::${account}:role/`) && arn.split('/').at(-1) === name;
    })
    .map(([, who]) => who);
}

/**
 * The person behind a request that API Gateway has authenticated: the verified email of the access token, or the person
 * that the rules file names for the IAM role. Anything else is nobody, and what may be two people is nobody too.
 */
export function identify(event: APIGatewayProxyEventV2, rules: Rules): Outcome<Caller> {
  const { jwt, iam } = authorizerOf(event);
  if (jwt !== undefined) return fromClaims(jwt.claims, rules);
  if (iam?.userArn === undefined) return refuse('UNKNOWN_PERSON', 'The request carries no identity.');
  const [known, ...others] = entriesFor(iam.userArn, rules);
  if (known === undefined) {
    return refuse('UNKNOWN_PERSON', `The rules file maps no person to ${iam.userArn}; add its role under iam.`);
  }
  if (others.length > 0) {
    return refuse('AMBIGUOUS_PERSON', `The rules file has more than one role that ${iam.userArn} may be (iam).`);
  }
  return done({ person: known.person, groups: known.groups });
}

/** What a caller whom nobody knows is called in the history. */
export function strangerOf(event: APIGatewayProxyEventV2): string {
  const { jwt, iam } = authorizerOf(event);
  return iam?.userArn === undefined ? `oidc:${String(jwt?.claims.sub ?? '').slice(0, 255)}` : `iam:${iam.userArn}`;
}

const authorizerOf = (event: APIGatewayProxyEventV2): Authorizer =>
  (event.requestContext as { authorizer?: Authorizer }).authorizer ?? {};

function fromClaims(claims: Record<string, unknown>, rules: Rules): Outcome<Caller> {
  const email = claims.email;
  if (typeof email !== 'string' || !email.includes('@')) {
    return refuse('UNKNOWN_PERSON', 'The access token has no email claim.');
  }
  const person = canonicalPerson(email);
  if (!isAddress(person))
    return refuse('UNKNOWN_PERSON', 'The email of the access token is not one that can be sealed.');
  if (String(claims.email_verified) !== 'true') {
    return refuse('UNKNOWN_PERSON', 'The email of the access token is not verified.');
  }
  const theirs = new Set([...listClaim(claims.groups), ...listClaim(claims['cognito:groups'])]);
  const groups = GROUPS.filter((group) => theirs.has(rules.groups?.[group] ?? group));
  return done({ person, groups });
}
