import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}
interface Resource {
  Type: string;
  Properties: Record<string, unknown> & {
    Policies?: { PolicyDocument: { Statement: Statement[] } }[];
    Role?: { 'Fn::GetAtt': [string, string] };
    RetentionInDays?: number;
    LogGroupName?: string;
    FunctionName?: string;
    Runtime?: string;
  };
}

let folder: string;
let resources: Record<string, Resource>;
let conditions: Record<string, unknown>;

const ofType = (type: string) => Object.entries(resources).filter(([, resource]) => resource.Type === type);
const list = (value: string | string[]) => (Array.isArray(value) ? value : [value]);
const statements = (role: Resource) =>
  (role.Properties.Policies ?? []).flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
/** They may write word of a refused read, and nothing else: below. */
const READERS = ['ReadRole', 'KeysRole', 'VerifyRole'];
const rolesThatMay = (action: string) =>
  ofType('AWS::IAM::Role')
    .filter(([, role]) => statements(role).some((s) => s.Effect === 'Allow' && list(s.Action).includes(action)))
    .map(([name]) => name)
    .sort();

const rolesThatStart = (machine: string) =>
  ofType('AWS::IAM::Role')
    .filter(([, role]) =>
      statements(role).some(
        ({ Action, Resource }) =>
          list(Action).includes('states:StartExecution') && JSON.stringify(Resource).endsWith(`-${machine}"}`),
      ),
    )
    .map(([name]) => name)
    .sort();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-package-'));
  for (const name of [
    'serverless.yml',
    'rules.yml',
    'package.json',
    'tsconfig.json',
    'bin',
    'functions',
    'lib',
    'statemachine',
  ]) {
    cpSync(name, join(folder, name), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const env = { PATH: process.env.PATH ?? '', HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' };
  execFileSync(process.execPath, [resolve('node_modules/osls/bin/serverless.js'), 'package'], { cwd: folder, env });
  const template = readFileSync(join(folder, '.serverless', 'cloudformation-template-update-stack.json'), 'utf8');
  ({ Resources: resources, Conditions: conditions } = JSON.parse(template));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}, 300_000);

describe('the packaged template', () => {
  it('takes events from no other account unless the stage names it, and of those what CloudTrail tells of KMS alone', () => {
    const [[, policy] = [], ...more] = ofType('AWS::Events::EventBusPolicy');
    expect(more).toEqual([]);
    expect(policy).toMatchObject({
      Condition: 'IsForwardedTo',
      Properties: {
        Statement: {
          Principal: { AWS: { 'Fn::Split': [',', ''] } },
          Action: 'events:PutEvents',
          Condition: {
            'ForAllValues:StringEquals': { 'events:source': 'aws.kms' },
            StringEquals: { 'events:detail-type': 'AWS API Call via CloudTrail' },
          },
        },
      },
    });
    expect(conditions.IsForwardedTo).toEqual({ 'Fn::Not': [{ 'Fn::Equals': ['', ''] }] });
  });

  it('lets one role put a key policy, and one function have that role', () => {
    expect(rolesThatMay('kms:PutKeyPolicy')).toEqual(['ApplyRole']);
    const theirs = ofType('AWS::Lambda::Function').filter(
      ([, { Properties }]) => Properties.Role?.['Fn::GetAtt'][0] === 'ApplyRole',
    );
    expect(theirs.map(([, { Properties }]) => Properties.FunctionName)).toEqual(['countersign-prod-apply']);
    const role = resources.ApplyRole as Resource;
    expect(statements(role)).toContainEqual({
      Effect: 'Deny',
      Action: 'kms:PutKeyPolicy',
      Resource: '*',
      Condition: { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'true' } },
    });
  });

  it('lets those who propose see grants and ask Access Analyzer, and beside them the applier alone look up principals', () => {
    expect(rolesThatMay('kms:ListGrants')).toEqual(['PreviewRole', 'SubmitRole']);
    expect(rolesThatMay('access-analyzer:CreateAccessPreview')).toEqual(['PreviewRole', 'SubmitRole']);
    expect(rolesThatMay('iam:GetRole')).toEqual(['ApplyRole', 'PreviewRole', 'SubmitRole']);
    const preview = statements(resources.PreviewRole as Resource).flatMap(({ Action }) => list(Action));
    expect(preview.filter((action) => /:(Put|Update|Delete|Send|Start|Sign)/.test(action))).toEqual([
      'logs:PutLogEvents',
    ]);
  });

  it('has no wildcard in any action, no NotAction, and no managed policy', () => {
    for (const [, role] of ofType('AWS::IAM::Role')) {
      for (const statement of statements(role)) {
        expect(statement).not.toHaveProperty('NotAction');
        for (const action of list(statement.Action)) expect(action).not.toContain('*');
      }
      expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
    }
  });

  it('lets nobody delete an item or scan, and nobody alter a fact', () => {
    expect(rolesThatMay('dynamodb:DeleteItem')).toEqual(['EraseRole']);
    const deletes = statements(resources.EraseRole as Resource).filter(
      ({ Action }) => Action === 'dynamodb:DeleteItem',
    );
    expect(deletes.map(({ Condition }) => Condition)).toEqual([
      {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['PERSON#*', 'SEAL#*', 'UNREACHABLE#*'] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    ]);
    expect(rolesThatMay('dynamodb:Scan')).toEqual([]);
    for (const name of rolesThatMay('dynamodb:UpdateItem').filter((role) => !READERS.includes(role))) {
      const denies = statements(resources[name] as Resource).filter(({ Effect }) => Effect === 'Deny');
      expect(
        denies.some(
          ({ Action, Condition }) =>
            list(Action).includes('dynamodb:UpdateItem') && JSON.stringify(Condition).includes('LOG#*'),
        ),
      ).toBe(true);
    }
    expect(rolesThatMay('states:SendTaskSuccess')).toEqual([
      'AskRole',
      'DecideRole',
      'ForeignRole',
      'SubmitRole',
      'SweepRole',
    ]);
    expect(rolesThatStart('approval')).toEqual(['AskRole', 'SubmitRole', 'SweepRole']);
    // A decision, a version and the sweep have the Slack messages follow; that machine can do nothing else.
    expect(rolesThatStart('slack')).toEqual(['DecideRole', 'SubmitRole', 'SweepRole']);
    // The second tells owners of foreign writes, the third warns authors of mail that did not arrive.
    expect(rolesThatMay('ses:SendEmail')).toEqual(['AskRole', 'ForeignRole', 'MailEventsRole']);
  });

  it('lets readers assume the read role of other accounts, and the applier the apply role, and nobody the other one', () => {
    expect(rolesThatMay('sts:AssumeRole')).toEqual([
      'ApplyRole',
      'ForeignRole',
      'KeysRole',
      'PreviewRole',
      'SubmitRole',
    ]);
    for (const name of rolesThatMay('sts:AssumeRole')) {
      const given = statements(resources[name] as Resource).filter(({ Action }) =>
        list(Action).includes('sts:AssumeRole'),
      );
      const role = name === 'ApplyRole' ? 'CountersignApply*' : 'CountersignRead*';
      expect(given.map(({ Resource }) => Resource)).toEqual([
        { 'Fn::Sub': `arn:\${AWS::Partition}:iam::*:role/${role}` },
      ]);
    }
  });

  it('lets the notary read the log, sign with one key and write checkpoints, and nobody else do either', () => {
    expect(rolesThatMay('kms:Sign')).toEqual(['NotariseRole']);
    const notary = statements(resources.NotariseRole as Resource);
    expect([...new Set(notary.flatMap(({ Action }) => list(Action)))].sort()).toEqual([
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'kms:GetPublicKey',
      'kms:Sign',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]);
    for (const { Action, Condition } of notary.filter((s) => JSON.stringify(s.Action).includes('dynamodb:'))) {
      const keys = JSON.stringify(Condition);
      expect(keys).toContain('CHECKPOINTS#main');
      expect(keys.includes('LOG#main')).toBe(!list(Action).includes('dynamodb:PutItem'));
    }
    const slack = statements(resources.SlackRole as Resource).filter(({ Action }) =>
      list(Action).includes('dynamodb:PutItem'),
    );
    expect(slack.map(({ Condition }) => Condition)).toEqual([
      {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['SLACK#CHANGE#*', 'LINK#*'] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    ]);
    // Whoever only reads leaves word of a refused read, and can neither write to the log nor say that it was noted.
    for (const name of READERS) {
      const writes = statements(resources[name] as Resource).filter(({ Action }) =>
        list(Action).some((action) => /dynamodb:(Put|Update|Delete|Batch(?!Get)|.*Check)/.test(action)),
      );
      expect(writes.map(({ Action, Condition }) => [Action, Condition])).toEqual([
        [
          ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
          {
            'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['DENIED', 'DENIED#RATE'] },
            Null: { 'dynamodb:LeadingKeys': 'false' },
          },
        ],
      ]);
    }
    for (const name of rolesThatMay('dynamodb:PutItem')) {
      if (['NotariseRole', 'SlackRole', 'ArchiveRole', ...READERS].includes(name)) continue;
      const denied = statements(resources[name] as Resource).find(
        ({ Effect, Condition }) => Effect === 'Deny' && JSON.stringify(Condition).includes('CHECKPOINTS#'),
      );
      expect(denied?.Action, name).toContain('dynamodb:PutItem');
      // Whoever could say how far the log was copied could silence the copying.
      expect(JSON.stringify(denied?.Condition), name).toContain('ARCHIVE#*');
    }
    const [key] = ofType('AWS::KMS::Key');
    expect(key?.[1]).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    });
    const { Statement } = (resources.NotaryKey as Resource).Properties.KeyPolicy as { Statement: Statement[] };
    expect(Statement.filter(({ Effect }) => Effect === 'Deny').map(({ Action }) => Action)).toEqual([
      'kms:Sign',
      'kms:PutKeyPolicy',
    ]);
  });

  it('lets one role put copies outside and do nothing else there, and one other read them', () => {
    expect(rolesThatMay('s3:PutObject')).toEqual(['ArchiveRole']);
    expect(rolesThatMay('s3:GetObject')).toEqual(['VerifyRole']);
    const theirs = (name: string) => statements(resources[name] as Resource).flatMap(({ Action }) => list(Action));
    const s3 = (name: string) => theirs(name).filter((action) => action.startsWith('s3:'));
    expect(s3('ArchiveRole')).toEqual(['s3:PutObject', 's3:PutObjectRetention']);
    expect(s3('VerifyRole')).toEqual(['s3:GetObject', 's3:ListBucket']);
    expect(theirs('ArchiveRole').filter((action) => !/^(s3|logs|dynamodb):/.test(action))).toEqual([]);
    const put = statements(resources.ArchiveRole as Resource).filter(({ Action }) => Action === 'dynamodb:PutItem');
    expect(put.map(({ Condition }) => Condition)).toEqual([
      {
        'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['ARCHIVE#main'] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    ]);
  });

  it('rings when the notary refuses, a copy fails or is late, or the daily verification finds anything but clean', () => {
    const alarms = ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => {
      const [{ Value } = { Value: '' }] = (Properties.Dimensions ?? []) as { Value: string }[];
      return [Value, Properties.MetricName, Properties.Threshold, Properties.TreatMissingData];
    });
    expect(alarms).toEqual(
      expect.arrayContaining([
        ['countersign-prod-notarise', 'Errors', 0, 'notBreaching'],
        ['countersign-prod-archive', 'Errors', 0, 'notBreaching'],
        ['countersign-prod-archive', 'UncoveredSeconds', 3600, 'breaching'],
        ['countersign-prod-verifyDaily', 'Errors', 0, 'notBreaching'],
      ]),
    );
  });

  it('rings when a temporary change is not put back in time, or at all', () => {
    expect(resources.RevertsAreOverdue?.Properties).toMatchObject({
      Namespace: 'Countersign',
      MetricName: 'OverdueReverts',
      Dimensions: [{ Name: 'FunctionName', Value: 'countersign-prod-sweep' }],
      Threshold: 0,
      TreatMissingData: 'breaching',
    });
    const failed = resources.ExecutionsFail?.Properties;
    expect(failed).toMatchObject({ Namespace: 'AWS/States', MetricName: 'ExecutionsFailed', Threshold: 0 });
    expect(JSON.stringify(failed?.Dimensions)).toContain('stateMachine:countersign-prod-approval');
  });

  it('gives each function a role of its own file, Node 24, and logs that are kept and go away', () => {
    const functions = ofType('AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThanOrEqual(21);
    const groups = new Map(
      ofType('AWS::Logs::LogGroup').map(([, { Properties }]) => [Properties.LogGroupName, Properties.RetentionInDays]),
    );
    for (const [, { Properties }] of functions) {
      expect(Properties.Runtime).toBe('nodejs24.x');
      expect(Properties.Role?.['Fn::GetAtt'][0]).toMatch(/Role$/);
      expect(groups.get(`/aws/lambda/${Properties.FunctionName}`)).toBeGreaterThanOrEqual(365);
    }
    for (const [, { Properties }] of ofType('AWS::Logs::LogGroup'))
      expect(Properties.RetentionInDays).toBeGreaterThan(0);
  });

  it('asks for a signed-in person or a signed request on every route but those that anyone may ask', () => {
    const open = ofType('AWS::ApiGatewayV2::Route')
      .filter(([, { Properties }]) => !['JWT', 'AWS_IAM'].includes(String(Properties.AuthorizationType)))
      .map(([, { Properties }]) => String(Properties.RouteKey))
      .sort();
    expect(open).toEqual([
      'GET /callback',
      'GET /foreign/{token}',
      'GET /health',
      'GET /openapi.json',
      'GET /review/{token}',
      'GET /signin',
      'POST /foreign/{token}',
      'POST /review/{token}',
      // Slack has no token of ours: it signs the bytes of each request.
      'POST /slack/interactions',
    ]);
    for (const [, { Properties }] of ofType('AWS::ApiGatewayV2::Route')) {
      if (Properties.AuthorizationType === 'JWT') expect(Properties.AuthorizationScopes).toEqual(['countersign']);
    }
  });

  it('writes no path into the access log, since the path of a review link is its secret', () => {
    const [stage] = ofType('AWS::ApiGatewayV2::Stage');
    const { Format } = (stage?.[1].Properties.AccessLogSettings ?? {}) as { Format?: string };
    expect(Format).toContain('$context.routeKey');
    expect(Format).not.toMatch(/\$context\.(path|domainName|http\.path)/);
  });

  it('keeps the table when the stack goes, with recovery to a point in time', () => {
    const [table] = ofType('AWS::DynamoDB::Table');
    expect(table?.[1]).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    });
  });
});

describe('each bundle', () => {
  it('starts by itself, holds its rules file and nothing of local/', async () => {
    const zips = readdirSync(join(folder, '.serverless')).filter((name) => name.endsWith('.zip'));
    expect(zips.length).toBe(ofType('AWS::Lambda::Function').length);
    Object.assign(process.env, { AWS_REGION: 'us-east-1', TABLE_NAME: 'none' });
    for (const zip of zips) {
      const files = unzip(readFileSync(join(folder, '.serverless', zip)));
      const name = zip.replace('.zip', '');
      expect([...files.keys()].sort()).toEqual([`functions/${name}.mjs`, 'rules.json']);
      const code = files.get(`functions/${name}.mjs`) as Buffer;
      for (const mark of ['oidc-provider', 'aws-local-stepfunctions', 'dynoxide', '/local/token', 'x-local']) {
        expect(code.includes(mark), `${mark} in ${zip}`).toBe(false);
      }
      expect(code.includes('PutKeyPolicyRequest'), name).toBe(name === 'apply');
      expect(code.includes('YAMLParseError'), `YAML in ${zip}`).toBe(false);
      expect(
        clientsIn(code).filter((service) => !servicesOf(name).includes(service)),
        `of no use to ${name}`,
      ).toEqual([]);
      const path = join(folder, 'unpacked', `${name}.mjs`);
      mkdirSync(join(folder, 'unpacked'), { recursive: true });
      writeFileSync(path, code);
      expect(Object.keys(await import(/* @vite-ignore */ pathToFileURL(path).href))).toEqual(['handler']);
    }
  }, 240_000);
});

/** What the client of a service leaves in every bundle that carries it, and how IAM calls the service. */
const CLIENTS = {
  DynamoDB_20120810: 'dynamodb',
  TrentService: 'kms',
  AWSStepFunctions: 'states',
  SimpleEmailService_v2: 'ses',
  AmazonS3: 's3',
  AWSIdentityManagement: 'iam',
  '"AccessAnalyzer"': 'access-analyzer',
};

const clientsIn = (code: Buffer): string[] =>
  Object.entries(CLIENTS).flatMap(([mark, service]) => (code.includes(mark) ? [service] : []));

/** The services of which a function's role may ask anything. */
function servicesOf(name: string): string[] {
  const [, lambda] =
    ofType('AWS::Lambda::Function').find(
      ([, { Properties }]) => Properties.FunctionName === `countersign-prod-${name}`,
    ) ?? [];
  const role = resources[lambda?.Properties.Role?.['Fn::GetAtt'][0] ?? ''];
  const actions = role === undefined ? [] : statements(role).flatMap(({ Action }) => list(Action));
  return actions.map((action) => action.replace(/:.*$/, ''));
}

/** The files of a zip archive by its central directory; deflated or stored. */
function unzip(zip: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let at = zip.readUInt32LE(zip.lastIndexOf(Buffer.from('504b0506', 'hex')) + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const [method, size, nameLength, extraLength, commentLength] = [
      zip.readUInt16LE(at + 10),
      zip.readUInt32LE(at + 20),
      zip.readUInt16LE(at + 28),
      zip.readUInt16LE(at + 30),
      zip.readUInt16LE(at + 32),
    ];
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(start, start + size);
    files.set(zip.toString('utf8', at + 46, at + 46 + nameLength), method === 0 ? data : inflateRawSync(data));
    at += 46 + nameLength + extraLength + commentLength;
  }
  return files;
}
