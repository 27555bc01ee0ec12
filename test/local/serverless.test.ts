// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the variables of serverless.yml
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readService } from '../../local/serverless.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-serverless-'));
let files = 0;

function read(yaml: string, options: Partial<Parameters<typeof readService>[0]> = {}) {
  const path = join(folder, `${files++}.yml`);
  writeFileSync(path, yaml);
  return readService({ stage: 'local', path, env: {}, ...options });
}

/** A service with one function whose environment is `environment`. */
const withEnvironment = (environment: string, rest = '') => `
service: s
provider: { name: aws, stage: prod }
functions:
  f: { handler: f.handler, role: R, environment: ${environment} }
params:
  default: { a: 1, b: from-default, loop: "\${param:loop}" }
  local: { b: from-stage }
resources:
  Resources:
    R: { Type: AWS::IAM::Role, Properties: { RoleName: "s-\${sls:stage}" } }
    T: { Type: AWS::DynamoDB::Table, Properties: { TableName: "t-\${sls:stage}" } }
    B: { Type: AWS::S3::Bucket }
${rest}`;

const environmentOf = (value: string, options = {}) =>
  read(withEnvironment(`{ X: ${value} }`), options).functions.get('f')?.environment.X;

describe('variables', () => {
  it.each([
    ['"${param:a}"', '1'],
    ['"${param:b}"', 'from-stage'],
    ['"x-${sls:stage}-${opt:stage}"', 'x-local-local'],
    ['"${opt:region, \'eu-west-1\'}"', 'eu-west-1'],
    ['"${env:NOPE, \'\'}"', ''],
    ['"${env:NOPE, \'a, b\'}"', 'a, b'],
    ['"${env:NOPE, ${param:b}}"', 'from-stage'],
    ['"${env:NOPE, param:b}"', 'from-stage'],
    ['"${self:service}"', 's'],
    [
      '!Sub "${AWS::AccountId}/${T}/${T.Arn}/${!kept}"',
      '111122223333/t-local/arn:aws:dynamodb:us-east-1:111122223333:table/t-local/${kept}',
    ],
    ['!Sub ["${Who}-${AWS::Region}", { Who: !Ref R }]', 's-local-us-east-1'],
    ['!GetAtt R.Arn', 'arn:aws:iam::111122223333:role/s-local'],
    ['{ "Fn::GetAtt": [FLambdaFunction, Arn] }', 'arn:aws:lambda:us-east-1:111122223333:function:s-local-f'],
    ['!Join ["/", [a, !Ref T]]', 'a/t-local'],
  ])('%s is %s', (value, expected) => {
    expect(environmentOf(value)).toBe(expected);
  });

  it('come from the environment and from overrides', () => {
    expect(environmentOf('"${env:HOME_OF}"', { env: { HOME_OF: 'here' } })).toBe('here');
    expect(environmentOf('"${param:b}"', { overrides: { params: { b: 'override' } } })).toBe('override');
    expect(environmentOf('"${param:b}"', { overrides: { environment: { X: 'whole' } } })).toBe('whole');
  });

  it.each([
    ['"${param:nope}"', /functions\.f\.environment\.X.*param:nope.*no value/],
    ['"${param:loop}"', /leads back to itself/],
    ['"${ssm:/a/b}"', /functions\.f\.environment\.X.*ssm/],
    ['"${env:NOPE}"', /env:NOPE/],
    ['!Ref Nobody', /functions\.f\.environment\.X.*Nobody/],
    ['!GetAtt T.StreamArn', /T\.StreamArn/],
    ['!Ref B', /functions\.f\.environment\.X.*B \(AWS::S3::Bucket\)/],
    ['!Cidr x', /functions\.f\.environment\.X.*!Cidr/],
    ['{ "Fn::ImportValue": x }', /Fn::ImportValue/],
    ['[1]', /functions\.f\.environment\.X.*not a text/],
  ])('%s is refused by its place', (value, message) => {
    expect(() => environmentOf(value)).toThrow(message);
  });

  it('follows anchors, aliases, merge keys and files', () => {
    writeFileSync(join(folder, 'other.json'), '{"deep":{"value":"${sls:stage}!"}}');
    const service = read(
      withEnvironment('{ <<: &base { A: one, B: two }, B: three, C: "${file(other.json):deep.value}" }', 'x: *base'),
    );
    expect(service.functions.get('f')?.environment).toEqual({ A: 'one', B: 'three', C: 'local!' });
  });

  it('refuses a name that stands twice', () => {
    expect(() => read(withEnvironment('{ A: one, A: two }'))).toThrow(/unique/);
  });
});

