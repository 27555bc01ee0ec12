import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { conditionHolds, evaluate, globMatches, type IamStatement, matchesAction } from '../../local/iam/evaluate.ts';
import { dynamodbAccess, type Iam, openIam } from '../../local/iam.ts';
import { readService } from '../../local/serverless.ts';
import type { Caller } from '../../local/types.ts';

const allow = (Action: string | string[], Resource: string | string[] = '*'): IamStatement => ({
  Effect: 'Allow',
  Action,
  Resource,
});

describe('globs', () => {
  test.each([
    ['*', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abbcd', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*a*b', 'xaxbxab', true],
    ['LOG#*', 'LOG#1', true],
    ['LOG#*', 'XLOG#1', false],
    ['a.c', 'abc', false],
    ['**', 'x', true],
  ])('%s on %s: %s', (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });

  test('a pattern of many stars does not blow up', () => {
    expect(globMatches(`${'a*'.repeat(2000)}b`, 'a'.repeat(20_000))).toBe(false);
  });

  test('actions compare without case, in ASCII only', () => {
    expect(matchesAction('KMS:put*', 'kms:PutKeyPolicy')).toBe(true);
    expect(matchesAction('\u212aMS:*', 'kms:PutKeyPolicy')).toBe(false);
  });
});

describe('conditions', () => {
  const context = { 'kms:CallerAccount': ['1'], 'dynamodb:LeadingKeys': ['DOC#1', 'X'], 'kms:ViaService': [] };
  test.each([
    [undefined, 'yes'],
    [{ StringEquals: { 'KMS:calleraccount': '1' } }, 'yes'],
    [{ StringEquals: { 'kms:CallerAccount': ['0', '1'] } }, 'yes'],
    [{ StringEquals: { 'kms:CallerAccount': '2' } }, 'no'],
    [{ StringNotEquals: { 'kms:CallerAccount': '2' } }, 'yes'],
    [{ StringNotEquals: { 'kms:CallerAccount': ['1', '2'] } }, 'no'],
    [{ StringEquals: { 'kms:ViaService': 's3' } }, 'no'],
    [{ StringNotEquals: { 'kms:ViaService': 's3' } }, 'yes'],
    [{ StringEqualsIfExists: { 'kms:ViaService': 's3' } }, 'yes'],
    [{ Null: { 'kms:ViaService': true } }, 'yes'],
    [{ 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': 'DOC#*' } }, 'yes'],
    [{ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'DOC#*' } }, 'no'],
    [{ 'ForAnyValue:StringLike': { 'kms:ViaService': '*' } }, 'no'],
    [{ 'ForAllValues:StringLike': { 'kms:ViaService': '*' } }, 'yes'],
    [{ StringEquals: { 'aws:PrincipalOrgID': 'o' } }, 'unknown'],
    [{ IpAddress: { 'kms:CallerAccount': '10.0.0.0/8' } }, 'unknown'],
    [{ StringEquals: { 'aws:PrincipalOrgID': 'o', 'kms:CallerAccount': '2' } }, 'no'],
  ] as const)('%o: %s', (block, expected) => {
    expect(conditionHolds(block as never, context)).toBe(expected);
  });

  test('what cannot be decided counts against the caller', () => {
    const Condition = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } };
    expect(evaluate([{ ...allow('s3:*'), Condition }], 's3:Get', 'x', {})).toBe('implicitDeny');
    expect(evaluate([allow('s3:*'), { ...allow('s3:*'), Effect: 'Deny', Condition }], 's3:Get', 'x', {})).toBe(
      'explicitDeny',
    );
  });
});

