import {
  CreateAliasCommand,
  CreateKeyCommand,
  GetKeyPolicyCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
} from '@aws-sdk/client-kms';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SetDecision } from '../../lib/workflow/decideSet.ts';
import type { SetView } from '../../lib/workflow/set.ts';
import { until, type Visitor } from '../../local/demo/visitor.ts';
import { expectReply } from '../http/replies.ts';
import { kmsOf, RULES, useSystem } from './system.ts';

const world = useSystem({
  rules: RULES.replace(
    'rules:\n',
    '  owners: [olu@example.com]\nrules:\n  - { name: owned, match: { alias: alias/owned }, quorum: 1, from: [owners], expireAfter: PT72H }\n',
  ),
});
beforeAll(async () => {
  const kms = kmsOf(world.running);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/owned', TargetKeyId: KeyMetadata?.KeyId }));
});

let roles = 0;
const wish = (...keys: string[]) => ({
  keys,
  edits: [{ op: 'addAdministrator', principal: `arn:aws:iam::111122223333:role/Batch${++roles}` }],
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

/** The path of a person's newest link to a set, once its mail is there. */
const setLink = (person: string, id: string) =>
  until(`a mail to ${person} about ${id}`, 30, async () => {
    const mail = (await world.visitor.mails(person)).findLast(({ Body }) => Body.text_part.includes(id));
    return mail && /\/review\/[\w-]{43}/.exec(mail.Body.text_part)?.[0];
  });
const mailsAbout = async (person: string, { id, changes }: SetView) =>
  (await world.visitor.mails(person)).filter(({ Body }) =>
    [id, ...changes.map((change) => change.id)].some((one) => Body.text_part.includes(one)),
  );

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
    await ana.reaches(changes[1]?.id ?? '', ['STALE']);

    const decided = await decide(sam, id, 'approve');
    expect(decided.status).toBe(200);
    expectReply('decideSet', 200, decided.body);
    expect(decided.body.outcomes.map(({ recorded }) => recorded)).toEqual([true, false, true]);
    const ended = await reaches(id, 'APPLIED', 'STALE');
    expect(statuses(ended)).toEqual(['APPLIED', 'STALE', 'APPLIED']);
    expect(ended.summary).toContain('2 of 3 applied. reports: Stale: the key moved');
    const puts = (await visitor.puts()).filter(({ caller }) => caller.includes('countersign-local-apply'));
    expect(puts.map(({ keyArn }) => keyArn).sort()).toEqual(
      [changes[0]?.key.arn, changes[2]?.key.arn].sort((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1)),
    );
  });

  it('is asked by one mail with one page, decided by one form, and told about in one mail', async () => {
    const { ana, visitor, running } = world;
    const { body } = await submit(ana, wish(...THREE));
    const link = await setLink('sam@example.com', body.id);
    const page = await visitor.get(link);
    expect(page.status).toBe(200);
    for (const name of ['payments', 'reports', 'partner-exchange']) expect(page.text).toContain(`>${name}</h2>`);
    expect(page.text).toContain('one may be applied and another not');
    // Behind it each change has its own page, with its documents.
    const [first = ''] = [...page.text.matchAll(/href="(\/review\/[\w-]{43})"/g)].map(([, path]) => path);
    expect((await visitor.get(first)).text).toContain('What changes in the document');

    const form = { decision: 'approve', comment: 'All three.', confirm: 'payments' };
    expect((await visitor.decide(link, { ...form, confirm: 'ledger' })).status).toBe(400);
    expect((await visitor.decide(link, { ...form, decision: 'comment' })).status).toBe(400);
    expect(statuses((await ana.get<SetView>(`/sets/${body.id}`)).body)).toEqual(['PENDING', 'PENDING', 'PENDING']);

    const moved = body.changes[2]?.key.arn ?? '';
    const kms = kmsOf(running);
    const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId: moved }));
    await kms.send(
      new PutKeyPolicyCommand({ KeyId: moved, Policy: Policy.replace(/"Id" : "[^"]*"/, '"Id" : "moved"') }),
    );
    await ana.reaches(body.changes[2]?.id ?? '', ['STALE']);
    const decided = await visitor.decide(link, form);
    expect(decided.status, decided.text).toBe(200);
    expect(decided.text).toContain('Your decision is recorded for 2 of 3 keys.');
    const ended = await reaches(body.id, 'APPLIED', 'STALE');
    expect(statuses(ended)).toEqual(['APPLIED', 'APPLIED', 'STALE']);
    for (const { id } of body.changes.slice(0, 2)) {
      expect((await ana.change(id)).approval.decisions).toMatchObject([
        { person: 'sam@example.com', comment: 'All three.', channel: 'link' },
      ]);
    }
    // The same form again decides nothing twice.
    expect((await visitor.decide(link, form)).text).toContain('Your decision is recorded for 0 of 3 keys.');

    const told = await until('the result', 30, async () => {
      const mails = await mailsAbout('ana@example.com', body);
      const results = mails.filter(({ Subject }) => !Subject.startsWith('Stale'));
      return results.length > 0 ? results : undefined;
    });
    // Two that end in the same moment may both tell it.
    for (const { Subject } of told) expect(Subject).toMatch(/^2 of 3 applied: /);
    expect(told[0]?.Body.text_part).toMatch(/NOT APPLIED: PARTNER-EXCHANGE[\s\S]*Stale: the key moved/);
    for (const person of ['sam@example.com', 'kim@example.com']) {
      const mails = await until(`both mails to ${person}`, 30, async () => {
        // The one that is stale may have ended before the others, and was then told of at once.
        const some = (await mailsAbout(person, body)).filter(({ Subject }) => !Subject.startsWith('Stale'));
        return some.length >= 2 ? some : undefined;
      });
      const [asked, ...results] = mails.map(({ Subject }) => Subject);
      expect(asked).toMatch(/^Your approval is asked: 3 key policies/);
      for (const subject of results) expect(subject).toMatch(/^2 of 3 applied/);
    }
  });

  it('is asked key by key, and says so, when its keys do not have the same approvers', async () => {
    const { ana, visitor } = world;
    const { body } = await submit(ana, wish('alias/payments', 'alias/owned'));
    expect(body).toMatchObject({ askedAsOne: false, whyNot: expect.stringContaining('rule owned asks') });
    const link = await visitor.link('sam@example.com', body.changes[0]?.id ?? '');
    expect((await visitor.get(link)).text).not.toContain('one decision');
    await visitor.link('olu@example.com', body.changes[1]?.id ?? '');
    for (const change of body.changes) await world.ada.send('POST', `/changes/${change.id}/cancel`);
  });

  it('asks as one where only the quorum differs; each key is applied when its own rule is fulfilled', async () => {
    const { ana, visitor } = world;
    const { body } = await submit(ana, wish('alias/payments', 'alias/prod/ledger'));
    expect(body.askedAsOne).toBe(true);
    const form = { decision: 'approve', confirm: 'payments' };
    await visitor.decide(await setLink('sam@example.com', body.id), form);
    await ana.reaches(body.changes[0]?.id ?? '', ['APPLIED']);
    const half = (await ana.get<SetView>(`/sets/${body.id}`)).body;
    expect(statuses(half)).toEqual(['APPLIED', 'PENDING']);
    expect(half.summary).toBe('1 of 2 applied. prod/ledger: Waiting for approval.');
    const second = await visitor.decide(await setLink('kim@example.com', body.id), form);
    expect(second.text).toContain('recorded for 1 of 2 keys');
    await reaches(body.id, 'APPLIED');
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

  it('tells at once of one that is stale while others wait, and of all at the end', async () => {
    const { ana, running } = world;
    const { body } = await submit(ana, wish('alias/payments', 'alias/prod/ledger'));
    const [moved, other] = body.changes;
    await setLink('sam@example.com', body.id);
    const kms = kmsOf(running);
    const KeyId = moved?.key.arn ?? '';
    const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId }));
    await kms.send(
      new PutKeyPolicyCommand({ KeyId, Policy: JSON.stringify({ ...JSON.parse(Policy), Id: 'elsewhere' }) }),
    );
    await ana.reaches(moved?.id ?? '', ['STALE']);
    const subject = (start: string) =>
      until(`a mail “${start}”`, 30, async () =>
        (await mailsAbout('ana@example.com', body)).find(({ Subject }) => Subject.startsWith(start)),
      );
    await subject('Stale');
    expect((await ana.change(other?.id ?? '')).status).toBe('PENDING');
    await world.ada.send('POST', `/changes/${other?.id}/cancel`);
    await subject('0 of 2 applied');
  });

  it('is for a time where that is asked for: each change is put back by itself, and told of', async () => {
    const { ana, sam } = world;
    const submitted = await submit(ana, { ...wish('alias/payments', 'alias/reports'), revertAfter: 'PT8S' });
    expect(submitted.status, submitted.text).toBe(201);
    const { id, changes } = submitted.body;
    for (const change of changes) expect((await ana.change(change.id)).revertAfter).toBe('PT8S');
    await decide(sam, id, 'approve');
    await reaches(id, 'REVERTED');
    for (const change of changes) {
      await until('word of the end', 30, async () =>
        (await world.visitor.mails('ana@example.com')).find(
          ({ Subject, Body }) => Subject.startsWith('Reverted') && Body.text_part.includes(change.id),
        ),
      );
    }
  });

  it('is decided without what is asked by itself, and says so: a new version, and a set of other approvers', async () => {
    const { ana, sam, ada } = world;
    const { id, changes } = (await submit(ana, wish('alias/payments', 'alias/reports'))).body;
    const { edits } = wish();
    const path = `/changes/${changes[1]?.id}/versions`;
    expect((await ana.send('POST', path, { edits, reason: 'Smaller.' })).status).toBe(201);
    const { outcomes } = (await decide(sam, id, 'approve')).body;
    expect(outcomes).toMatchObject([
      { recorded: true },
      { recorded: false, detail: expect.stringContaining('by itself') },
    ]);
    expect((await ana.change(changes[1]?.id ?? '')).approval.decisions).toEqual([]);
    await ada.send('POST', `/changes/${changes[1]?.id}/cancel`);
    const apart = (await submit(ana, wish('alias/payments', 'alias/owned'))).body;
    expect(await decide(sam, apart.id, 'approve')).toMatchObject({ status: 409 });
    for (const change of apart.changes) await ada.send('POST', `/changes/${change.id}/cancel`);
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

it('offers the same change for the other keys of a multi-Region key, each of which has a policy of its own', async () => {
  const { ana, sam, visitor, running } = world;
  const kms = kmsOf(running);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }));
  const { Arn: primary = '', KeyId = '' } = KeyMetadata ?? {};
  const { ReplicaKeyMetadata } = await kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
  const replica = ReplicaKeyMetadata?.Arn ?? '';
  expect(replica).toBe(primary.replace('us-east-1', 'eu-west-1'));
  expect(ReplicaKeyMetadata?.MultiRegionConfiguration).toMatchObject({
    MultiRegionKeyType: 'REPLICA',
    PrimaryKey: { Arn: primary },
    ReplicaKeys: [{ Arn: replica, Region: 'eu-west-1' }],
  });

  const key = await ana.get(`/keys/${encodeURIComponent(primary)}`);
  expect(key.body).toMatchObject({ multiRegion: true, related: [replica] });
  expect((await ana.get(`/keys/${encodeURIComponent(replica)}`)).body).toMatchObject({ related: [primary] });
  const { keys: _, ...shared } = wish();
  const preview = await ana.send('POST', '/changes/preview', { ...shared, key: primary });
  expect(preview.body).toMatchObject({ related: [replica] });
  expectReply('preview', 200, preview.body);
  const kept = expect.objectContaining({ code: 'KEY_RELATED_KEPT', severity: 'warning' });
  expect(preview.body.findings).toContainEqual(kept);

  const { body } = await submit(ana, { ...shared, keys: [primary, replica] });
  for (const { id } of body.changes) expect((await ana.change(id)).findings).not.toContainEqual(kept);
  await decide(sam, body.id, 'approve');
  await reaches(body.id, 'APPLIED');
  const puts = (await visitor.puts()).filter(({ keyArn }) => [primary, replica].includes(keyArn));
  expect(puts.map(({ keyArn, result }) => [keyArn, result]).sort()).toEqual(
    [
      [primary, 'ok'],
      [replica, 'ok'],
    ].sort(),
  );
});

