import { GetKeyPolicyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import { type Sent, until } from '../../local/demo/visitor.ts';
import { addUser, kmsOf, RULES, useSystem } from './system.ts';

const world = useSystem({ rules: RULES });

interface Write {
  origin: string;
  id: string;
  caller?: string;
  foundBy: string;
  after: { document: string };
  adopted?: { person: string; comment: string };
  undo?: string;
}

const liveOf = async (key: string) =>
  (await kmsOf(world.running).send(new GetKeyPolicyCommand({ KeyId: await arnOf(key) }))).Policy ?? '';
const arnOf = async (key: string) =>
  (await world.ana.get<{ arn: string }>(`/keys/${encodeURIComponent(key)}`)).body.arn;

let serial = 0;
/** The live policy with a statement for one more role. */
async function withRole(key: string, role = `Foreign${++serial}`): Promise<string> {
  const policy = JSON.parse(await liveOf(key)) as { Statement: object[] };
  policy.Statement.push({
    Sid: role,
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::111122223333:role/${role}` },
    Action: 'kms:Decrypt',
    Resource: '*',
  });
  return JSON.stringify(policy);
}

/** Another policy, put by somebody else. */
async function foreignPut(key: string): Promise<string> {
  const Policy = await withRole(key);
  await kmsOf(world.running).send(new PutKeyPolicyCommand({ KeyId: await arnOf(key), Policy }));
  return Policy;
}

const outside = async (key: string): Promise<Write[]> =>
  (await world.audrey.get<{ versions: Write[] }>(`/keys/${encodeURIComponent(key)}/history`)).body.versions.filter(
    ({ origin }) => origin === 'outside',
  );

/** The foreign write of this document, once it is in the history. */
const found = (key: string, document: string): Promise<Write> =>
  until('the foreign write', 30, async () => (await outside(key)).find(({ after }) => after.document === document));

/** Word of it is recorded: what somebody else records about a write at the same moment refuses an undo. */
const told = (id: string) =>
  until(`${id} to be told`, 30, async () =>
    (await world.audrey.get<{ events: object[] }>(`/audit/events?type=FOREIGN_TOLD&change=${id}`)).body.events.at(0),
  );

const mailOf = (id: string, person = 'sam@example.com'): Promise<Sent> =>
  until(`a mail to ${person} about ${id}`, 30, async () =>
    (await world.visitor.mails(person)).find(({ Body }) => Body.text_part.includes(id) && LINK.test(Body.text_part)),
  );
const LINK = /\/foreign\/[\w-]{43}/;
const linkOf = async (id: string, person?: string) => LINK.exec((await mailOf(id, person)).Body.text_part)?.[0] ?? '';

async function applied(change: ChangeView, confirm: string): Promise<ChangeView> {
  const link = await world.visitor.link('sam@example.com', change.id);
  await world.visitor.decide(link, { decision: 'approve', confirm });
  return world.ana.reaches(change.id, ['APPLIED']);
}

describe('a change that lands', () => {
  it('ends the others of its key at once, with word to their submitters, and a rebase brings them back', async () => {
    const { ana, visitor } = world;
    const first = (await ana.submit(addUser())).body;
    const policy = await withRole('alias/payments', 'Second');
    const second = (await ana.submit({ key: 'alias/payments', policy, reason: 'The second.' })).body;
    const link = await visitor.link('kim@example.com', second.id);
    await applied(first, 'payments');
    const stale = await ana.reaches(second.id, ['STALE']);
    expect(stale.timeline.find(({ type }) => type === 'STALE')?.text).toContain(first.id);
    const late = await visitor.decide(link, { decision: 'approve', confirm: 'payments' });
    expect(late.status).toBe(409);
    const mail = await until('word to the submitter', 30, async () =>
      (await visitor.mails('ana@example.com')).find(
        ({ Subject, Body }) => Subject.startsWith('Stale') && Body.text_part.includes(second.id),
      ),
    );
    expect(mail.Body.text_part).toContain('Rebase it');

    const preview = await ana.send<ChangeView>('POST', `/changes/${second.id}/rebase/preview`);
    expect(preview.status).toBe(200);
    const rebased = await ana.send<ChangeView>('POST', `/changes/${second.id}/rebase`);
    expect([rebased.status, rebased.body.rebases, rebased.body.status]).toEqual([201, second.id, 'PENDING']);
    expect(rebased.body.after).toEqual(preview.body.after);
    const live = await applied(rebased.body, 'payments');
    expect(live.after.document).toContain('role/Second');
    expect(live.access.gains.map(({ principal }) => principal)).toEqual(['arn:aws:iam::111122223333:role/Second']);
    expect(canonicalOf(await liveOf('alias/payments'))).toBe(live.after.canonical);
  });

  it('is rebased by its submitter alone, once it is over, where both added somebody to one list of the default view', async () => {
    const { ana, sam } = world;
    const add = (name: string) => ({
      key: 'alias/release-signing',
      edits: [{ op: 'addUser', principal: `arn:aws:iam::111122223333:role/${name}` }],
      reason: `${name}.`,
    });
    const { body: mine } = await ana.submit(add('One'));
    expect((await ana.send('POST', `/changes/${mine.id}/rebase`)).body).toMatchObject({
      status: 409,
      type: 'urn:countersign:problem:nothing-to-rebase',
    });
    const other = await ana.submit(add('Two'));
    await applied(other.body, 'release-signing');
    await ana.reaches(mine.id, ['STALE']);
    expect((await sam.send('POST', `/changes/${mine.id}/rebase`)).status).toBe(403);
    const rebased = await ana.send<ChangeView>('POST', `/changes/${mine.id}/rebase`);
    expect([rebased.status, rebased.body.status], rebased.text).toEqual([201, 'PENDING']);
    await applied(rebased.body, 'release-signing');
    const { body } = await ana.get<{ defaultView: { users: string[] } }>('/keys/alias%2Frelease-signing/policy');
    const users = ['One', 'Two'].map((name) => `arn:aws:iam::111122223333:role/${name}`);
    expect(body.defaultView.users).toEqual(expect.arrayContaining(users));
  });

  it('is not rebased where both sides rewrote one statement', async () => {
    const { ana, visitor } = world;
    const key = 'alias/partner-exchange';
    const withAction = async (Action: string) => {
      const policy = JSON.parse(await withRole(key, 'Both')) as { Statement: object[] };
      policy.Statement.push({ ...policy.Statement.pop(), Action });
      return JSON.stringify(policy);
    };
    const first = await ana.submit({ key, policy: await withAction('kms:Decrypt'), reason: 'One.' });
    const second = await ana.submit({ key, policy: await withAction('kms:Encrypt'), reason: 'Two.' });
    await applied(second.body, 'partner-exchange');
    await ana.reaches(first.body.id, ['STALE']);
    const conflict = await ana.send<{ findings: { code: string }[] }>('POST', `/changes/${first.body.id}/rebase`);
    expect(conflict.status).toBe(409);
    expect(conflict.body.findings.every(({ code }) => code === 'REBASE_CONFLICT')).toBe(true);
    expect(await visitor.puts()).toEqual(
      expect.arrayContaining([expect.objectContaining({ policy: second.body.after.document })]),
    );
  });
});

describe('a policy put outside of the workflow', () => {
  it('is recorded with its document and caller, ends open changes, and is adopted from the link of the mail', async () => {
    const { ana, audrey, visitor } = world;
    const waiting = (await ana.submit(addUser('alias/reports'))).body;
    const document = await foreignPut('alias/reports');
    const write = await found('alias/reports', document);
    expect(write).toMatchObject({
      foundBy: 'event',
      caller: 'arn:aws:sts::111122223333:assumed-role/Admin/local',
      difference: expect.arrayContaining([expect.stringMatching(/^Gains: /)]),
    });
    const stale = await ana.reaches(waiting.id, ['STALE']);
    expect(stale.timeline.find(({ type }) => type === 'STALE')?.text).toContain(write.id);

    const link = await linkOf(write.id);
    const page = await visitor.get(link);
    expect([page.status, page.text.includes('Foreign')]).toEqual([200, true]);
    expect((await outside('alias/reports')).find(({ id }) => id === write.id)?.adopted).toBeUndefined();
    const wrong = await visitor.decide(link, { act: 'adopt', reason: 'Fine.', confirm: 'payments' });
    expect(wrong.status).toBe(400);
    const silent = await visitor.decide(link, { act: 'adopt', reason: ' ', confirm: 'reports' });
    expect(silent.status).toBe(400);
    const adopted = await visitor.decide(link, { act: 'adopt', reason: 'It was me, by phone.', confirm: 'reports' });
    expect(adopted.status).toBe(200);
    expect((await outside('alias/reports')).find(({ id }) => id === write.id)?.adopted).toMatchObject({
      person: 'sam@example.com',
      comment: 'It was me, by phone.',
    });
    expect((await visitor.decide(link, { act: 'undo', reason: 'No.', confirm: 'reports' })).status).toBe(409);
    const events = await audrey.get<{ events: object[] }>('/audit/events?type=FOREIGN_ADOPTED');
    expect(events.body.events).toMatchObject([{ change: write.id, person: 'sam@example.com', channel: 'link' }]);
    const at = await audrey.get<{ access: { policy: { document: string }; certain: boolean } }>(
      `/keys/alias%2Freports/history?at=${new Date().toISOString()}`,
    );
    expect(at.body.access).toMatchObject({ policy: { document }, certain: true });
  });

  it('is undone by a change that somebody else approves', async () => {
    const { sam, kim, ana, visitor } = world;
    const before = await liveOf('alias/partner-exchange');
    const document = await foreignPut('alias/partner-exchange');
    const write = await found('alias/partner-exchange', document);
    const link = await linkOf(write.id);
    await told(write.id);
    const undone = await visitor.decide(link, {
      act: 'undo',
      reason: 'Nobody asked for it.',
      confirm: 'partner-exchange',
    });
    expect(undone.status).toBe(200);
    const id = (await outside('alias/partner-exchange')).find((one) => one.id === write.id)?.undo ?? '';
    const change = await ana.change(id);
    expect(change).toMatchObject({ submitter: 'sam@example.com', undoes: write.id, status: 'PENDING' });
    const again = await sam.send<{ id: string }>('POST', `/foreign-writes/${write.id}/undo`, { reason: 'Again.' });
    expect([again.status, again.body.id]).toEqual([201, id]);
    const other = await kim.send('POST', `/foreign-writes/${write.id}/undo`, { reason: 'Me too.' });
    expect(other.status).toBe(409);
    await kim.send('POST', `/changes/${id}/decisions`, { decision: 'approve' });
    await ana.reaches(id, ['APPLIED']);
    expect(canonicalOf(await liveOf('alias/partner-exchange'))).toBe(canonicalOf(before));
  });

  it('can be undone again when a version made another change of what undid it', async () => {
    const { ana, kim } = world;
    const write = await found('alias/release-signing', await foreignPut('alias/release-signing'));
    const path = `/foreign-writes/${write.id}/undo`;
    await told(write.id);
    const first = await ana.send<ChangeView>('POST', path, { reason: 'Nobody asked for it.' });
    expect([first.status, first.body.undoes]).toEqual([201, write.id]);
    expect((await kim.send('POST', path, { reason: 'Me too.' })).status).toBe(409);
    const policy = await withRole('alias/release-signing', 'Another');
    const version = { policy, reason: 'Something else.' };
    const other = await ana.send<ChangeView>('POST', `/changes/${first.body.id}/versions`, version);
    expect([other.status, other.body.undoes], other.text).toEqual([201, undefined]);
    const second = await kim.send<ChangeView>('POST', path, { reason: 'Still there.' });
    expect([second.status, second.body.undoes]).toEqual([201, write.id]);
  });

  it('that was undone by its writer is two entries, and what waited goes on (A-B-A)', async () => {
    const { ana } = world;
    const before = await liveOf('alias/prod/ledger');
    const { body: waiting } = await ana.submit(addUser('alias/prod/ledger'));
    const KeyId = await arnOf('alias/prod/ledger');
    const there = { ...(JSON.parse(before) as object), Id: 'there' };
    const kms = kmsOf(world.running);
    await kms.send(new PutKeyPolicyCommand({ KeyId, Policy: JSON.stringify(there) }));
    await kms.send(new PutKeyPolicyCommand({ KeyId, Policy: before }));
    await Promise.all([found('alias/prod/ledger', JSON.stringify(there)), found('alias/prod/ledger', before)]);
    expect((await ana.change(waiting.id)).status).toBe('PENDING');
  });

  it('cannot be adopted by whom the rules do not name, and says the same of what is not there', async () => {
    const { ana, sam, audrey, visitor } = world;
    const write = await found('alias/payments', await foreignPut('alias/payments'));
    const refused = await ana.send('POST', `/foreign-writes/${write.id}/adopt`, { reason: 'Fine.' });
    expect(refused.body).toMatchObject({ status: 403, type: 'urn:countersign:problem:not-an-approver' });
    expect((await sam.send('POST', '/foreign-writes/out_0/adopt', { reason: 'x' })).status).toBe(404);
    expect((await visitor.get(`/foreign/${'x'.repeat(43)}`)).status).toBe(404);
    const link = await linkOf(write.id, 'kim@example.com');
    expect((await visitor.get(link.replace('/foreign/', '/review/'))).status).toBe(404);
    const adopted = await sam.send<Write>('POST', `/foreign-writes/${write.id}/adopt`, { reason: 'Seen.' });
    expect([adopted.status, adopted.body.adopted?.person]).toEqual([200, 'sam@example.com']);
    expect((await sam.send('POST', `/foreign-writes/${write.id}/adopt`, { reason: 'Seen.' })).status).toBe(409);
    expect((await audrey.send('POST', `/foreign-writes/${write.id}/undo`, { reason: 'No.' })).status).toBe(403);
    await visitor.decide(link, { act: 'undo', reason: 'Mistyped.', confirm: 'reports' });
    const { body } = await audrey.get<{ events: Record<string, string>[] }>('/audit/events?type=REFUSED&limit=100');
    const arn = await arnOf('alias/payments');
    expect(body.events.map(({ person, attempt, code, keyArn }) => [person, attempt, code, keyArn])).toEqual(
      expect.arrayContaining([
        ['ana@example.com', `adopt ${write.id}`, 'NOT_AN_APPROVER', arn],
        ['audrey@example.com', 'undo', 'NOT_IN_GROUP', 'none'],
        ['link:kim@example.com', `undo ${write.id}`, 'WRONG_CONFIRMATION', arn],
      ]),
    );
  });

  it('leaves a history that verifies', async () => {
    await world.ana.send('POST', '/local/schedule/notarise');
    const { body } = await world.audrey.get<{ ok: boolean; why: string | null }>('/audit/verify');
    expect([body.why, body.ok]).toEqual([null, true]);
  });
});
