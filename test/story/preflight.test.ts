import { CreateGrantCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { expect, it } from 'vitest';
import { addUser, kmsOf, RULES, useSystem } from './system.ts';

const world = useSystem({ rules: RULES });
const ROOT = 'arn:aws:iam::111122223333:root';

/** Sets which principals there are, for the tests that follow each other in this file. */
const setWorld = (state: { missing?: string[]; ids?: Record<string, string> }) =>
  fetch(`${world.running.aws}/_iam/world`, { method: 'PUT', body: JSON.stringify(state) });

const added = (body: { edits: { principal: string }[] }) => body.edits[0]?.principal ?? '';

it('a new role that IAM does not know is an error, as KMS would refuse it', async () => {
  const body = addUser();
  await setWorld({ missing: [added(body)] });
  const answer = await world.ana.send<{ findings: object[]; preflight: object }>('POST', '/changes/preview', body);
  expect(answer.status).toBe(422);
  expect(answer.body.findings).toContainEqual(
    expect.objectContaining({
      code: 'PRINCIPAL_NOT_FOUND',
      severity: 'error',
      aws: 'MalformedPolicyDocumentException',
      message: expect.stringContaining(added(body)),
    }),
  );
  expect(answer.body.preflight).toMatchObject({ principals: { ids: {}, missing: [added(body)] } });
  expect((await world.ana.submit(body)).status).toBe(422);
});

it('a role of the same name under another path is not the one that the policy names', async () => {
  const role = addUser();
  await setWorld({ ids: { AROAELSEWHERE0000000: added(role).replace('role/', 'role/team/') } });
  expect((await world.ana.send('POST', '/changes/preview', role)).status).toBe(422);
  const user = { ...role, edits: [{ op: 'addUser', principal: 'arn:aws:iam::111122223333:user/pat' }] };
  await setWorld({ missing: ['pat'] });
  expect((await world.ana.send('POST', '/changes/preview', user)).status).toBe(422);
  await setWorld({});
  expect((await world.ana.send('POST', '/changes/preview', user)).status).toBe(200);
});

it('a role that was deleted and made anew between submit and apply is not given what the old one was to get', async () => {
  await setWorld({});
  const body = addUser();
  const submitted = await world.ana.submit(body);
  const before = submitted.body.preflight?.principals.ids[added(body)];
  expect(before).toMatch(/^AROA/);
  await setWorld({ ids: { AROAMADEANEW00000000: added(body) } });
  const puts = (await world.visitor.puts()).length;
  await world.sam.send('POST', `/changes/${submitted.body.id}/decisions`, { decision: 'approve', comment: '' });
  const ended = await world.ana.reaches(submitted.body.id, ['FAILED', 'APPLIED', 'STALE']);
  expect(ended.status).toBe('FAILED');
  expect(ended.outcome).toContain(`${added(body)} was deleted and made anew: it was ${before}`);
  expect(await world.visitor.puts()).toHaveLength(puts);

  const again = await world.ana.submit(body);
  expect(again.body.preflight?.principals.ids).toEqual({ [added(body)]: 'AROAMADEANEW00000000' });
  await world.sam.send('POST', `/changes/${again.body.id}/decisions`, { decision: 'approve', comment: '' });
  await world.ana.reaches(again.body.id, ['APPLIED']);
});

it('access that was given for a time is taken back, whoever the role has become', async () => {
  await setWorld({});
  const body = addUser();
  const submitted = await world.ana.submit({ ...body, revertAfter: 'PT2S' } as typeof body);
  await world.sam.send('POST', `/changes/${submitted.body.id}/decisions`, { decision: 'approve', comment: '' });
  await world.ana.reaches(submitted.body.id, ['APPLIED', 'REVERTING', 'REVERTED']);
  await setWorld({ ids: { AROASOMEBODYELSE0000: added(body) } });
  const ended = await world.ana.reaches(submitted.body.id, ['REVERTED', 'FAILED', 'STALE']);
  expect(ended.status).toBe('REVERTED');
  await setWorld({});
});

it('grants are shown to the approver as access past the policy, alike ones summed up, and frozen into the change', async () => {
  const { ana, visitor, running } = world;
  const none = await ana.send('POST', '/changes/preview', addUser('alias/reports'));
  expect(none.body.preflight).toMatchObject({ grants: { total: 0, complete: true, groups: [] }, accessAnalyzer: [] });

  const kms = kmsOf(running);
  const key = await ana.get<{ keyId: string; arn: string }>('/keys/alias%2Freports');
  const grant = (more: object) =>
    kms.send(
      new CreateGrantCommand({
        KeyId: key.body.keyId,
        GranteePrincipal: 'arn:aws:iam::444455556666:role/Partner',
        Operations: ['Encrypt', 'Decrypt'],
        ...more,
      }),
    );
  await grant({ RetiringPrincipal: 'arn:aws:iam::111122223333:role/Retirer' });
  // More than one page of a hundred.
  for (let i = 0; i < 104; i++) {
    await grant({
      GranteePrincipal: 'arn:aws:iam::111122223333:role/Batch',
      Constraints: { EncryptionContextSubset: { job: String(i % 5) } },
    });
  }

  const submitted = await ana.submit(addUser('alias/reports'));
  const seen = {
    total: 105,
    complete: true,
    groups: [
      {
        grantee: 'arn:aws:iam::111122223333:role/Batch',
        operations: ['Decrypt', 'Encrypt'],
        issuingAccount: ROOT,
        count: 104,
        unconstrained: 0,
        different: 5,
        constraints: expect.arrayContaining([expect.objectContaining({ EncryptionContextSubset: expect.anything() })]),
      },
      {
        grantee: 'arn:aws:iam::444455556666:role/Partner',
        operations: ['Decrypt', 'Encrypt'],
        issuingAccount: ROOT,
        retiring: 'arn:aws:iam::111122223333:role/Retirer',
        count: 1,
        unconstrained: 1,
        different: 0,
        constraints: [],
      },
    ],
  };
  expect(submitted.body.preflight?.grants).toEqual(seen);
  const link = await visitor.link('sam@example.com', submitted.body.id);
  const mail = (await visitor.mails('sam@example.com')).findLast(({ Body }) =>
    Body.text_part.includes(submitted.body.id),
  );
  expect(mail?.Body.text_part.replace(/\s+/g, ' ')).toContain('105 grants give access past this policy');
  expect(mail?.Body.html_part).toContain('105 grants give access past this policy');

  await grant({ GranteePrincipal: 'arn:aws:iam::111122223333:role/Later' });
  const page = (await visitor.get(link)).text;
  expect(page).toContain('Access past the policy');
  expect(page).toContain('arn:aws:iam::444455556666:role/Partner');
  expect(page).toContain('104 grants');
  expect(page).toContain('and 2 others');
  expect(page).not.toContain('role/Later');
});

it('grants that KMS does not let Countersign see are told as not seen, and the submit goes on', async () => {
  const { ana, visitor, running } = world;
  const statement = (more: object) => ({ Effect: 'Allow', Principal: { AWS: ROOT }, Resource: '*', ...more });
  const everything = statement({ Sid: 'Enable IAM User Permissions', Action: 'kms:*' });
  const hidden = statement({
    Effect: 'Deny',
    Principal: { AWS: 'arn:aws:iam::111122223333:role/countersign-local-submit' },
    Action: 'kms:ListGrants',
  });
  const policy = (...more: object[]) => ({ Version: '2012-10-17', Statement: [everything, hidden, ...more] });
  const key = await ana.get<{ keyId: string }>('/keys/alias%2Fpartner-exchange');
  await kmsOf(running).send(
    new PutKeyPolicyCommand({ KeyId: key.body.keyId, Policy: JSON.stringify(policy()), PolicyName: 'default' }),
  );
  const reader = statement({ Principal: { AWS: 'arn:aws:iam::111122223333:role/Reader' }, Action: 'kms:Decrypt' });
  const submitted = await ana.submit({ key: 'alias/partner-exchange', policy: policy(reader), reason: 'One more.' });
  expect(submitted.status).toBe(201);
  expect(submitted.body.preflight?.grants).toEqual({ notSeen: expect.stringContaining('kms:ListGrants') });
  const page = (await visitor.get(await visitor.link('sam@example.com', submitted.body.id))).text;
  expect(page).toContain('Whether grants give access past this policy was not seen.');
});
