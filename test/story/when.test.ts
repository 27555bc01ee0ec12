import { CreateAliasCommand, CreateKeyCommand, DescribeKeyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { DescribeExecutionCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { until, type Visitor } from '../../local/demo/visitor.ts';
import { addUser, kmsOf, useSystem } from './system.ts';

const inSeconds = (n: number) => new Date(Date.now() + n * 1000).toISOString();
/** A window that is open, and one that opens in some seconds: the rules file is written when the system starts. */
const OPENS = inSeconds(25);
const local = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const FAR = '2099-01-01T00:00:00Z';

const world = useSystem({
  rules: `approvers:
  security: [sam@example.com, kim@example.com]
windows:
  - { name: release, match: { alias: alias/partner-exchange }, from: "${OPENS.slice(0, 19)}Z", to: "${FAR}" }
  - { name: long gone, match: { alias: alias/reports }, from: "2001-01-01T00:00:00Z", to: "2001-01-02T00:00:00Z" }
submit:
  - { match: { alias: "alias/prod/*" }, from: [ledger] }
teams:
  ledger: [ben@example.com]
rules:
  - name: default
    quorum: 1
    from: [security]
    expireAfter: PT72H
    breakGlass: { quorum: 1, from: [security], review: { from: [security] } }
`,
});

const problem = (answer: { body: object }) =>
  (answer.body as { type?: string }).type?.replace('urn:countersign:problem:', '');
const codes = (answer: { body: object }) =>
  ((answer.body as { findings?: { code: string }[] }).findings ?? []).map(({ code }) => code);
/** A key of its own, so that no other story changes what is live on it. */
async function newKey(name: string): Promise<string> {
  const kms = kmsOf(world.running);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  await kms.send(new CreateAliasCommand({ AliasName: `alias/${name}`, TargetKeyId: KeyMetadata?.KeyId ?? '' }));
  return `alias/${name}`;
}
const putsOf = async (key: ChangeView['key']) =>
  (await world.visitor.puts()).filter(({ keyArn, caller }) => keyArn === key.arn && caller.includes('-apply/'));
const types = ({ timeline }: ChangeView) => timeline.map(({ type }) => type);

async function submitted(over: object = {}, key = 'alias/payments', by: Visitor = world.ana): Promise<ChangeView> {
  const answer = await by.submit({ ...addUser(key), ...over });
  expect([answer.status, answer.text.slice(0, 500)]).toEqual([201, expect.any(String)]);
  return answer.body;
}

async function approved(id: string): Promise<void> {
  const answer = await world.sam.send('POST', `/changes/${id}/decisions`, { decision: 'approve' });
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([200, expect.any(String)]);
}

const applied = async (over: object = {}, key = 'alias/payments'): Promise<ChangeView> => {
  const { id } = await submitted(over, key);
  await approved(id);
  return world.ana.reaches(id, ['APPLIED']);
};

const told = (person: string, id: string, subject: string) =>
  until(`a mail “${subject}” to ${person}`, 30, async () =>
    (await world.visitor.mails(person)).find(
      ({ Subject, Body }) => Subject.includes(subject) && Body.text_part.includes(id),
    ),
  );

const revert = (id: string, body: object = { reason: 'Not needed.' }, by: Visitor = world.ana, headers = {}) =>
  by.send<ChangeView>('POST', `/changes/${id}/revert`, body, headers);

async function foreign(key: string, document: object): Promise<void> {
  const kms = kmsOf(world.running);
  await kms.send(new PutKeyPolicyCommand({ KeyId: key, Policy: JSON.stringify(document) }));
}

describe('a change window', () => {
  it('is waited for, is shown, and does not hold an emergency', async () => {
    const change = await submitted({}, 'alias/partner-exchange');
    expect(change.windows).toEqual(['release']);
    await approved(change.id);
    if (Date.now() < Date.parse(OPENS) - 2_000) expect((await world.ana.change(change.id)).status).toBe('APPROVED');
    await world.ana.reaches(change.id, ['APPLIED'], 60);
    const put = (await putsOf(change.key)).find(({ sha256 }) => sha256 === change.after.sha256);
    expect(put?.at.localeCompare(`${OPENS.slice(0, 19)}.000Z`)).toBeGreaterThanOrEqual(0);
    const { body } = await world.audrey.get<{ events: { type: string; putAt?: string; today?: object }[] }>(
      `/audit/events?change=${change.id}`,
    );
    const fact = (type: string) => body.events.find((event) => event.type === type);
    expect(fact('APPLY_INTENT')?.today).toMatchObject({ freeze: [], windows: [{ name: 'release' }] });
    expect(fact('APPLIED')?.putAt?.localeCompare(`${OPENS.slice(0, 19)}.000Z`)).toBeGreaterThanOrEqual(0);
    expect(await world.audrey.get('/audit/verify')).toMatchObject({ body: { ok: true } });
  });

  it('that never opens again is said at the submit', async () => {
    const answer = await world.ana.submit(addUser('alias/reports'));
    expect([answer.status, codes(answer)]).toEqual([422, expect.arrayContaining(['NEVER_APPLIED'])]);
    const urgent = await submitted({ breakGlass: true }, 'alias/reports');
    await approved(urgent.id);
    await world.ana.reaches(urgent.id, ['APPLIED']);
  });
});

describe('access for a time', () => {
  it('is approved once, says so in the first line, and is put back with the exact bytes from before', async () => {
    const change = await submitted({ revertAfter: 'PT3S' });
    expect(change).toMatchObject({ revertAfter: 'PT3S', revertOverdue: false });
    const link = await world.visitor.link('sam@example.com', change.id);
    const mail = await told('sam@example.com', change.id, 'temporary');
    expect(mail.Body.text_part.split('\n')[0]).toBe('Temporary: put back after 3 seconds.');
    const page = (await world.visitor.get(link)).text;
    const first = page
      .slice(page.indexOf('<main>'))
      .replace(/<[^>]+>/g, '')
      .trim();
    expect(first).toMatch(/^Temporary: put back after 3 seconds\./);

    await approved(change.id);
    const live = await world.ana.reaches(change.id, ['APPLIED', 'REVERTING', 'REVERTED']);
    expect(live.revertAt).toBeDefined();
    const back = await world.ana.reaches(change.id, ['REVERTED'], 60);
    const puts = (await putsOf(change.key)).slice(-2);
    expect(puts.map(({ policy }) => policy)).toEqual([change.after.document, change.before.document]);
    expect(puts[1]?.at.localeCompare(back.revertAt ?? '~')).toBeGreaterThanOrEqual(0);
    await told('ana@example.com', change.id, 'Reverted');
    await told('sam@example.com', change.id, 'Reverted');
    const ended = await world.ana.change(change.id);
    expect(types(ended).filter((type) => /APPL|REVERT|CLOSED/.test(type))).toEqual(
      expect.arrayContaining(['APPLY_INTENT', 'APPLIED', 'REVERT_INTENT', 'REVERTED', 'CLOSED']),
    );
    expect(await world.audrey.get('/audit/verify')).toMatchObject({ body: { ok: true, dangling: [] } });
    const history = await world.audrey.get<{ liveIsNewest: boolean; versions: object[] }>(
      `/keys/${encodeURIComponent(change.key.arn)}/history`,
    );
    expect(history.body.liveIsNewest).toBe(true);
    expect(history.body.versions[0]).toMatchObject({ change: change.id, reverted: true, after: back.before });
    const then = await world.audrey.get<{ access: { change: string; policy: { sha256: string }; certain: boolean } }>(
      `/keys/${encodeURIComponent(change.key.arn)}/history?at=${new Date().toISOString()}`,
    );
    expect(then.body.access).toMatchObject({ change: change.id, certain: true, policy: change.before });
    expect((await revert(change.id)).status).toBe(409);
  });

  it('stays so in a new version, or for another time', async () => {
    const { id } = await submitted({ revertAfter: 'P1D' });
    const post = async (over: object) =>
      (await world.ana.send<ChangeView>('POST', `/changes/${id}/versions`, { edits: addUser().edits, ...over })).body;
    expect((await post({})).revertAfter).toBe('P1D');
    expect((await post({ revertAfter: 'PT2H' })).revertAfter).toBe('PT2H');
    await world.ana.send('POST', `/changes/${id}/cancel`);
  });

  it('is listed while it lasts, and warns whoever would stand in its way', async () => {
    const change = await applied({ revertAfter: 'P1D' });
    await told('ana@example.com', change.id, 'Applied');
    const open = await world.ana.get<{ changes: ChangeView[] }>('/changes?revert=open');
    expect(open.body.changes.map(({ id }) => id)).toContain(change.id);
    const preview = await world.ana.send('POST', '/changes/preview', addUser());
    expect(codes(preview)).toContain('TEMPORARY_CHANGE');
    // Undoing it early is an ordinary change.
    const undo = await revert(change.id);
    expect([undo.status, codes(undo)]).toEqual([201, expect.not.arrayContaining(['TEMPORARY_CHANGE'])]);
    await approved(undo.body.id);
    await world.ana.reaches(undo.body.id, ['APPLIED']);
  });

  it('is not put back over what somebody else wrote meanwhile, and everybody is told', async () => {
    const change = await submitted({ revertAfter: 'PT12S' }, await newKey('customer-exports'));
    await approved(change.id);
    const live = await world.ana.reaches(change.id, ['APPLIED']);
    await foreign(live.key.arn, { ...JSON.parse(live.before.document), Id: 'somebody else' });
    const ended = await world.ana.reaches(change.id, ['STALE'], 60);
    expect(ended.outcome).toContain('not put back');
    expect((await putsOf(change.key)).map(({ sha256 }) => sha256)).toEqual([change.after.sha256]);
    for (const person of ['ana@example.com', 'sam@example.com']) await told(person, change.id, 'not put back');
    const again = await world.ana.send('POST', `/changes/${change.id}/rebase`);
    expect([again.status, problem(again)]).toEqual([409, 'nothing-to-rebase']);
  });

  it('stays so when it is brought onto another base', async () => {
    const applyAfter = new Date(Date.now() + 86_400_000).toISOString();
    const change = await submitted({ revertAfter: 'P1D', applyAfter }, await newKey('invoices'));
    await foreign(change.key.arn, { ...JSON.parse(change.before.document), Id: 'somebody else' });
    await world.ana.reaches(change.id, ['STALE'], 60);
    const rebase = (body: object) => world.ana.send<ChangeView>('POST', `/changes/${change.id}/rebase`, body);
    expect((await rebase({})).body).toMatchObject({ rebases: change.id, revertAfter: 'P1D', applyAfter });
    expect((await rebase({ revertAfter: 'PT2H' })).body).toMatchObject({ revertAfter: 'PT2H', applyAfter });
  });

  it('is not put back when somebody approved the same access anew', async () => {
    const change = await submitted({ revertAfter: 'PT12S' }, await newKey('signing'));
    await approved(change.id);
    const live = await world.ana.reaches(change.id, ['APPLIED']);
    const kept = await submitted({ edits: undefined, policy: `${live.after.document}\n` }, live.key.arn);
    await approved(kept.id);
    await world.ana.reaches(kept.id, ['APPLIED']);
    const ended = await world.ana.reaches(change.id, ['STALE'], 60);
    expect(ended.outcome).toContain(kept.id);
  });

  it('is put back by the sweep when its execution is gone', async () => {
    const change = await submitted({ revertAfter: 'PT6S' }, await newKey('lost'));
    await approved(change.id);
    await world.ana.reaches(change.id, ['APPLIED']);
    const states = new SFNClient({ ...local, endpoint: world.running.aws });
    await states.send(new StopExecutionCommand({ executionArn: change.executionArn }));
    await until('the sweep to put it back', 60, async () => {
      await world.ana.send('POST', '/local/schedule/sweep');
      return (await world.ana.change(change.id)).status === 'REVERTED' ? true : undefined;
    });
    expect((await putsOf(change.key)).at(-1)?.policy).toBe(change.before.document);
    // The one that put it back is the one that is named.
    const { executionArn } = await world.ana.change(change.id);
    expect(executionArn).not.toBe(change.executionArn);
    await until('it to succeed', 30, async () =>
      (await states.send(new DescribeExecutionCommand({ executionArn }))).status === 'SUCCEEDED' ? true : undefined,
    );
  });

  it('is refused when it is too long, or when the policy from before could not be put back', async () => {
    for (const revertAfter of ['P366D', 'P1Y', 'PT0S', 'soon']) {
      const answer = await world.ana.submit({ ...addUser(), revertAfter });
      expect([revertAfter, answer.status]).toEqual([revertAfter, revertAfter === 'P366D' ? 422 : 400]);
    }
    expect(codes(await world.ana.submit({ ...addUser(), revertAfter: 'P366D' }))).toContain('REVERT_AFTER_BOUNDS');
    // With what is live now the applier could never put a policy again.
    const key = await newKey('locked');
    const root = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Action: 'kms:*',
      Resource: '*',
    };
    const kms = kmsOf(world.running);
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: key }));
    await kms.send(
      new PutKeyPolicyCommand({
        KeyId: KeyMetadata?.KeyId ?? '',
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { ...root, Action: ['kms:Get*', 'kms:Describe*', 'kms:List*'] },
            { ...root, Principal: { AWS: 'arn:aws:iam::111122223333:role/KMSAdmin' } },
          ],
        }),
        BypassPolicyLockoutSafetyCheck: true,
      }),
    );
    const proposal = { key, policy: JSON.stringify({ Version: '2012-10-17', Statement: [root] }), reason: 'Back.' };
    const asked = async (over: object) =>
      codes(await world.ana.send('POST', '/changes/preview', { ...proposal, ...over }));
    expect(await asked({ revertAfter: 'P1D' })).toContain('REVERT_REFUSED');
    expect(await asked({})).not.toContain('REVERT_REFUSED');
  });
});

