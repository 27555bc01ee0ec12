import { afterAll, beforeEach, expect, it } from 'vitest';
import type { AnalyzerCheck, Preflight } from '../../lib/change/preflight.ts';
import { startAnsweringAws } from '../fixtures/answeringAws.ts';
import { addUser, RULES, useSystem } from './system.ts';

/** IAM Access Analyzer, as their API reference says that it answers: nothing local plays it. IAM is here to be silent, and to refuse. */
const aws = await startAnsweringAws();
afterAll(() => aws.close());

const ANALYZER = 'arn:aws:access-analyzer:us-east-1:111122223333:analyzer/account';
const world = useSystem({
  rules: RULES,
  env: {
    ACCESS_ANALYZER_CHECKS: 'ValidatePolicy, CheckNoNewAccess,CheckNoPublicAccess,AccessPreview,CheckEverything',
    ACCESS_ANALYZER_ARN: ANALYZER,
    AWS_ENDPOINT_URL_ACCESSANALYZER: aws.url,
    AWS_ENDPOINT_URL_IAM: aws.url,
    PREFLIGHT_SECONDS: '6',
  },
});

const LOCATION = {
  path: [{ value: 'Statement' }, { index: 1 }, { key: 'Principal' }, { substring: { start: 0, length: 1 } }],
};

beforeEach(() => {
  aws.received.length = 0;
  let looks = 0;
  const pages = [
    {
      nextToken: 'more',
      findings: [
        {
          findingDetails: 'Using a wildcard can be overly permissive.',
          findingType: 'SECURITY_WARNING',
          issueCode: 'WILDCARD',
          learnMoreLink: 'https://docs.aws.amazon.com/',
          locations: [{ ...LOCATION, span: span() }],
        },
      ],
    },
    { findings: [{ findingDetails: 'Nicer.', findingType: 'SUGGESTION', issueCode: 'EMPTY_ARRAY', locations: [] }] },
  ];
  aws.answers.set('POST /policy/validation', ({ path }) => ({ body: pages[path.includes('nextToken=more') ? 1 : 0] }));
  aws.answers.set('POST /policy/check-no-new-access', {
    body: {
      result: 'FAIL',
      message: 'The modified permissions grant new access.',
      reasons: [{ description: 'New access in the statement with sid: Allow use of the key.', statementIndex: 2 }],
    },
  });
  aws.answers.set('POST /policy/check-no-public-access', { body: { result: 'PASS', message: 'Not public.' } });
  aws.answers.set('PUT /access-preview', { body: { id: 'preview-1' } });
  aws.answers.set('GET /access-preview/preview-1', () => ({ body: preview(looks++ === 0 ? 'CREATING' : 'COMPLETED') }));
  aws.answers.set('POST /access-preview/preview-1', {
    body: {
      findings: [
        {
          id: 'f1',
          principal: { AWS: '444455556666' },
          action: ['kms:Decrypt', 'kms:Encrypt'],
          condition: {},
          isPublic: false,
          resourceType: 'AWS::KMS::Key',
          createdAt: '2026-11-24T00:00:00Z',
          changeType: 'NEW',
          status: 'ACTIVE',
          resourceOwnerAccount: '111122223333',
        },
      ],
    },
  });
  aws.answers.set('POST /', { status: 400, body: {} });
});

const span = () => ({ start: { line: 1, column: 1, offset: 1 }, end: { line: 1, column: 2, offset: 2 } });
const preview = (status: string) => ({
  accessPreview: {
    id: 'preview-1',
    analyzerArn: ANALYZER,
    configurations: {},
    createdAt: '2026-11-24T00:00:00Z',
    status,
  },
});

const previewed = async (body: object) => {
  const answer = await world.ana.send<{
    preflight: Preflight;
    findings: object[];
    risk: string;
    before: { document: string };
    after: { document: string };
    key: { arn: string };
  }>('POST', '/changes/preview', body);
  expect(answer.status).toBe(200);
  return answer.body;
};
const of = (checks: AnalyzerCheck[], name: string) => checks.find(({ check }) => check === name);

