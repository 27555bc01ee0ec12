import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect, it } from 'vitest';
import { parseRules } from '../../lib/change/rules/parse.ts';
import { identify, strangerOf } from '../../lib/http/identity.ts';

const parsed = parseRules(`approvers: { security: [sam@example.com] }
iam:
  arn:aws:iam::111122223333:role/ci: { person: CI@example.com, groups: [submitters] }
  arn:aws:iam::111122223333:role/team/twin: { person: ana@example.com, groups: [submitters] }
  arn:aws:iam::111122223333:role/deep/path/solo: { person: sam@example.com, groups: [approvers] }
rules: [{ name: default, quorum: 1, from: [security], expireAfter: PT1H }]
`);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
// The check of the file refuses such a pair (test/change/rulesCheck.test.ts); who calls must not depend on it.
const twin = { person: 'ben@example.com', groups: ['submitters' as const] };
const rules = { ...parsed.rules, iam: { ...parsed.rules.iam, 'arn:aws:iam::111122223333:role/other/twin': twin } };

const event = (authorizer: object) => ({ requestContext: { authorizer } }) as unknown as APIGatewayProxyEventV2;
const session = (role: string, account = '111122223333') =>
  event({ iam: { userArn: `arn:aws:sts::${account}:assumed-role/${role}/session-of-their-choice` } });
const jwt = (claims: object) => event({ jwt: { claims: { sub: 's-1', ...claims } } });
const said = (given: APIGatewayProxyEventV2) => {
  const outcome = identify(given, rules);
  return outcome.ok ? outcome.value.person : outcome.refusal.code;
};

it.each([
  ['a role of the rules file, whatever its session is called', session('ci'), 'ci@example.com'],
  ['a role with a path, which its session does not name', session('solo'), 'sam@example.com'],
  ['a role that may be two', session('twin'), 'AMBIGUOUS_PERSON'],
  ['a role that nobody mapped', session('cix'), 'UNKNOWN_PERSON'],
  ['a role of that name in another account', session('ci', '999988887777'), 'UNKNOWN_PERSON'],
  ['an IAM user of that name', event({ iam: { userArn: 'arn:aws:iam::111122223333:user/ci' } }), 'UNKNOWN_PERSON'],
  ['a verified email, in one spelling', jwt({ email: 'SAM@Example.com', email_verified: 'true' }), 'sam@example.com'],
  ['an email that is not verified', jwt({ email: 'sam@example.com', email_verified: 'false' }), 'UNKNOWN_PERSON'],
  ['two emails', jwt({ email: ['sam@example.com', 'kim@example.com'], email_verified: 'true' }), 'UNKNOWN_PERSON'],
  ['no email', jwt({ email_verified: 'true' }), 'UNKNOWN_PERSON'],
  ['nobody', event({}), 'UNKNOWN_PERSON'],
])('%s', (_, given, person) => expect(said(given)).toBe(person));

it('a stranger has a name in the history that no person can have', () => {
  expect(strangerOf(session('cix'))).toBe('iam:arn:aws:sts::111122223333:assumed-role/cix/session-of-their-choice');
  expect(strangerOf(jwt({}))).toBe('oidc:s-1');
});
