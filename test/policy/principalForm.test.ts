import { describe, expect, it, test } from 'vitest';
import { accountOf, isSessionOf, principalForm } from '../../lib/policy/principalForm.ts';
import { accountOf as accountInArn, atomOf, knownContext } from '../../lib/policy/principals.ts';

const A = '111122223333';
const aws = (id: string) => ({ kind: 'AWS' as const, id });
const formOf = (id: string) => principalForm(aws(id));
const repeated = (count: number) => 'n'.repeat(count);

// IAM User Guide, "IAM identifiers" and "Principal"; IAM API model for the lengths of names.
describe('what a principal is', () => {
  test.each<[string, string, string?]>([
    ['*', 'everyone'],
    [`arn:aws:iam::${A}:root`, 'account', ''],
    [`arn:aws-cn:iam::${A}:root`, 'account', ''],
    [`arn:aws:iam::${A}:user/ana`, 'user', 'ana'],
    [`arn:aws:iam::${A}:user/a/b/ana+=,.@-_1`, 'user', 'a/b/ana+=,.@-_1'],
    [`arn:aws:iam::${A}:role/${repeated(64)}`, 'role', repeated(64)],
    [`arn:aws:iam::${A}:role/!path~/app`, 'role', '!path~/app'],
    [`arn:aws:iam::${A}:group/${repeated(128)}`, 'group', repeated(128)],
    [`arn:aws:iam::${A}:group/team/devs`, 'group', 'team/devs'],
    [`arn:aws:sts::${A}:assumed-role/app/r`, 'session', 'app/r'],
    [`arn:aws:sts::${A}:assumed-role/${repeated(64)}/${repeated(64)}`, 'session', `${repeated(64)}/${repeated(64)}`],
    [`arn:aws:sts::${A}:federated-user/bo`, 'federatedUser', 'bo'],
    [`arn:aws:sts::${A}:federated-user/${repeated(32)}`, 'federatedUser', repeated(32)],
  ])('%s: %s', (id, type, name) => {
    expect(formOf(id)).toMatchObject({ type, ...(name !== undefined && { name, account: A }) });
  });

  test.each<[string, string]>([
    ...['AIDA', 'AROA', 'AGPA', 'ANPA', 'ASIA', 'AKIA', 'ABIA', 'ACCA'].map((prefix): [string, string] => [
      `${prefix}DBQP57FF`,
      prefix,
    ]),
    ['AROADBQP57FF2AEXAMPLE:run', 'AROA'],
    ['AROADBQP57FF2AEXAMPLE:ab', 'AROA'],
    [`AIDA${'A'.repeat(124)}`, 'AIDA'],
  ])('%s: a unique id', (id, prefix) => expect(formOf(id)).toEqual({ type: 'uniqueId', prefix }));

  test.each([
    ...[
      '',
      '**',
      'x*',
      A,
      'root',
      'AIDADBQP57F',
      `AIDA${'A'.repeat(125)}`,
      'xAIDADBQP57FF2AEXAMPLE',
      'AIDADBQP57FF2AEXAMPLE!',
    ],
    ...[
      'AROADBQP57FF2AEXAMPLE:a',
      `AROADBQP57FF2AEXAMPLE:${repeated(65)}`,
      'AXXADBQP57FF2AEXAMPLE',
      'aidadbqp57ff2aexample',
    ],
    ...[`xarn:aws:iam::${A}:root`, `arn:aws:iam::${A}`, `ARN:aws:iam::${A}:root`],
    ...[
      `arn:aws:iam:us-east-1:${A}:root`,
      'arn:aws:iam::11112222333:root',
      'arn:aws:iam::1111222233334:root',
      'arn:aws:iam::*:root',
    ],
    ...[
      `arn:aws:iam::${A}:root/x`,
      `arn:aws:iam::${A}:user`,
      `arn:aws:iam::${A}:user/`,
      `arn:aws:iam::${A}:role/${repeated(65)}`,
    ],
    ...[
      `arn:aws:iam::${A}:role/a b`,
      `arn:aws:iam::${A}:role//app`,
      `arn:aws:iam::${A}:role/app/`,
      `arn:aws:iam::${A}:role/pä/app`,
    ],
    ...[
      `arn:aws:sts::${A}:role/app`,
      `arn:aws:sts::${A}:user/ana`,
      `arn:aws:sts::${A}:root`,
      `arn:aws:iam::${A}:assumed-role/app/run`,
    ],
    ...[
      `arn:aws:sts::${A}:assumed-role/app`,
      `arn:aws:sts::${A}:assumed-role/app/`,
      `arn:aws:sts::${A}:assumed-role/app/a/b`,
    ],
    ...[`arn:aws:sts::${A}:assumed-role/${repeated(65)}/run`, `arn:aws:sts::${A}:assumed-role/app/${repeated(65)}`],
    ...[
      `arn:aws:sts::${A}:federated-user/b`,
      `arn:aws:sts::${A}:federated-user/${repeated(33)}`,
      `arn:aws:iam::${A}:federated-user/bob`,
    ],
    `arn:aws:iam::${A}:user/ana\n`,
  ])('%o: none', (id) => expect(formOf(id)).toEqual({ type: 'invalid' }));

  test.each([
    ...[
      `arn:aws:s3:::bucket`,
      `arn:aws:kms:us-east-1:${A}:key/a`,
      `arn:aws:iam::${A}:policy/p`,
      `arn:aws:iam::${A}:group/`,
    ],
    ...[
      `arn:aws:iam::${A}:instance-profile/p`,
      `arn:aws:iam::${A}:saml-provider/p`,
      `arn:aws:iam::${A}:group/${repeated(129)}`,
    ],
    `arn:aws:sts::${A}:group/devs`,
  ])('%s: the ARN of something else', (id) => expect(formOf(id)).toEqual({ type: 'arn' }));

  it('is said by its kind where that is not AWS', () => {
    expect(principalForm({ kind: 'Service', id: '*' })).toEqual({ type: 'service', name: '*' });
    expect(principalForm({ kind: 'Federated', id: '*' })).toEqual({ type: 'federated' });
    expect(principalForm({ kind: 'CanonicalUser', id: '*' })).toEqual({ type: 'canonicalUser' });
  });
  it('belongs to an account, if its text says so', () => {
    expect([accountOf(formOf(`arn:aws:iam::${A}:user/ana`)), accountOf(formOf('*'))]).toEqual([A, undefined]);
  });
  test.each<[string, string, boolean]>([
    [`arn:aws:sts::${A}:assumed-role/app/run`, `arn:aws:iam::${A}:role/app`, true],
    [`arn:aws:sts::${A}:assumed-role/app/run`, `arn:aws:iam::${A}:role/team/app`, true],
    [`arn:aws:sts::${A}:assumed-role/app/run`, `arn:aws:iam::${A}:role/app/team`, false],
    [`arn:aws:sts::${A}:assumed-role/app/run`, 'arn:aws:iam::444455556666:role/app', false],
    [`arn:aws:sts::${A}:assumed-role/run/app`, `arn:aws:iam::${A}:role/app`, false],
    [`arn:aws:sts::${A}:assumed-role/app/run`, `arn:aws:iam::${A}:user/app`, false],
    [`arn:aws:iam::${A}:role/app`, `arn:aws:iam::${A}:role/app`, false],
  ])('%s is a session of %s: %s', (session, role, is) => expect(isSessionOf(formOf(session), formOf(role))).toBe(is));
});