it('asks each check as its API reference says, and shows what AWS answers beside our own findings', async () => {
  const { preflight, before, after, key } = await previewed(addUser());
  const sent = (method: string, path: string) =>
    aws.received.filter((one) => one.method === method && one.path.split('?')[0] === path);
  // No resource type: there is none for keys.
  expect(sent('POST', '/policy/validation').map(({ path, body }) => [path, body])).toEqual([
    ['/policy/validation', { policyDocument: after.document, policyType: 'RESOURCE_POLICY' }],
    ['/policy/validation?nextToken=more', { policyDocument: after.document, policyType: 'RESOURCE_POLICY' }],
  ]);
  expect(sent('POST', '/policy/check-no-new-access').map(({ body }) => body)).toEqual([
    { existingPolicyDocument: before.document, newPolicyDocument: after.document, policyType: 'RESOURCE_POLICY' },
  ]);
  expect(sent('POST', '/policy/check-no-public-access').map(({ body }) => body)).toEqual([
    { policyDocument: after.document, resourceType: 'AWS::KMS::Key' },
  ]);
  expect(sent('PUT', '/access-preview').map(({ body }) => body)).toMatchObject([
    { analyzerArn: ANALYZER, configurations: { [key.arn]: { kmsKey: { keyPolicies: { default: after.document } } } } },
  ]);
  expect(sent('GET', '/access-preview/preview-1')).toHaveLength(2);

  const checks = preflight.accessAnalyzer;
  expect(of(checks, 'ValidatePolicy')).toEqual({
    check: 'ValidatePolicy',
    findings: [
      {
        severity: 'warning',
        code: 'WILDCARD',
        message: 'Using a wildcard can be overly permissive.',
        path: '/Statement/1/Principal',
      },
      { severity: 'info', code: 'EMPTY_ARRAY', message: 'Nicer.' },
    ],
  });
  expect(of(checks, 'CheckNoNewAccess')).toEqual({
    check: 'CheckNoNewAccess',
    findings: [
      {
        severity: 'warning',
        code: 'NEW_ACCESS',
        message:
          'The modified permissions grant new access. New access in the statement with sid: Allow use of the key. (statement 3)',
      },
    ],
  });
  expect(of(checks, 'CheckNoPublicAccess')).toEqual({ check: 'CheckNoPublicAccess', findings: [] });
  expect(of(checks, 'AccessPreview')).toEqual({
    check: 'AccessPreview',
    findings: [
      {
        severity: 'warning',
        code: 'EXTERNAL_ACCESS_NEW',
        message: 'AWS 444455556666 may kms:Decrypt, kms:Encrypt.',
      },
    ],
  });
  expect(of(checks, 'CheckEverything')).toMatchObject({ notSeen: expect.stringContaining('no such check') });
});

it('goes on without what AWS refuses or does not answer, says so, and keeps its own findings and risk', async () => {
  const body = addUser();
  const heard = await previewed(body);
  aws.answers.set('POST /policy/validation', {
    status: 403,
    body: { __type: 'AccessDeniedException', message: 'You may not.' },
  });
  aws.answers.set('POST /policy/check-no-new-access', {
    status: 429,
    body: { __type: 'ThrottlingException', message: 'Slow down.' },
  });
  aws.answers.set('POST /policy/check-no-public-access', 'hang');
  aws.answers.set('GET /access-preview/preview-1', { body: preview('CREATING') });
  aws.answers.set('POST /', 'hang');
  const submitted = await world.ana.submit(body);
  expect(submitted.status).toBe(201);
  const { preflight, findings, risk, id } = submitted.body;
  const { principals, accessAnalyzer } = preflight as Preflight;
  expect(of(accessAnalyzer, 'ValidatePolicy')).toMatchObject({ notSeen: expect.stringContaining('You may not.') });
  expect(of(accessAnalyzer, 'CheckNoNewAccess')).toMatchObject({ notSeen: expect.stringContaining('Slow down.') });
  expect(of(accessAnalyzer, 'CheckNoPublicAccess')).toMatchObject({ notSeen: 'AWS did not answer in time.' });
  expect(of(accessAnalyzer, 'AccessPreview')).toMatchObject({ notSeen: 'AWS did not answer in time.' });
  expect(principals).toMatchObject({ ids: {}, missing: [], notSeen: [{ why: 'AWS did not answer in time.' }] });
  expect(preflight?.grants).toMatchObject({ total: 0 });
  expect(findings).toEqual(heard.findings);
  expect(risk).toBe(heard.risk);

  const page = (await world.visitor.get(await world.visitor.link('sam@example.com', id))).text;
  expect(page).toContain('What AWS says');
  expect(page).toContain('exists was not seen');
  expect(page).toContain('<code>CheckNoPublicAccess</code>: not seen. AWS did not answer in time.');
  // Nothing was recorded about the role, so nothing is compared.
  await world.sam.send('POST', `/changes/${id}/decisions`, { decision: 'approve', comment: '' });
  await world.ana.reaches(id, ['APPLIED']);
});

it('says when a preview fails', async () => {
  const failed = preview('FAILED');
  aws.answers.set('GET /access-preview/preview-1', {
    body: { accessPreview: { ...failed.accessPreview, statusReason: { code: 'INVALID_CONFIGURATION' } } },
  });
  const { preflight } = await previewed(addUser());
  expect(of(preflight.accessAnalyzer, 'AccessPreview')).toMatchObject({
    notSeen: expect.stringContaining('INVALID_CONFIGURATION'),
  });
});

it('puts nothing when IAM no longer says who a new role is', async () => {
  const role = '<Role><RoleName>x</RoleName><RoleId>AROATHATWASAPPROVED0</RoleId></Role>';
  aws.answers.set('POST /', { body: `<GetRoleResponse><GetRoleResult>${role}</GetRoleResult></GetRoleResponse>` });
  const submitted = await world.ana.submit(addUser('alias/reports'));
  expect(Object.values(submitted.body.preflight?.principals.ids ?? {})).toEqual(['AROATHATWASAPPROVED0']);
  const refusal = '<Error><Code>AccessDenied</Code><Message>Not any more.</Message></Error>';
  aws.answers.set('POST /', { status: 403, body: `<ErrorResponse>${refusal}</ErrorResponse>` });
  const puts = (await world.visitor.puts()).length;
  await world.sam.send('POST', `/changes/${submitted.body.id}/decisions`, { decision: 'approve', comment: '' });
  const ended = await world.ana.reaches(submitted.body.id, ['FAILED', 'APPLIED']);
  expect(ended.status).toBe('FAILED');
  expect(ended.outcome).toContain('Not any more.');
  expect(await world.visitor.puts()).toHaveLength(puts);
});