describe('undoing a change', () => {
  it('is a change of its own with a link to what it undoes, by the one submit path', async () => {
    const change = await applied({}, await newKey('reports-archive'));
    const key = { 'idempotency-key': 'undo' };
    const undo = await revert(change.id, { reason: 'Retired.', ticket: 'SEC-9' }, world.ana, key);
    expect([undo.status, undo.body]).toMatchObject([
      201,
      { status: 'PENDING', reverts: change.id, reason: 'Retired.', ticket: 'SEC-9', after: change.before },
    ]);
    expect((await revert(change.id, { reason: 'Retired.', ticket: 'SEC-9' }, world.ana, key)).body.id).toBe(
      undo.body.id,
    );
    expect(problem(await revert(change.id, { reason: 'Other.' }, world.ana, key))).toBe('idempotency-conflict');
    const page = await world.visitor.get(await world.visitor.link('sam@example.com', undo.body.id));
    expect(page.text).toContain(`Undoes ${change.id}`);
    await approved(undo.body.id);
    await world.ana.reaches(undo.body.id, ['APPLIED']);
    expect((await putsOf(change.key)).at(-1)?.policy).toBe(change.before.document);
    const again = await revert(change.id);
    expect([again.status, problem(again)]).toEqual([409, 'base-moved']);
    expect(again.text).toContain(undo.body.id);
  });

  it('is refused for what was never applied, for strangers, and without a reason', async () => {
    const change = await submitted();
    expect(problem(await revert(change.id))).toBe('nothing-to-revert');
    expect((await revert('chg_00000000000000000000000000')).status).toBe(404);
    expect((await revert(change.id, {})).status).toBe(400);
    expect((await revert(change.id, { reason: 'x', policy: {} })).status).toBe(400);
    expect((await revert(change.id, { reason: 'x' }, world.sam)).status).toBe(403);
    expect((await revert(change.id, { reason: 'x' }, world.visitor)).status).toBe(401);
    await world.ana.send('POST', `/changes/${change.id}/cancel`);
    expect(problem(await revert(change.id))).toBe('nothing-to-revert');
  });

  it('says what happened when somebody wrote outside of the workflow', async () => {
    const change = await applied({}, await newKey('partner-inbox'));
    await foreign(change.key.arn, { ...JSON.parse(change.after.document), Id: 'by hand' });
    const answer = await revert(change.id);
    expect([answer.status, answer.text]).toEqual([409, expect.stringContaining('outside')]);
  });
});