describe('the roles of serverless.yml', () => {
  const service = readService({ stage: 'local' });
  const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1b6f3a52-8c1d-4e0a-9f27-3d5c7a9e1001';
  const TABLE = 'arn:aws:dynamodb:us-east-1:111122223333:table/countersign-local';
  let dataDir: string;
  let iam: Iam;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'countersign-iam-'));
    iam = openIam({ dataDir, roles: [...service.roles.values()] });
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));
  const as = (role: string): Caller => {
    const { accessKeyId } = iam.accessKeyFor(`countersign-local-${role}`);
    const result = iam.callerOf({
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261124/us-east-1/kms/aws4_request`,
    });
    if (!result.ok) throw new Error(result.message);
    return result.caller;
  };
  const bypass = (value: string) => ({ 'kms:BypassPolicyLockoutSafetyCheck': [value] });

  test('only the apply role may put a key policy, and never with the bypass', () => {
    const may = [...service.roles.values()]
      .map(({ name }) => name)
      .filter((name) => as(name.replace('countersign-local-', '')).allows('kms:PutKeyPolicy', KEY, bypass('false')));
    expect(may).toEqual(['countersign-local-apply']);
    expect(as('apply').allows('kms:PutKeyPolicy', KEY, bypass('true'))).toBe(false);
    expect(as('apply').allows('kms:PutKeyPolicy', KEY)).toBe(false);
    expect(as('apply').arn).toBe('arn:aws:sts::111122223333:assumed-role/countersign-local-apply/local');
    expect(as('apply').principal).toBe('arn:aws:iam::111122223333:role/countersign-local-apply');
  });

  test('a fact and a document cannot be changed once they stand', () => {
    const may = (operation: string, body: object) =>
      dynamodbAccess(operation, body).every(({ action, resource, leadingKeys }) =>
        as('submit').allows(action, resource, leadingKeys && { 'dynamodb:LeadingKeys': leadingKeys }),
      );
    const TableName = 'countersign-local';
    const Key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'x' } });
    expect(may('PutItem', { TableName, Item: Key('LOG#1') })).toBe(true);
    expect(may('UpdateItem', { TableName, Key: Key('CHANGE#1') })).toBe(true);
    expect(may('UpdateItem', { TableName, Key: Key('LOG#1') })).toBe(false);
    expect(may('DeleteItem', { TableName, Key: Key('CHANGE#1') })).toBe(false);
    const items = (pk: string) => ({
      TransactItems: [{ Put: { TableName, Item: Key('LOG#2') } }, { Update: { TableName, Key: Key(pk) } }],
    });
    expect(may('TransactWriteItems', items('CHANGE#1'))).toBe(true);
    expect(may('TransactWriteItems', items('DOC#1'))).toBe(false);
    expect(may('Scan', { TableName })).toBe(false);
    expect(may('GetItem', { TableName: 'another', Key: Key('x') })).toBe(false);
    expect(as('read').allows('dynamodb:PutItem', TABLE)).toBe(false);
  });

  test('keys are fixed, and whoever has none of them is the administrator', () => {
    const other = openIam({ dataDir: join(dataDir, 'other'), roles: [...service.roles.values()] });
    expect(other.accessKeyFor('countersign-local-apply')).toEqual(iam.accessKeyFor('countersign-local-apply'));
    expect(iam.keyOf(iam.accessKeyFor('ci-deployer').accessKeyId)).toEqual(iam.accessKeyFor('ci-deployer'));
    const caller = iam.callerOf({
      authorization: 'AWS4-HMAC-SHA256 Credential=test/20261124/us-east-1/kms/aws4_request',
    });
    expect(caller).toMatchObject({ ok: true, caller: { principal: 'arn:aws:iam::111122223333:role/Admin' } });
    expect(iam.callerOf({})).toMatchObject({ ok: false, code: 'MissingAuthenticationTokenException' });
    expect(iam.callerOf({ authorization: 'Bearer x' })).toMatchObject({
      ok: false,
      code: 'IncompleteSignatureException',
    });
    expect(() => iam.accessKeyFor('nobody')).toThrow('no role named nobody');
  });

  test('a pipeline may call the API and nothing else', () => {
    const { accessKeyId } = iam.accessKeyFor('ci-deployer');
    const result = iam.callerOf({
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261124/us-east-1/kms/aws4_request`,
    });
    if (!result.ok) throw new Error(result.message);
    expect(result.caller.allows('execute-api:Invoke', 'arn:aws:execute-api:us-east-1:111122223333:local/x')).toBe(true);
    expect(result.caller.allows('kms:PutKeyPolicy', KEY, bypass('false'))).toBe(false);
  });
});

