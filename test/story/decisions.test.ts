import { PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { addUser, kmsOf, RULES, refusalsOf, useSystem } from './system.ts';

const world = useSystem({
  settles: true,
  rules: RULES.replace(
    '  - name: default',
    '  - name: brief\n    match: { alias: "alias/reports" }\n    quorum: 1\n    from: [security]\n    expireAfter: PT3S\n    remindEvery: PT1S\n  - name: default',
  ),
});

const type = (answer: { body: object }) => (answer.body as { type?: string }).type;
const approve = { decision: 'approve', confirm: 'payments' };

async function submitted(key?: string): Promise<ChangeView> {
  const answer = await world.ana.submit(addUser(key));
  expect(answer.status).toBe(201);
  return answer.body;
}

describe('one Idempotency-Key', () => {
  it('is one change, sent at once or later, and never another body', async () => {
    const { ana } = world;
    const body = addUser();
    const headers = { 'idempotency-key': 'deploy-4711' };
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => ana.submit(body, headers)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect((await ana.submit(body, headers)).body.id).toBe(answers[0]?.body.id);
    const other = await ana.submit(addUser(), headers);
    expect([other.status, type(other)]).toEqual([409, 'urn:countersign:problem:idempotency-conflict']);
    const ben = await world.visitor.as('ben@example.com', 'submitters');
    expect((await ben.submit(body, headers)).body.id).not.toBe(answers[0]?.body.id);
  });
});

describe('a decision', () => {
  it('by two approvers at once counts once for the quorum of one, and both are told the truth', async () => {
    const change = await submitted();
    const answers = await Promise.all(
      [world.sam, world.kim].map((who) => who.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const applied = await world.ana.reaches(change.id, ['APPLIED']);
    expect(applied.approval.decisions).toHaveLength(1);
    expect((await world.visitor.puts()).filter(({ sha256 }) => sha256 === change.after.sha256)).toHaveLength(1);
  });

  it('needs two different people where the rule asks for two', async () => {
    const change = await submitted('alias/prod/ledger');
    const decide = (who: typeof world.sam) =>
      who.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
    const link = await world.visitor.link('sam@example.com', change.id);
    expect((await decide(world.sam)).body.status).toBe('PENDING');
    expect((await decide(world.sam)).status).toBe(409);
    expect((await world.visitor.decide(link, { decision: 'approve', confirm: 'prod/ledger' })).status).toBe(409);
    expect((await world.ana.change(change.id)).status).toBe('PENDING');
    expect((await decide(world.kim)).status).toBe(200);
    await world.ana.reaches(change.id, ['APPLIED']);
    expect((await decide(world.kim)).status).toBe(409);
    const { body } = await world.audrey.get<{ events: { person: string; code: string }[] }>(
      `/audit/events?change=${change.id}&type=REFUSED`,
    );
    expect(body.events.map(({ person, code }) => `${person} ${code}`).reverse()).toEqual([
      'sam@example.com ALREADY_DECIDED',
      'sam@example.com ALREADY_DECIDED',
      'kim@example.com ALREADY_ENDED',
    ]);
  });

  it('by the submitter never counts, though they be an approver, and the attempt is in the history', async () => {
    const samSubmits = await world.visitor.as('SAM@example.com', 'submitters', 'approvers');
    const change = (await samSubmits.submit(addUser())).body;
    expect(change.approval.approvers).not.toContain('sam@example.com');
    const refused = await samSubmits.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
    expect([refused.status, type(refused)]).toEqual([403, 'urn:countersign:problem:own-change']);
    const outsider = await world.visitor.as('olu@example.com', 'approvers');
    expect((await outsider.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' })).status).toBe(403);
    const { events } = (await world.audrey.get<{ events: object[] }>(`/audit/events?change=${change.id}&type=REFUSED`))
      .body;
    expect(events).toMatchObject([
      { person: 'olu@example.com', code: 'NOT_AN_APPROVER' },
      { person: 'sam@example.com', code: 'OWN_CHANGE' },
    ]);
    expect((await world.ana.change(change.id)).status).toBe('PENDING');
  });

  it('may name nothing but the decision and its comment', async () => {
    const change = await submitted();
    for (const extra of [
      { person: 'kim@example.com' },
      { binding: {} },
      { channel: 'slack' },
      { at: '2020-01-01T00:00:00Z' },
    ]) {
      const answer = await world.sam.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve', ...extra });
      expect(answer.status).toBe(400);
    }
    expect((await world.ana.change(change.id)).approval.decisions).toEqual([]);
  });
});

describe('a review link', () => {
  it('decides once', async () => {
    const change = await submitted('alias/prod/ledger');
    const link = await world.visitor.link('kim@example.com', change.id);
    const both = await Promise.all(
      [1, 2].map(() => world.visitor.decide(link, { decision: 'approve', confirm: 'prod/ledger' })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await world.visitor.decide(link, { decision: 'reject', confirm: 'prod/ledger' })).status).toBe(409);
    expect((await world.ana.change(change.id)).approval.decisions).toHaveLength(1);
  });

  it('does nothing without the typed name of the key, keeps the comment, and each attempt is a fact', async () => {
    const change = await submitted();
    const link = await world.visitor.link('kim@example.com', change.id);
    const wrong = ['', 'alias/payments', 'Payments', 'reports', 'approve'];
    for (const confirm of wrong) {
      const answer = await world.visitor.decide(link, { decision: 'approve', confirm, comment: 'I have read it all' });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('I have read it all');
    }
    const { status, approval } = await world.ana.change(change.id);
    expect([status, approval.decisions]).toEqual(['PENDING', []]);
    expect(await refusalsOf(world, change.id)).toEqual(wrong.map(() => 'link:kim@example.com WRONG_CONFIRMATION'));
    expect((await world.visitor.decide(link, { ...approve, confirm: change.key.keyId.slice(0, 8) })).status).toBe(200);
    // Its put makes every other change of this key an old one.
    await world.ana.reaches(change.id, ['APPLIED']);
  });

  it('takes no form from another site, of another kind, or with a field twice', async () => {
    const change = await submitted();
    const link = await world.visitor.link('kim@example.com', change.id);
    const form = new URLSearchParams(approve).toString();
    const urlencoded = 'application/x-www-form-urlencoded';
    const attempts: [Record<string, string>, string][] = [
      [{ 'content-type': urlencoded, 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }, form],
      [{ 'content-type': urlencoded, 'sec-fetch-site': 'same-site' }, form],
      [{ 'content-type': urlencoded, origin: 'null' }, form],
      [{ 'content-type': urlencoded, origin: 'https://evil.test' }, form],
      [{ 'content-type': 'text/plain' }, form],
      [{ 'content-type': 'application/json' }, JSON.stringify(approve)],
      [{ 'content-type': urlencoded }, `${form}&decision=reject`],
      [{ 'content-type': urlencoded }, `${form}&person=lee@example.com`],
    ];
    for (const [headers, body] of attempts) {
      expect((await world.visitor.send('POST', link, body, headers)).status).toBeGreaterThanOrEqual(400);
    }
    expect((await world.ana.change(change.id)).approval.decisions).toEqual([]);
    expect(await refusalsOf(world, change.id)).toEqual(
      Array.from({ length: 6 }, () => 'link:kim@example.com NOT_OUR_FORM'),
    );
    expect(
      (await world.visitor.decide(link, approve, { 'sec-fetch-site': 'same-origin', origin: 'null' })).status,
    ).toBe(200);
  });
});

describe('an expired change', () => {
  it('reminds while it waits, takes no approval any more, and is never put', async () => {
    const change = await submitted('alias/reports');
    const link = await world.visitor.link('kim@example.com', change.id);
    await world.ana.reaches(change.id, ['EXPIRED']);
    const late = await world.sam.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
    expect(late.status).toBe(409);
    const dead = await world.visitor.get(link);
    expect(dead.status).toBe(404);
    expect((await world.visitor.decide(link, { decision: 'approve', confirm: 'reports' })).text).toBe(dead.text);
    expect((await world.ana.change(change.id)).timeline.map((entry) => entry.type)).toContain('REMINDED');
    expect((await world.visitor.puts()).filter(({ sha256 }) => sha256 === change.after.sha256)).toEqual([]);
  });
});

describe('the live policy', () => {
  it('moved in between: the change is stale, and nothing is put over it', async () => {
    const change = await submitted();
    const foreign = change.before.document.replace('key-consolepolicy-3', 'put-by-somebody-else');
    await kmsOf(world.running).send(new PutKeyPolicyCommand({ KeyId: change.key.arn, Policy: foreign }));
    await world.sam.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
    await world.ana.reaches(change.id, ['STALE']);
    expect((await world.visitor.puts()).filter(({ sha256 }) => sha256 === change.after.sha256)).toEqual([]);
    expect((await world.ana.get<{ document: string }>('/keys/alias%2Fpayments/policy')).body.document).toContain(
      'put-by-somebody-else',
    );
  });
});

describe('a change that is taken back or turned down', () => {
  it('ends at once, and an approval afterwards changes nothing', async () => {
    const [first, second, third] = [await submitted(), await submitted(), await submitted()];
    const ben = await world.visitor.as('ben@example.com', 'submitters');
    expect((await ben.send('POST', `/changes/${first.id}/cancel`)).status).toBe(403);
    expect((await world.ana.send('POST', `/changes/${first.id}/cancel`)).body.status).toBe('CANCELLED');
    expect((await world.ada.send('POST', `/changes/${second.id}/cancel`, { comment: 'not today' })).body.status).toBe(
      'CANCELLED',
    );
    const rejected = await world.kim.send('POST', `/changes/${third.id}/decisions`, {
      decision: 'reject',
      comment: 'no',
    });
    expect(rejected.body).toMatchObject({ status: 'REJECTED', outcome: 'no' });
    for (const { id, after } of [first, second, third]) {
      expect((await world.sam.send('POST', `/changes/${id}/decisions`, { decision: 'approve' })).status).toBe(409);
      expect((await world.visitor.puts()).filter(({ sha256 }) => sha256 === after.sha256)).toEqual([]);
    }
  });
});

describe('lists', () => {
  it('give changes by status, key, submitter and time, newest first, page by page', async () => {
    const { ana } = world;
    type Page = { changes: ChangeView[]; cursor: string | null };
    const all: string[] = [];
    let cursor: string | null = null;
    do {
      const { body }: { body: Page } = await ana.get<Page>(
        `/changes?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      all.push(...body.changes.map(({ id }) => id));
      cursor = body.cursor;
    } while (cursor !== null);
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(8);
    const whole = (await ana.get<Page>('/changes?limit=100')).body.changes;
    expect(whole.map(({ id }) => id)).toEqual(all);
    expect(whole.map(({ submittedAt }) => submittedAt)).toEqual(
      whole
        .map(({ submittedAt }) => submittedAt)
        .sort()
        .reverse(),
    );
    const only = async (query: string) => (await ana.get<Page>(`/changes?limit=100&${query}`)).body.changes;
    expect((await only('status=EXPIRED')).map(({ status }) => status)).toEqual(['EXPIRED']);
    const ledger = await only('key=alias%2Fprod%2Fledger');
    expect(ledger.length).toBe(whole.filter(({ key }) => key.aliases.includes('alias/prod/ledger')).length);
    expect(await only(`key=alias%2Fprod%2Fledger&status=APPLIED`)).toEqual(
      ledger.filter(({ status }) => status === 'APPLIED'),
    );
    expect(await only('submitter=sam%40example.com')).toEqual(
      whole.filter(({ submitter }) => submitter === 'sam@example.com'),
    );
    const middle = whole[4]?.submittedAt ?? '';
    expect(await only(`from=${middle}`)).toEqual(whole.filter(({ submittedAt }) => submittedAt >= middle));
    expect(await only(`to=${middle}`)).toEqual(whole.filter(({ submittedAt }) => submittedAt <= middle));
  });
});
