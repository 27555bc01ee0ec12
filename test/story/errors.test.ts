import { DisableKeyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { addUser, kmsOf, RULES, tableItems, useSystem } from './system.ts';

const world = useSystem({ rules: RULES, env: { SUBMITS_PER_MINUTE: '40' } });

interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  findings?: {
    code: string;
    severity: string;
    path: string;
    line?: number;
    aws?: string;
    fix?: string;
    documents?: unknown[];
  }[];
}

const ROOT =
  '{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}';
const policy = (...more: string[]) => `{"Version":"2012-10-17","Statement":[${[ROOT, ...more].join(',')}]}`;

/** The answer to a submit of this body, which must be a problem of this status, with nothing stored. */
async function refused(body: unknown, status: number, headers = {}): Promise<Problem> {
  const answer = await world.ana.send<Problem>('POST', '/changes', body, {
    'content-type': 'application/json',
    ...headers,
  });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body).toMatchObject({
    type: expect.stringMatching(/^urn:countersign:problem:/),
    title: expect.any(String),
    status,
    detail: expect.any(String),
  });
  return answer.body;
}

describe('400', () => {
  it.each([
    ['no JSON', '{"key":', 'line'],
    ['a name that stands twice', '{"key":"alias/payments","key":"alias/reports","edits":[],"reason":"x"}', 'duplicate'],
    [
      'a name that stands twice inside of the policy, once escaped',
      `{"key":"alias/payments","reason":"x","policy":{"Version":"2012-10-17","\\u0056ersion":"x","Statement":[]}}`,
      'duplicate',
    ],
    ['text after the end', '{"key":"alias/payments","edits":[],"reason":"x"} {}', 'after'],
  ])('%s', async (_, body) => {
    const problem = await refused(body, 400);
    expect(problem.findings?.[0]).toMatchObject({ severity: 'error', line: expect.any(Number) });
  });

  it.each([
    ['no reason', { key: 'alias/payments', policy: policy() }, '/reason'],
    ['a blank reason', { key: 'alias/payments', policy: policy(), reason: '  ' }, '/reason'],
    ['a reason of 2,001 characters', { key: 'alias/payments', policy: policy(), reason: 'x'.repeat(2001) }, '/reason'],
    ['an unknown field', { ...addUser(), quorum: 0 }, '/quorum'],
    ['a status', { ...addUser(), status: 'APPROVED' }, '/status'],
    ['approvers', { ...addUser(), approvers: [] }, '/approvers'],
    ['two ways at once', { ...addUser(), copyFrom: 'alias/reports' }, ''],
    ['no way at all', { key: 'alias/payments', reason: 'x' }, ''],
    ['an edit that is none', { ...addUser(), edits: [{ op: 'addEverybody' }] }, '/edits/0/op'],
    ['a base that is no hash', { ...addUser(), base: 'x' }, '/base'],
  ])('%s, with its place', async (_, body, path) => {
    expect((await refused(body, 400)).findings?.map((finding) => finding.path)).toContain(path);
  });

  it('a query that is not understood', async () => {
    for (const query of ['status=DONE', 'limit=0', 'limit=101', 'from=yesterday', 'colour=red', 'cursor=!']) {
      expect((await world.ana.get(`/changes?${query}`)).status).toBe(400);
    }
  });

  it('a cursor of another query', async () => {
    const cursor = Buffer.from('{"pk":"CHANGE#x","sk":"META"}').toString('base64url');
    for (const path of [
      '/changes?',
      '/audit/events?',
      '/keys/alias%2Fpayments/history?',
      '/audit/export?type=APPLIED&',
    ]) {
      const { status, body } = await world.audrey.get(`${path}cursor=${cursor}`);
      expect([path, status, body.type]).toEqual([path, 400, 'urn:countersign:problem:bad-request']);
    }
  });
});