describe('what cannot be run locally', () => {
  const withEvent = (event: string) => withEnvironment('{}').replace('role: R,', `role: R, events: [${event}],`);
  it.each([
    ['{ sqs: arn }', /functions\.f\.events\[0\].*sqs/],
    ['{ schedule: cron(0 1 * * ? *) }', /functions\.f\.events\[0\].*cron/],
    ['{ httpApi: { method: GET, path: /, authorizer: { name: nobody } } }', /nobody/],
  ])('%s is refused by its place', (event, message) => {
    expect(() => read(withEvent(event))).toThrow(message);
  });

  it('NotAction and managed policies, which would be silently wider', () => {
    const role = (extra: string) =>
      withEnvironment('{}').replace('RoleName: "s-${sls:stage}"', `RoleName: r, ${extra}`);
    expect(() => read(role('ManagedPolicyArns: [x]'))).toThrow(/R\.Properties\.ManagedPolicyArns/);
    const statement = '{ Effect: Allow, NotAction: "kms:*", Resource: "*" }';
    expect(() => read(role(`Policies: [{ PolicyDocument: { Statement: ${statement} } }]`))).toThrow(/NotAction/);
  });
});

describe("the project's own serverless.yml", () => {
  const service = readService({ stage: 'local', env: {} });

  it('has each route with its authorizer', () => {
    const routes = Object.fromEntries(service.routes.map((route) => [route.routeKey, route]));
    expect(routes['POST /changes']).toMatchObject({
      functionKey: 'submit',
      authorizer: { type: 'jwt', name: 'people', scopes: ['countersign'] },
    });
    expect(routes['POST /iam/changes']).toMatchObject({ functionKey: 'submit', authorizer: { type: 'aws_iam' } });
    expect(routes['GET /review/{token}']).toMatchObject({ authorizer: { type: 'none' } });
    expect(routes['GET /keys/{key}/policy']).toBeDefined();
  });

  it('leaves nothing open but the links, signing in, Slack, which signs, health and the description', () => {
    const open = service.routes.filter((route) => route.authorizer.type === 'none').map((route) => route.routeKey);
    expect(open.sort()).toEqual([
      'GET /callback',
      'GET /foreign/{token}',
      'GET /health',
      'GET /openapi.json',
      'GET /review/{token}',
      'GET /signin',
      'POST /foreign/{token}',
      'POST /review/{token}',
      'POST /slack/interactions',
    ]);
  });

  it('lets only the apply role put a key policy', () => {
    const holders = [...service.roles.values()].filter(({ statements }) =>
      statements.some(({ Effect, Action }) => Effect === 'Allow' && [Action].flat().includes('kms:PutKeyPolicy')),
    );
    expect(holders.map(({ arn }) => arn)).toEqual(['arn:aws:iam::111122223333:role/countersign-local-apply']);
  });

  it('gives the state machine the ARNs of its functions', () => {
    const machine = service.stateMachines.get('approval');
    expect(machine?.arn).toBe('arn:aws:states:us-east-1:111122223333:stateMachine:countersign-local-approval');
    expect(machine?.roleArn).toBe('arn:aws:iam::111122223333:role/countersign-local-approval');
    expect(machine?.definition).toMatchObject({
      States: {
        Apply: {
          Parameters: { FunctionName: 'arn:aws:lambda:us-east-1:111122223333:function:countersign-local-apply' },
        },
      },
    });
    expect(machine?.definition).toMatchObject({
      States: { Ask: { Parameters: { Payload: { 'changeId.$': '$.changeId' } } } },
    });
  });

  it('takes the values of the local stage', () => {
    const apply = service.functions.get('apply');
    expect(apply).toMatchObject({ role: 'ApplyRole', timeout: 120, exportName: 'handler' });
    expect(apply?.environment).toMatchObject({
      TABLE_NAME: 'countersign-local',
      LEASE_SECONDS: '10',
      SETTLE_SECONDS: '1',
    });
    expect(service.tables).toMatchObject([
      { TableName: 'countersign-local', TimeToLiveSpecification: { Enabled: true } },
    ]);
    expect(service.schedules.map(({ functionKey, seconds }) => [functionKey, seconds])).toEqual([
      ['compareKeys', 900],
      ['reconcile', 60],
      ['sweep', 60],
      ['notarise', 60],
      ['archive', 60],
      ['verifyDaily', 86_400],
      ['noteDenied', 60],
      ['witness', 3600],
    ]);
    expect(service.keys).toMatchObject([
      { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', aliases: ['alias/countersign-local-notary'] },
    ]);
    const [sign] = service.roles.get('NotariseRole')?.statements.slice(-1) ?? [];
    expect(sign).toEqual({ Effect: 'Allow', Action: ['kms:Sign', 'kms:GetPublicKey'], Resource: service.keys[0]?.arn });
  });
});
