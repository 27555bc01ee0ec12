import { describe, expect, it } from 'vitest';
import { send, sign } from './pipeline.ts';
import { addUser, RULES, useSystem } from './system.ts';

const world = useSystem({
  rules: `${RULES}iam:
  arn:aws:iam::111122223333:role/ci-deployer: { person: Robot@Example.com, groups: [submitters] }
`,
});

const signed = async (role: string, method: string, path: string, body = '', secret?: string) =>
  send(
    await sign(world.running.api, method, path, body, {
      role,
      ...(secret === undefined ? {} : { key: { secretAccessKey: secret } }),
    }),
  );

describe('a pipeline', () => {
  it('submits as the person that the rules file maps its role to', async () => {
    const submitted = await signed('ci-deployer', 'POST', '/iam/changes', JSON.stringify(addUser()));
    expect(submitted.status).toBe(201);
    expect(submitted.body.submitter).toBe('robot@example.com');
    const read = await signed('ci-deployer', 'GET', `/iam/changes/${submitted.body.id}`);
    expect(read.body).toMatchObject({ id: submitted.body.id, status: 'PENDING' });
    const mine = await signed('ci-deployer', 'GET', '/iam/changes?submitter=robot%40example.com');
    expect((mine.body.changes as object[]).length).toBe(1);
  });

  it('is nobody when its role is not mapped, and may do no more than its groups', async () => {
    const stranger = await signed('ci-stranger', 'POST', '/iam/changes', JSON.stringify(addUser()));
    expect([stranger.status, stranger.body.type]).toEqual([403, 'urn:countersign:problem:unknown-person']);
    expect((await signed('ci-deployer', 'GET', '/iam/audit/events')).status).toBe(403);
  });

  it('is refused with another secret, and without a signature', async () => {
    expect((await signed('ci-deployer', 'GET', '/iam/changes', '', 'wrong')).status).toBe(403);
    expect((await world.ana.get('/iam/changes')).status).toBe(403);
  });
});

describe('keys by path', () => {
  it('are found by alias and ARN, encoded or not, as API Gateway would route them', async () => {
    const plain = (await world.ana.get('/keys/alias%2Fpayments')).body;
    const arn = encodeURIComponent(String(plain.arn));
    for (const path of ['/keys/alias/payments', `/keys/${plain.keyId}`, `/keys/${arn}`, `/keys/${plain.arn}`]) {
      expect((await world.ana.get(path)).body).toEqual(plain);
    }
    const policy = await world.ana.get('/keys/alias/payments/policy');
    expect(policy.body.document).toBe((await world.ana.get('/keys/alias%2Fpayments/policy')).body.document);
    expect((await world.audrey.get('/keys/alias/prod/ledger/history')).body).toMatchObject({
      versions: [{ origin: 'outside' }],
    });
  });
});