describe('a time to apply', () => {
  it('holds what is approved, not the approval', async () => {
    const applyAfter = inSeconds(6);
    const change = await submitted({ applyAfter });
    const link = await world.visitor.link('sam@example.com', change.id);
    expect((await world.visitor.get(link)).text).toContain('Not applied before');
    await approved(change.id);
    await world.ana.send('POST', '/local/schedule/sweep');
    if (new Date().toISOString() < applyAfter) expect((await world.ana.change(change.id)).status).toBe('APPROVED');
    await world.ana.reaches(change.id, ['APPLIED']);
    const put = (await putsOf(change.key)).find(({ sha256 }) => sha256 === change.after.sha256);
    expect(put?.at.localeCompare(applyAfter)).toBeGreaterThanOrEqual(0);
  });

  it('must lie ahead, but not too far', async () => {
    const late = await world.ana.submit({ ...addUser(), applyAfter: inSeconds(91 * 86_400) });
    expect([late.status, codes(late)]).toEqual([422, expect.arrayContaining(['APPLY_AFTER_BOUNDS'])]);
    const past = await world.ana.submit({ ...addUser(), applyAfter: '2001-01-01T00:00:00Z' });
    expect([past.status, codes(past)]).toEqual([422, expect.arrayContaining(['APPLY_AFTER_PAST'])]);
    const urgent = await world.ana.submit({ ...addUser(), applyAfter: inSeconds(60), breakGlass: true });
    expect(codes(urgent)).toContain('APPLY_AFTER_EMERGENCY');
    expect((await world.ana.submit({ ...addUser(), applyAfter: '2026-12-01' })).status).toBe(400);
  });
});