describe('401 and 403', () => {
  it('nobody gets in without a token, or with one that is not whole', async () => {
    for (const path of ['/changes', '/keys', '/audit/events', '/keys/alias%2Fpayments/history']) {
      expect((await world.visitor.get(path)).status).toBe(401);
    }
    const cut = await world.visitor.send('GET', '/changes', undefined, {
      authorization: `Bearer ${world.ana.token.slice(0, -4)}`,
    });
    expect(cut.status).toBe(401);
  });

  it.each([
    ['an auditor', 'audrey', 'POST', '/changes'],
    ['an approver', 'sam', 'POST', '/changes'],
    ['an auditor', 'audrey', 'POST', '/changes/preview'],
    ['an approver', 'sam', 'GET', '/keys'],
    ['a submitter', 'ana', 'GET', '/audit/events'],
    ['a submitter', 'ana', 'GET', '/keys/alias%2Fpayments/history'],
    ['an approver', 'sam', 'GET', '/audit/events'],
    ['an auditor', 'audrey', 'POST', '/changes/chg_00000000000000000000000000/cancel'],
  ] as const)('%s (%s) may not %s %s', async (_, who, method, path) => {
    const answer = await world[who].send<Problem>(method, path, method === 'POST' ? addUser() : undefined);
    expect([answer.status, answer.body.type]).toEqual([403, 'urn:countersign:problem:not-in-group']);
  });

  it('somebody of no group may read nothing', async () => {
    const guest = await world.visitor.as('guest@example.com');
    expect((await guest.get('/changes')).status).toBe(403);
  });
});

describe('404', () => {
  it('unknown keys, changes, links and routes', async () => {
    const { ana, visitor } = world;
    await refused({ ...addUser(), key: 'alias/nothing' }, 404);
    await refused({ key: 'alias/payments', copyFrom: 'alias/nothing', reason: 'x' }, 404);
    for (const path of [
      '/keys/alias%2Fnothing',
      '/keys/alias%2Fnothing/policy',
      '/changes/chg_00000000000000000000000000',
      '/changes/x',
    ]) {
      expect((await ana.get(path)).status).toBe(404);
    }
    const unknown = await visitor.get(`/review/${'A'.repeat(43)}`);
    const malformed = await visitor.get('/review/x');
    expect([unknown.status, malformed.status]).toEqual([404, 404]);
    expect(malformed.text).toBe(unknown.text);
    expect((await ana.send('DELETE', '/changes')).status).toBe(404);
  });
});

describe('409', () => {
  it('a base that is not the live policy', async () => {
    expect((await refused({ ...addUser(), base: '0'.repeat(64) }, 409)).type).toBe(
      'urn:countersign:problem:base-moved',
    );
  });
});

describe('413', () => {
  it('a body over 256 KiB', async () => {
    await refused({ ...addUser(), ticket: 'x'.repeat(262_144) }, 413);
  });
});

