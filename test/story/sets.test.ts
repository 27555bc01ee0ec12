import { GetKeyPolicyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import type { SetDecision, SetView } from '../../lib/workflow/set.ts';
import { until, type Visitor } from '../../local/demo/visitor.ts';
import { expectReply } from '../http/replies.ts';
import { kmsOf, RULES, useSystem } from './system.ts';

const world = useSystem({ rules: RULES });

let roles = 0;
const wish = (...keys: string[]) => ({
  keys,
  edits: [{ op: 'addUser', principal: `arn:aws:iam::111122223333:role/Batch${++roles}` }],
  reason: 'The nightly batch reads all of them.',
  ticket: 'SEC-9',
});
const THREE = ['alias/payments', 'alias/reports', 'alias/partner-exchange'] as const;

const submit = (who: Visitor, body: object, headers = {}) => who.send<SetView>('POST', '/sets', body, headers);
const decide = (who: Visitor, id: string, decision: string) =>
  who.send<SetDecision>('POST', `/sets/${id}/decisions`, { decision });
const statuses = ({ changes }: SetView) => changes.map(({ status }) => status);
/** The set once each of its changes stands in one of these states. */
const reaches = (id: string, ...states: string[]) =>
  until(`${id} to be ${states.join()}`, 40, async () => {
    const { body } = await world.ana.get<SetView>(`/sets/${id}`);
    return statuses(body).every((status) => states.includes(status)) ? body : undefined;
  });

describe('a set', () => {
  it('is submitted and approved as one, and applied key by key; one that moved is stale, and the set says so', async () => {
    const { ana, sam, visitor, running } = world;
    const submitted = await submit(ana, wish(...THREE));
    expect(submitted.status, submitted.text).toBe(201);
    expectReply('submitSet', 201, submitted.body);
    const { id, changes } = submitted.body;
    expect(id).toMatch(/^set_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(submitted.body).toMatchObject({ askedAsOne: true, submitter: 'ana@example.com', ticket: 'SEC-9' });
    expect(changes.map(({ key }) => key.aliases[0])).toEqual(THREE);
    expect(new Set(changes.map(({ after }) => after.sha256)).size).toBe(3);

    const moved = changes[1]?.key.arn ?? '';
    const kms = kmsOf(running);
    const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId: moved }));
    await kms.send(new PutKeyPolicyCommand({ KeyId: moved, Policy: Policy.replace('key-consolepolicy-3', 'by-hand') }));

    const decided = await decide(sam, id, 'approve');
    expect(decided.status).toBe(200);
    expectReply('decideSet', 200, decided.body);
    expect(decided.body.outcomes.map(({ recorded }) => recorded)).toEqual([true, true, true]);
    const ended = await reaches(id, 'APPLIED', 'STALE');
    expect(statuses(ended)).toEqual(['APPLIED', 'STALE', 'APPLIED']);
    expect(ended.summary).toContain('2 of 3 applied. reports: Stale: the key moved');
    const puts = (await visitor.puts()).filter(({ caller }) => caller.includes('countersign-local-apply'));
    expect(puts.map(({ keyArn }) => keyArn).sort()).toEqual(
      [changes[0]?.key.arn, changes[2]?.key.arn].sort((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1)),
    );
  });

  it('is stored whole or not at all, and tells of each key that is refused', async () => {
    const { ana } = world;
    const before = await ana.get<{ changes: object[] }>('/changes?limit=100');
    const refused = await submit(ana, wish('alias/payments', 'alias/nowhere', 'alias/aws/s3'));
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.text).toContain('alias/nowhere: There is no key');
    expect(refused.text).toContain('alias/aws/s3: ');
    const twice = await submit(ana, wish('alias/payments', '1b6f3a52-8c1d-4e0a-9f27-3d5c7a9e1001'));
    expect(twice).toMatchObject({ status: 400, body: { detail: expect.stringContaining('named twice') } });
    for (const keys of [[], Array.from({ length: 21 }, (_, i) => `alias/k${i}`)]) {
      expect((await submit(ana, wish(...keys))).status).toBe(400);
    }
    expect((await ana.get<{ changes: object[] }>('/changes?limit=100')).body.changes.length).toBe(
      before.body.changes.length,
    );
  });

  it('is given again for the same Idempotency-Key, and refused for another body', async () => {
    const { ana } = world;
    const headers = { 'idempotency-key': 'set-1' };
    const body = wish('alias/payments', 'alias/reports');
    const first = await submit(ana, body, headers);
    expect(first.status, first.text).toBe(201);
    expect((await submit(ana, body, headers)).body.id).toBe(first.body.id);
    expect((await submit(ana, wish('alias/payments'), headers)).status).toBe(409);
    await decide(world.sam, first.body.id, 'reject');
    expect(statuses(await reaches(first.body.id, 'REJECTED'))).toEqual(['REJECTED', 'REJECTED']);
  });

  it('is finished by the same decision again when only some of it was decided', async () => {
    const { ana, sam } = world;
    const { id, changes } = (await submit(ana, wish('alias/payments', 'alias/reports'))).body;
    // As a crash leaves it between two of its changes.
    await sam.send('POST', `/changes/${changes[0]?.id}/decisions`, { decision: 'approve' });
    const decided = await decide(sam, id, 'approve');
    expect(decided.body.outcomes).toMatchObject([{ recorded: false }, { recorded: true }]);
    await reaches(id, 'APPLIED');
    expect(await decide(sam, id, 'approve')).toMatchObject({ status: 409 });
  });

  it('is not for its submitter to decide, nor for a stranger, and each change says so', async () => {
    const { ana, audrey, ada } = world;
    const { id, changes } = (await submit(ana, wish('alias/payments', 'alias/reports'))).body;
    expect(await decide(ana, id, 'approve')).toMatchObject({ status: 403 });
    expect(await decide(audrey, id, 'approve')).toMatchObject({ status: 403 });
    expect(statuses((await ana.get<SetView>(`/sets/${id}`)).body)).toEqual(['PENDING', 'PENDING']);
    for (const change of changes) await ada.send('POST', `/changes/${change.id}/cancel`);
    expect((await ana.get(`/sets/set_${'0'.repeat(26)}`)).status).toBe(404);
    expect((await ana.get(`/sets/${changes[0]?.id}`)).status).toBe(404);
  });
});