describe('a set that is not to be applied before a time', () => {
  it('is approved as one before it, and each of its changes is put after it', async () => {
    const { ana, sam, visitor } = world;
    const applyAfter = new Date(Date.now() + 8_000).toISOString();
    const keys = [await newKey('early'), await newKey('later')];
    const { body, status, text } = await submit(ana, { ...wish(...keys), applyAfter });
    expect(status, text).toBe(201);
    expect(body.changes.map((change) => change.applyAfter)).toEqual([applyAfter, applyAfter]);
    const page = await visitor.get(await setLink('sam@example.com', body.id));
    expect(page.text).toContain('Not applied before');
    expect((await decide(sam, body.id, 'approve')).status).toBe(200);
    await ana.send('POST', '/local/schedule/sweep');
    const { body: held } = await ana.get<SetView>(`/sets/${body.id}`);
    if (new Date().toISOString() < applyAfter) expect(statuses(held)).toEqual(['APPROVED', 'APPROVED']);
    const { changes } = await reaches(body.id, 'APPLIED');
    const puts = (await visitor.puts()).filter(({ sha256 }) => changes.some(({ after }) => after.sha256 === sha256));
    expect(puts.map(({ keyArn }) => keyArn).sort()).toEqual([...keys].sort());
    for (const { at } of puts) expect(at.localeCompare(applyAfter)).toBeGreaterThanOrEqual(0);
  });
});

/** The ARN of a key that no other test uses. */
async function newKey(name: string): Promise<string> {
  const kms = kmsOf(world.running);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  await kms.send(new CreateAliasCommand({ AliasName: `alias/${name}`, TargetKeyId: KeyMetadata?.KeyId }));
  return KeyMetadata?.Arn ?? '';
}