describe('422', () => {
  const codes = (problem: Problem) =>
    problem.findings?.filter(({ severity }) => severity === 'error').map(({ code }) => code);

  it.each<[string, object]>([
    ['a document', { policy: policy() }],
    ['a document that is none', { policy: '{}' }],
    ['an edit', { edits: [{ op: 'addUser', principal: 'arn:aws:iam::111122223333:role/App' }] }],
    ['an edit of what its policy does not have', { edits: [{ op: 'allowDeletion' }] }],
    ["another key's policy", { copyFrom: 'alias/payments' }],
  ])('%s for an AWS managed key, whose policy can be viewed and not changed', async (_, what) => {
    const wanted = [{ code: 'KEY_AWS_MANAGED', severity: 'error', aws: 'AccessDeniedException' }];
    const problem = await refused({ key: 'alias/aws/s3', reason: 'x', ...what }, 422);
    expect(problem.detail).toMatch(/AWS managed key: AWS manages its policy, and it cannot be changed/);
    expect(problem.findings).toMatchObject(wanted);
    const previewed = await world.ana.send<Problem>('POST', '/changes/preview', { key: 'alias/aws/s3', ...what });
    expect([previewed.status, previewed.body.detail]).toEqual([422, problem.detail]);
    expect(previewed.body.findings).toMatchObject(wanted);
  });

  it('a copy of the policy of an AWS managed key', async () => {
    const problem = await refused({ key: 'alias/payments', copyFrom: 'alias/aws/s3', reason: 'x' }, 422);
    expect(codes(problem)).toEqual(['COPY_FROM_AWS_MANAGED']);
  });

  it('a group, with both ways out and the IAM policy to copy', async () => {
    const group =
      '{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:group/Ops"},"Action":["kms:Decrypt"],"Resource":"*"}';
    const problem = await refused({ key: 'alias/payments', policy: policy(group), reason: 'x' }, 422);
    const finding = problem.findings?.find(({ aws }) => aws === 'InvalidArnException');
    expect(finding?.path).toMatch(/^\/Statement\/1\/Principal/);
    expect(finding?.fix).toMatch(/role/);
    expect(finding?.fix).toMatch(/IAM polic/);
    expect(JSON.stringify(finding?.documents)).toContain('kms:Decrypt');
  });

  it('32,769 bytes that no minifying helps, and not 32,768', async () => {
    const filled = (bytes: number) => {
      const empty = policy(
        '{"Sid":"","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/App"},"Action":"kms:Decrypt","Resource":"*"}',
      );
      return empty.replace('"Sid":""', `"Sid":"${'x'.repeat(bytes - empty.length)}"`);
    };
    const problem = await refused({ key: 'alias/payments', policy: filled(32_769), reason: 'x' }, 422);
    expect(problem.findings?.map(({ aws }) => aws)).toContain('LimitExceededException');
    expect((await world.ana.submit({ key: 'alias/payments', policy: filled(32_768), reason: 'x' })).status).toBe(201);
  });

  it('a policy that takes kms:PutKeyPolicy from the applier', async () => {
    const without =
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/KMSAdmin"},"Action":"kms:*","Resource":"*"}]}';
    const problem = await refused({ key: 'alias/payments', policy: without, reason: 'x' }, 422);
    expect(codes(problem)?.length).toBeGreaterThan(0);
    expect(problem.findings?.map(({ aws }) => aws)).toContain('MalformedPolicyDocumentException');
  });

  it('a preview answers the same and stores nothing', async () => {
    const stored = async () =>
      (await tableItems(world.running))
        .filter(({ pk }) => /^(CHANGE|DOC|RATE|IDEMPOTENCY)#/.test(String(pk)))
        .map(({ pk, sk }) => `${pk} ${sk}`)
        .filter((name) => !name.endsWith(' TOKEN'));
    const before = await stored();
    const bad = await world.ana.send<Problem>('POST', '/changes/preview', { key: 'alias/aws/s3', policy: policy() });
    expect([bad.status, bad.body.type]).toEqual([422, 'urn:countersign:problem:policy-refused']);
    const good = await world.ana.send('POST', '/changes/preview', addUser());
    expect(good.status).toBe(200);
    expect(good.body).toMatchObject({
      risk: expect.any(String),
      access: { gains: expect.any(Array) },
      findings: expect.any(Array),
    });
    expect(await stored()).toEqual(before);
  });
});

describe('429', () => {
  it('more submits in a minute than are allowed, for that person only', async () => {
    const ben = await world.visitor.as('ben@example.com', 'submitters');
    // Two minutes' worth at most may pass, should the minute turn meanwhile.
    const statuses: number[] = [];
    for (let i = 0; i < 90 && !statuses.includes(429); i++)
      statuses.push((await ben.submit(addUser('alias/reports'))).status);
    expect(statuses).toContain(429);
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(40);
    const cleo = await world.visitor.as('cleo@example.com', 'submitters');
    expect((await cleo.submit(addUser())).status).toBe(201);
  });
});

describe('keys in other states', () => {
  it('a disabled key can have its policy changed, as KMS allows', async () => {
    const kms = kmsOf(world.running);
    const key = await world.ana.get<{ keyId: string; arn: string }>('/keys/alias%2Fpartner-exchange');
    await kms.send(new DisableKeyCommand({ KeyId: key.body.keyId }));
    expect((await world.ana.submit(addUser('alias/partner-exchange'))).status).toBe(201);
    await kms.send(new PutKeyPolicyCommand({ KeyId: key.body.keyId, Policy: policy() }));
  });
});