describe('the world of principals', () => {
  const ROLE = 'arn:aws:iam::111122223333:role/team/App';
  const SESSION = 'arn:aws:sts::111122223333:assumed-role/App/session';
  const FLAT = 'arn:aws:iam::111122223333:role/App';
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'countersign-world-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));
  const worldOf = () => openIam({ dataDir, roles: [] }).world;

  test.each([
    [[], [ROLE, SESSION, FLAT]],
    [[ROLE], [SESSION, FLAT]],
    [[FLAT], [ROLE]],
    [['App'], []],
    [
      ['Other', 'session'],
      [ROLE, SESSION, FLAT],
    ],
  ])('with %j missing, %j exist', (missing, existing) => {
    const world = worldOf();
    world.set({ missing, ids: {} });
    expect([ROLE, SESSION, FLAT].filter((arn) => world.exists(arn))).toEqual(existing);
  });

  test('is the same after a restart, with its unique ids', () => {
    worldOf().set({ missing: ['App'], ids: { AROALIVEROLE0EXAMPLE1: FLAT } });
    const world = worldOf();
    expect(world.state()).toEqual({ missing: ['App'], ids: { AROALIVEROLE0EXAMPLE1: FLAT } });
    expect(world.arnOf('AROALIVEROLE0EXAMPLE1')).toBe(FLAT);
    expect(world.arnOf('constructor')).toBeUndefined();
    expect(world.uniqueIdOf(FLAT)).toBe('AROALIVEROLE0EXAMPLE1');
  });

  test('is set over the wire, and refuses what has another shape', async () => {
    const iam = openIam({ dataDir, roles: [] });
    const send = (method: string, body: string, path = '/_iam/world') =>
      iam.handle({ method, path, headers: {}, body: Buffer.from(body), operation: '', caller: iam.admin });
    expect(await send('PUT', '{"missing":["App"]}')).toMatchObject({ status: 200 });
    for (const body of ['{', '{"missing":"App"}', '{"missing":[1]}', '{"ids":[]}', '{"ids":{"AROA":1}}', 'null']) {
      expect(await send('PUT', body), body).toMatchObject({ status: 400 });
    }
    expect(JSON.parse(String((await send('GET', '')).body))).toEqual({ missing: ['App'], ids: {} });
    expect(await send('DELETE', '')).toMatchObject({ status: 405 });
    expect(await send('GET', '', '/_iam/users')).toMatchObject({ status: 404 });
  });
});

describe('what DynamoDB asks IAM for', () => {
  const table = 'arn:aws:dynamodb:us-east-1:111122223333:table/t';
  const TableName = 't';
  const pk = (S: string) => ({ pk: { S } });
  test.each([
    [
      'Query',
      { TableName, IndexName: 'gsi1', KeyConditionExpression: 'gsi1pk = :v' },
      [{ action: 'dynamodb:Query', resource: `${table}/index/gsi1` }],
    ],
    [
      'Query',
      {
        TableName,
        KeyConditionExpression: '#s > :s AND #p = :p',
        ExpressionAttributeNames: { '#p': 'pk', '#s': 'sk' },
        ExpressionAttributeValues: { ':p': { S: 'LOG#1' }, ':s': { S: 'x' } },
      },
      [{ action: 'dynamodb:Query', resource: table, leadingKeys: ['LOG#1'] }],
    ],
    [
      'GetItem',
      { TableName: table, Key: pk('a') },
      [{ action: 'dynamodb:GetItem', resource: table, leadingKeys: ['a'] }],
    ],
    [
      'TransactGetItems',
      { TransactItems: [{ Get: { TableName, Key: pk('a') } }] },
      [{ action: 'dynamodb:GetItem', resource: table, leadingKeys: ['a'] }],
    ],
    [
      'TransactWriteItems',
      {
        TransactItems: [{ ConditionCheck: { TableName, Key: pk('a') } }, { Delete: { TableName, Key: pk('b') } }],
      },
      [
        { action: 'dynamodb:ConditionCheckItem', resource: table, leadingKeys: ['a'] },
        { action: 'dynamodb:DeleteItem', resource: table, leadingKeys: ['b'] },
      ],
    ],
    [
      'BatchWriteItem',
      { RequestItems: { t: [{ PutRequest: { Item: pk('a') } }, { DeleteRequest: { Key: pk('b') } }] } },
      [
        { action: 'dynamodb:BatchWriteItem', resource: table, leadingKeys: ['a'] },
        { action: 'dynamodb:BatchWriteItem', resource: table, leadingKeys: ['b'] },
      ],
    ],
    [
      'BatchGetItem',
      { RequestItems: { t: { Keys: [pk('a')] } } },
      [{ action: 'dynamodb:BatchGetItem', resource: table, leadingKeys: ['a'] }],
    ],
    [
      'ExecuteStatement',
      { Statement: 'DELETE FROM "t" WHERE pk = ?' },
      [{ action: 'dynamodb:PartiQLDelete', resource: table.replace('/t', '/*') }],
    ],
    [
      'TransactWriteItems',
      'nonsense',
      [{ action: 'dynamodb:TransactWriteItems', resource: table.replace('/t', '/*') }],
    ],
    ['ListTables', {}, [{ action: 'dynamodb:ListTables', resource: table.replace('/t', '/*') }]],
  ])('%s', (operation, body, expected) => {
    expect(dynamodbAccess(operation, body)).toEqual(expected);
  });
});