describe('the caller that a principal stands for', () => {
  test.each<[string, object]>([
    ['*', { kind: 'everyone', key: '*', name: '*' }],
    [`arn:aws:iam::${A}:root`, { kind: 'account', key: `account ${A}`, name: `arn:aws:iam::${A}:root`, account: A }],
    [
      `arn:aws:iam::${A}:user/x/ana`,
      { kind: 'identity', key: `arn:aws:iam::${A}:user/x/ana`, name: `arn:aws:iam::${A}:user/x/ana`, account: A },
    ],
    [
      `arn:aws:iam::${A}:role/x/app`,
      {
        kind: 'identity',
        key: `arn:aws:iam::${A}:role/x/app`,
        name: `arn:aws:iam::${A}:role/x/app`,
        account: A,
        role: `role ${A} app`,
      },
    ],
    [
      `arn:aws:sts::${A}:assumed-role/app/run`,
      {
        kind: 'session',
        key: `arn:aws:sts::${A}:assumed-role/app/run`,
        name: `arn:aws:sts::${A}:assumed-role/app/run`,
        account: A,
        role: `role ${A} app`,
      },
    ],
    ['AROADBQP57FF2AEXAMPLE', { kind: 'unknown', key: 'AROADBQP57FF2AEXAMPLE', name: 'AROADBQP57FF2AEXAMPLE' }],
    [
      `arn:aws:iam::${A}:role/a b`,
      { kind: 'identity', key: `arn:aws:iam::${A}:role/a b`, name: `arn:aws:iam::${A}:role/a b`, account: A },
    ],
  ])('%s', (id, atom) => expect(atomOf(aws(id))).toEqual(atom));
  test.each<['Service' | 'Federated' | 'CanonicalUser', string]>([
    ['Service', 'service'],
    ['Federated', 'federated'],
    ['CanonicalUser', 'canonical'],
  ])('a %s', (kind, is) =>
    expect(atomOf({ kind, id: 'x' })).toEqual({ kind: is, key: `${kind}:x`, name: `${kind}:x` }),
  );

  it('has a request context of which some is sure', () => {
    const known = (id: string, roles: [string, string][] = []) =>
      Object.fromEntries(knownContext(atomOf(aws(id)), new Map(roles)));
    const account = { 'aws:principalaccount': A, 'kms:calleraccount': A, 'aws:principalisawsservice': 'false' };
    const session = `arn:aws:sts::${A}:assumed-role/app/run`;
    const role = `arn:aws:iam::${A}:role/deep/app`;
    expect(known(role)).toEqual({ ...account, 'aws:principalarn': role });
    expect(known(`arn:aws:iam::${A}:root`)).toEqual(account);
    expect(known(session)).toEqual(account);
    expect(known(session, [[`role ${A} app`, role]])).toEqual({ ...account, 'aws:principalarn': role });
    expect(known('*')).toEqual({});
    expect(Object.fromEntries(knownContext(atomOf({ kind: 'Service', id: 'x' }), new Map()))).toEqual({
      'aws:principalisawsservice': 'true',
    });
  });
  test.each<[string, string | undefined]>([
    [`arn:aws:iam::${A}:role/a`, A],
    [`arn:aws:iam::${A}`, A],
    ['arn:aws:s3:::b', undefined],
    ['arn:aws:iam::11112222333:a', undefined],
    ['arn:aws:iam::1111222233334:a', undefined],
    ['x', undefined],
  ])('the account in %s', (arn, account) => expect(accountInArn(arn)).toBe(account));
});
