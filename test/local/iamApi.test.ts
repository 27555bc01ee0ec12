import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetRoleCommand, GetUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Edge } from '../../local/edge.ts';
import { openIamApi } from '../../local/iam/api.ts';
import { openIam } from '../../local/iam.ts';
import { edgeWith, sdk } from './support/edge.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-iam-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const iam = openIam({ dataDir: folder, roles: [] });
const ROLE = 'arn:aws:iam::111122223333:role';

let edge: Edge;
beforeEach(async () => {
  iam.world.set({ missing: [], ids: {} });
  edge = await edgeWith({ iamApi: openIamApi({ iam }) });
});
afterEach(() => edge.close());
const client = (accessKeyId?: string) => new IAMClient(sdk(edge.url, accessKeyId));
const role = (RoleName: string) => client().send(new GetRoleCommand({ RoleName }));

describe('GetRole and GetUser', () => {
  test('everybody exists, of every path, with an id that stays', async () => {
    const { Role } = await role('App');
    expect(Role).toMatchObject({ RoleName: 'App', RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/) });
    expect(Role?.Arn).toBeUndefined();
    expect((await role('App')).Role?.RoleId).toBe(Role?.RoleId);
    const { User } = await client().send(new GetUserCommand({ UserName: 'pat' }));
    expect(User).toMatchObject({ UserName: 'pat', UserId: expect.stringMatching(/^AIDA/) });
  });

  test('the world tells path and id, and who is missing, by name or by ARN', async () => {
    iam.world.set({ missing: [`${ROLE}/team/Gone`, 'Lost'], ids: { AROANEW: `${ROLE}/team/App` } });
    expect((await role('App')).Role).toMatchObject({ Arn: `${ROLE}/team/App`, Path: '/team/', RoleId: 'AROANEW' });
    for (const name of ['Gone', 'Lost'])
      await expect(role(name)).rejects.toMatchObject({ name: 'NoSuchEntityException' });
    expect((await client().send(new GetUserCommand({ UserName: 'Gone' }))).User?.UserName).toBe('Gone');
  });

  test('whoever may not is refused, and so is what is no name', async () => {
    const denied = client('DENIED').send(new GetRoleCommand({ RoleName: 'App' }));
    await expect(denied).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(role('a/b')).rejects.toMatchObject({ name: 'ValidationError' });
  });
});
