import { CreateGrantCommand, CreateKeyCommand, ListGrantsCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LocalAws, startAws } from './aws.ts';

const ROLE = 'arn:aws:iam::111122223333:role/Grantee';
let aws: LocalAws;
let KeyId: string;
beforeEach(async () => {
  aws = await startAws({
    roles: [{ name: 'worker', arn: 'arn:aws:iam::111122223333:role/worker', statements: [] }],
  });
  KeyId = (await aws.client().send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? '';
});
afterEach(() => aws.stop());

const create = (more: object = {}) =>
  aws.client().send(new CreateGrantCommand({ KeyId, GranteePrincipal: ROLE, Operations: ['Decrypt'], ...more }));
const list = (more: object = {}) => aws.client().send(new ListGrantsCommand({ KeyId, ...more }));

describe('grants', () => {
  test('are listed as they were made, in pages, and by grantee', async () => {
    const constraints = { EncryptionContextEquals: { a: 'b' } };
    const { GrantId } = await create({ Name: 'one', RetiringPrincipal: ROLE, Constraints: constraints });
    await create({ GranteePrincipal: 'logs.us-east-1.amazonaws.com' });
    const { Grants = [] } = await list({ GranteePrincipal: ROLE });
    expect(Grants).toMatchObject([
      {
        KeyId,
        GrantId,
        Name: 'one',
        GranteePrincipal: ROLE,
        RetiringPrincipal: ROLE,
        IssuingAccount: 'arn:aws:iam::111122223333:root',
        Operations: ['Decrypt'],
        Constraints: constraints,
      },
    ]);
    expect(Grants[0]?.CreationDate).toBeInstanceOf(Date);
    expect((await list({ GrantId })).Grants).toHaveLength(1);
    const first = await list({ Limit: 1 });
    expect(first).toMatchObject({ Truncated: true });
    const second = await list({ Limit: 1, Marker: first.NextMarker });
    expect(second.Truncated).toBe(false);
    expect(new Set([first, second].map((page) => page.Grants?.[0]?.GrantId)).size).toBe(2);
  });

  test.each([
    ['an operation that there is not', { Operations: ['PutKeyPolicy'] }, 'ValidationException'],
    ['no operations', { Operations: undefined }, 'ValidationException'],
    ['everybody', { GranteePrincipal: '*' }, 'ValidationException'],
    ['a group', { GranteePrincipal: 'arn:aws:iam::111122223333:group/g' }, 'InvalidArnException'],
    ['a key that there is not', { KeyId: '12345678-1234-1234-1234-123456789012' }, 'NotFoundException'],
  ])('refuse %s', async (_, more, name) => {
    await expect(create(more)).rejects.toMatchObject({ name });
  });

  test('are made and listed by whoever may', async () => {
    const worker = aws.client(aws.iam.accessKeyFor('worker') as { accessKeyId: string; secretAccessKey: string });
    await expect(worker.send(new ListGrantsCommand({ KeyId }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    const command = new CreateGrantCommand({ KeyId, GranteePrincipal: ROLE, Operations: ['Decrypt'] });
    await expect(worker.send(command)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
