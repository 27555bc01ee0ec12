import { describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { until, type Visitor } from '../../local/demo/visitor.ts';
import { addUser, useSystem } from './system.ts';

const FAR = { from: '2000-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z' };

const world = useSystem({
  rules: `approvers:
  owners: [olu@example.com, ivy@example.com]
  security: [sam@example.com, kim@example.com, lee@example.com]
  chiefs: [cho@example.com]
delegates:
  sam@example.com: [pat@example.com, ana@example.com]
teams:
  ledger: [ben@example.com]
submit:
  - match: { alias: "alias/prod/*" }
    from: [ledger]
freeze:
  - { name: year end, match: { alias: alias/partner-exchange }, from: "${FAR.from}", to: "${FAR.to}" }
iam:
  arn:aws:iam::111122223333:role/ci-deployer: { person: ana@example.com, groups: [submitters] }
rules:
  - name: staged
    match: { alias: alias/payments }
    stages:
      - { name: an owner, quorum: 1, from: [owners] }
      - { name: security, quorum: 2, from: [security] }
    expireAfter: PT48H
    breakGlass: { quorum: 1, from: [security], review: { from: [owners, security], remindEvery: PT24H } }
  - name: brief
    match: { alias: alias/reports }
    quorum: 1
    from: [owners]
    expireAfter: PT60S
    escalateAfter: PT2S
    escalateTo: [chiefs]
  - name: default
    quorum: 1
    from: [security]
    expireAfter: PT72H
    breakGlass: { quorum: 1, from: [security], review: { from: [owners] } }
`,
});

const who = (name: string): Promise<Visitor> => world.visitor.as(`${name}@example.com`, 'approvers');
const type = (answer: { body: object }) =>
  (answer.body as { type?: string }).type?.replace('urn:countersign:problem:', '');

async function says(name: string, id: string, decision: string, comment = '') {
  const answer = await (await who(name)).send<ChangeView & { type?: string }>('POST', `/changes/${id}/decisions`, {
    decision,
    comment,
  });
  return answer.status === 200 ? answer.body.status : type(answer);
}

async function submitted(key?: string, over: object = {}, by: Visitor = world.ana): Promise<ChangeView> {
  const answer = await by.submit({ ...addUser(key), ...over });
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([201, expect.any(String)]);
  return answer.body;
}

const putsOf = async ({ after }: ChangeView) =>
  (await world.visitor.puts()).filter((put) => put.sha256 === after.sha256);
const stages = ({ approval }: ChangeView) => approval.stages.map(({ state, counted }) => [state, ...counted]);
const asked = async (person: string, id: string) =>
  (await world.visitor.mails(person)).some(
    ({ Body, Subject }) => Subject.includes('approval') && Body.text_part.includes(id),
  );

describe('stages', () => {
  it('ask one after the other, count nobody twice, and are all needed', async () => {
    const change = await submitted();
    await world.visitor.link('olu@example.com', change.id);
    expect(await asked('sam@example.com', change.id)).toBe(false);
    expect(await says('sam', change.id, 'approve')).toBe('not-your-stage');
    expect(await says('olu', change.id, 'approve')).toBe('PENDING');
    const link = await world.visitor.link('sam@example.com', change.id);
    expect(await says('ivy', change.id, 'approve')).toBe('not-your-stage');
    const page = await world.visitor.decide(link, { decision: 'approve', confirm: 'payments' });
    expect(page.text).toContain('1 of 2 approvals');
    expect(stages(await world.ana.change(change.id))).toEqual([
      ['complete', 'olu@example.com'],
      ['waiting', 'sam@example.com'],
    ]);
    expect(await says('lee', change.id, 'approve')).toBe('APPROVED');
    await world.ana.reaches(change.id, ['APPLIED']);
    expect(await putsOf(change)).toHaveLength(1);
  });
});

describe('withdrawing, commenting, asking for changes', () => {
  it('an approval that is withdrawn counts no more, and its stage is asked again', async () => {
    const change = await submitted();
    await says('olu', change.id, 'approve');
    await says('kim', change.id, 'approve');
    expect(await says('kim', change.id, 'withdraw')).toBe('PENDING');
    expect(await says('kim', change.id, 'withdraw')).toBe('nothing-to-withdraw');
    expect(await says('olu', change.id, 'withdraw')).toBe('PENDING');
    expect(await says('lee', change.id, 'approve')).toBe('not-your-stage');
    expect(await says('lee', change.id, 'comment', 'Who owns it?')).toBe('PENDING');
    expect(await says('cho', change.id, 'comment', 'Me too')).toBe('not-an-approver');
    const { timeline } = await world.ana.change(change.id);
    expect(timeline.map((one) => one.text).join('\n')).toContain('Who owns it?');
    await world.ana.send('POST', `/changes/${change.id}/cancel`);
  });

  it('a new version voids every approval, kills the links of the old one, and is what is put', async () => {
    const change = await submitted();
    const old = await world.visitor.link('olu@example.com', change.id);
    await says('olu', change.id, 'approve');
    expect(await says('sam', change.id, 'requestChanges', ' \n')).toBe('bad-request');
    expect((await world.ana.change(change.id)).changesRequested).toBeUndefined();
    expect(await says('sam', change.id, 'requestChanges', 'Not that role.')).toBe('PENDING');
    expect(await says('kim', change.id, 'approve')).toBe('changes-requested');
    await until('a mail to ana', 20, async () => {
      const mails = await world.visitor.mails('ana@example.com');
      return mails.find(
        ({ Subject, Body }) => Subject.includes('Changes are asked for') && Body.text_part.includes(change.id),
      );
    });
    const { edits } = addUser();
    const body = { edits, reason: 'Another role.' };
    expect((await (await who('sam')).send('POST', `/changes/${change.id}/versions`, body)).status).toBe(403);
    const ben = await world.visitor.as('ben@example.com', 'submitters');
    expect((await ben.send('POST', `/changes/${change.id}/versions`, body)).status).toBe(403);
    const posted = await world.ana.send<ChangeView>('POST', `/changes/${change.id}/versions`, body);
    expect([posted.status, posted.body.version, posted.body.reason]).toEqual([201, 2, 'Another role.']);
    expect(posted.body.approval.decisions).toEqual([]);
    expect(posted.body.after.sha256).not.toBe(change.after.sha256);
    expect((await world.visitor.get(old)).status).toBe(404);
    expect((await world.visitor.decide(old, { decision: 'approve', confirm: 'payments' })).status).toBe(404);
    for (const name of ['olu', 'sam', 'kim']) await says(name, change.id, 'approve');
    const applied = await world.ana.reaches(change.id, ['APPLIED']);
    expect(await putsOf(change)).toEqual([]);
    expect(await putsOf(applied)).toHaveLength(1);
    const { status, body: verified } = await world.audrey.get<{ ok: boolean }>('/audit/verify');
    expect([status, verified]).toMatchObject([200, { ok: true }]);
  });

  it('two versions at once: one is posted, the other is told', async () => {
    const change = await submitted();
    const answers = await Promise.all(
      [1, 2, 3].map(() => world.ana.send('POST', `/changes/${change.id}/versions`, { edits: addUser().edits })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(1);
    expect(statuses.every((status) => [201, 409].includes(status))).toBe(true);
    expect((await world.ana.change(change.id)).version).toBe(1 + statuses.filter((status) => status === 201).length);
  });
});

describe('#76 withdrawals, rejections and the last approval at once', () => {
  it('end in one of the legal ways, and nothing is put after a no', async () => {
    for (let round = 0; round < 6; round++) {
      const change = await submitted();
      await says('olu', change.id, 'approve');
      await says('sam', change.id, 'approve');
      const no = round % 2 === 0 ? 'withdraw' : 'reject';
      const [yes, other] = await Promise.all([says('kim', change.id, 'approve'), says('sam', change.id, no)]);
      const after = await world.ana.change(change.id);
      const wentThrough = other === 'PENDING' || other === 'REJECTED';
      if (wentThrough) {
        expect(await putsOf(change), `${yes} and ${other}`).toEqual([]);
        expect(['PENDING', 'REJECTED']).toContain(after.status);
      } else {
        await world.ana.reaches(change.id, ['APPLIED']);
      }
    }
  });
});

describe('a delegate', () => {
  it('takes the place of who asked them to, for a time, if the rules file names them; one seat, one vote', async () => {
    const change = await submitted();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const path = `/changes/${change.id}/delegations`;
    const sam = await who('sam');
    const give = async (by: Visitor, to: string, end = until) => type(await by.send('POST', path, { to, until: end }));
    expect(await give(sam, 'cho@example.com')).toBe('not-a-delegate');
    expect(await give(sam, 'ana@example.com')).toBe('not-a-delegate');
    expect(await give(await who('cho'), 'pat@example.com')).toBe('not-an-approver');
    expect(await give(sam, 'pat@example.com', '2099-01-01T00:00:00Z')).toBe('bad-request');
    expect(await give(sam, 'pat@example.com', '2001-01-01T00:00:00Z')).toBe('bad-request');
    expect(await says('pat', change.id, 'approve')).toBe('not-an-approver');
    expect((await sam.send('POST', path, { to: 'PAT@example.com', until })).status).toBe(200);
    await says('olu', change.id, 'approve');
    await world.visitor.link('pat@example.com', change.id);
    expect(await says('pat', change.id, 'approve')).toBe('PENDING');
    const { decisions } = (await world.ana.change(change.id)).approval;
    expect(decisions.at(-1)).toMatchObject({ person: 'pat@example.com', onBehalfOf: 'sam@example.com' });
    expect(await says('sam', change.id, 'approve')).toBe('already-decided');
  });
});

describe('an escalation', () => {
  it('lets more people decide after its time, and them alone', async () => {
    const change = await submitted('alias/reports');
    expect(await says('cho', change.id, 'approve')).toBe('not-an-approver');
    await world.visitor.link('cho@example.com', change.id);
    expect((await world.ana.change(change.id)).approval.escalatedAt).toBeDefined();
    expect(await says('sam', change.id, 'approve')).toBe('not-an-approver');
    expect(await says('cho', change.id, 'approve')).toBe('APPROVED');
    await world.ana.reaches(change.id, ['APPLIED']);
  });
});

describe('an emergency', () => {
  it('needs fewer people, and stays open until somebody who neither asked nor approved has looked at it', async () => {
    const change = await submitted('alias/payments', { breakGlass: true, coAuthors: ['IVY@example.com'] });
    expect(change).toMatchObject({ coAuthors: ['ivy@example.com'], approval: { quorum: 1 } });
    expect(await says('sam', change.id, 'approve')).toBe('APPROVED');
    await world.ana.reaches(change.id, ['APPLIED']);
    const open = async () =>
      (await world.audrey.get<{ changes: ChangeView[] }>('/changes?review=open')).body.changes.map(({ id }) => id);
    expect(await open()).toContain(change.id);
    const review = async (name: string, comment = 'Read it, fine.') => {
      const answer = await (await who(name)).send('POST', `/changes/${change.id}/reviews`, {
        verdict: 'accept',
        comment,
      });
      return answer.status === 200 ? 200 : type(answer);
    };
    await until('a mail to olu', 20, async () =>
      (await world.visitor.mails('olu@example.com')).find(
        ({ Subject, Body }) => Subject.includes('emergency') && Body.text_part.includes(change.id),
      ),
    );
    expect(await review('ana')).toBe('own-change');
    expect(await review('ivy')).toBe('own-change');
    expect(await review('sam')).toBe('not-an-approver');
    expect(await review('cho')).toBe('not-an-approver');
    expect(await review('olu', ' ')).toBe('bad-request');
    expect(await open()).toContain(change.id);
    expect(await review('olu')).toBe(200);
    expect(await review('kim')).toBe('nothing-to-review');
    expect(await open()).not.toContain(change.id);
    expect((await world.ana.change(change.id)).breakGlass?.reviewed).toMatchObject({ person: 'olu@example.com' });
  });
});

describe('a freeze', () => {
  it('takes approvals and holds the put; a no still counts; an emergency is not held', async () => {
    const change = await submitted('alias/partner-exchange');
    expect(await says('sam', change.id, 'approve')).toBe('APPROVED');
    await world.ana.send('POST', '/local/schedule/sweep');
    expect((await world.ana.change(change.id)).status).toBe('APPROVED');
    expect(await putsOf(change)).toEqual([]);
    expect(await says('sam', change.id, 'withdraw')).toBe('PENDING');
    expect(await says('lee', change.id, 'reject')).toBe('REJECTED');
    await until('it to be told', 20, async () =>
      (await world.ana.change(change.id)).timeline.some((one) => one.type === 'CLOSED') ? true : undefined,
    );
    const held = await submitted('alias/partner-exchange');
    expect(await says('sam', held.id, 'approve')).toBe('APPROVED');
    const urgent = await submitted('alias/partner-exchange', { breakGlass: true });
    expect(await says('kim', urgent.id, 'approve')).toBe('APPROVED');
    await world.ana.reaches(urgent.id, ['APPLIED']);
    await world.ana.reaches(held.id, ['STALE']);
    expect(await putsOf(held)).toEqual([]);
  });
});

describe('who may submit', () => {
  it('is what the rules file says for the key', async () => {
    expect((await world.ana.submit(addUser('alias/prod/ledger'))).status).toBe(403);
    expect((await world.ana.send('POST', '/changes/preview', addUser('alias/prod/ledger'))).status).toBe(403);
    const ben = await world.visitor.as('ben@example.com', 'submitters');
    await submitted('alias/prod/ledger', {}, ben);
  });
});

describe('links', () => {
  it('that are revoked look like links that never were, and the next ones work', async () => {
    const change = await submitted();
    const link = await world.visitor.link('olu@example.com', change.id);
    const path = `/changes/${change.id}/links/revoke`;
    expect((await (await who('sam')).send('POST', path, { person: 'olu@example.com' })).status).toBe(403);
    expect((await world.visitor.get(link)).status).toBe(200);
    expect((await world.ada.send('POST', path, { person: 'olu@example.com' })).status).toBe(200);
    const dead = await world.visitor.get(link);
    const never = await world.visitor.get(`/review/${'A'.repeat(43)}`);
    expect([dead.status, dead.text]).toEqual([404, never.text]);
    expect((await world.visitor.decide(link, { decision: 'approve', confirm: 'payments' })).text).toBe(never.text);
    expect((await world.visitor.get(await world.visitor.link('ivy@example.com', change.id))).status).toBe(200);
  });
});
