import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { MOST_REFUSALS, REFUSALS_A_MINUTE } from '../../lib/store/refusals.ts';
import { until } from '../../local/demo/visitor.ts';
import { addUser, RULES, refusalsOf, tableItems, useSystem } from './system.ts';

const world = useSystem({ rules: RULES, settles: true });

async function asked(key?: string): Promise<{ change: ChangeView; link: string }> {
  const { body: change } = await world.ana.submit(addUser(key));
  const link = await world.visitor.link('sam@example.com', change.id);
  await until('the ask to be recorded', 30, async () =>
    (await world.ana.change(change.id)).timeline.some(({ type }) => type === 'ASKED') ? true : undefined,
  );
  return { change, link };
}

/** Everything that the table has about one change, and nothing that others still do. */
const itemsOf = async (id: string) =>
  (await tableItems(world.running)).filter((item) => JSON.stringify(item).includes(id));
const decisions = async ({ id }: ChangeView) => (await world.ana.change(id)).approval.decisions;

describe('a link', () => {
  it('#23 stands in the table as its hash alone', async () => {
    await asked();
    const tokens = (await world.visitor.mails()).flatMap(({ Body }) =>
      [...`${Body.text_part} ${Body.html_part}`.matchAll(/\/review\/([\w-]{43})/g)].map(([, token = '']) => token),
    );
    expect(tokens.length).toBeGreaterThan(2);
    const dump = JSON.stringify(await tableItems(world.running));
    for (const token of new Set(tokens)) {
      expect(dump).not.toContain(token);
      expect(dump).toContain(`LINK#${createHash('sha256').update(token).digest('hex')}`);
    }
  });

  it('#29 is changed by no GET, whatever it says that it is', async () => {
    const { change, link } = await asked();
    const before = await itemsOf(change.id);
    const form = 'decision=approve&confirm=payments';
    const methods = ['POST', 'PUT', 'DELETE', 'PATCH'].flatMap((method) =>
      ['x-http-method-override', 'x-http-method', 'x-method-override'].map((name) => ({ [name]: method })),
    );
    for (const headers of [{}, { accept: 'application/json' }, { purpose: 'prefetch' }, ...methods]) {
      for (const path of [link, `${link}?${form}`, `${link}?_method=POST&${form}`]) {
        const answer = await world.visitor.send('GET', path, undefined, headers);
        expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
          path,
          200,
          'text/html; charset=utf-8',
        ]);
      }
    }
    for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH']) await world.visitor.send(method, link);
    expect(await itemsOf(change.id)).toEqual(before);
  });

  it('takes its approval back by its own form, once, and is then worth a comment at most', async () => {
    const { change, link } = await asked('alias/prod/ledger');
    const say = (decision: string) => world.visitor.decide(link, { decision, confirm: 'prod/ledger', comment: 'Hm.' });
    expect((await say('withdraw')).status).toBe(409);
    expect((await say('approve')).status).toBe(200);
    const page = await world.visitor.get(link);
    expect(page.text).toContain('value="withdraw"');
    expect(page.text).not.toContain('value="approve"');
    const wrong = await world.visitor.decide(link, { decision: 'withdraw', confirm: 'no', comment: '' });
    expect([wrong.status, (await decisions(change)).length]).toEqual([400, 1]);
    const both = await Promise.all([say('withdraw'), say('withdraw')]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(both.find(({ status }) => status === 200)?.text).toContain('Your approval is withdrawn.');
    expect(await decisions(change)).toEqual([]);
    expect((await say('approve')).status).toBe(409);
    const again = await until('a link to decide again', 30, async () => {
      const newest = await world.visitor.link('sam@example.com', change.id);
      return newest === link ? undefined : newest;
    });
    const mail = (await world.visitor.mails('sam@example.com')).at(-1);
    expect(mail?.Subject).toContain('Your approval is asked again');
    expect(mail?.Body.text_part.replace(/\s+/g, ' ')).toContain(
      'what was approved then does not count any more. Use the link of this mail.',
    );
    const other = await world.visitor.mails('lee@example.com');
    expect(other.filter(({ Body }) => Body.text_part.includes(change.id))).toHaveLength(1);
    const anew = { decision: 'approve', confirm: 'prod/ledger' };
    expect((await world.visitor.decide(again, anew)).status).toBe(200);
    expect((await world.visitor.decide(again, { ...anew, decision: 'withdraw' })).status).toBe(200);
    const kim = await world.kim.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
    expect(kim.body).toMatchObject({ status: 'PENDING' });
    await world.kim.send('POST', `/changes/${change.id}/decisions`, { decision: 'withdraw' });
    await world.sam.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
    expect((await say('withdraw')).status).toBe(409);
    expect(await decisions(change)).toMatchObject([{ person: 'sam@example.com', channel: 'api' }]);
    const types = (await world.ana.change(change.id)).timeline.map(({ type }) => type);
    expect(types.filter((type) => type === 'APPROVAL_WITHDRAWN')).toHaveLength(3);
  });
});

describe('the form of a link', () => {
  it('asks for changes with words alone, and a refused one leaves the link as it was', async () => {
    const { change, link } = await asked('alias/prod/ledger');
    const wish = (comment: string) =>
      world.visitor.decide(link, { decision: 'requestChanges', confirm: 'prod/ledger', comment });
    for (const nothing of ['', ' \r\n']) {
      const refused = await wish(nothing);
      expect([refused.status, refused.text]).toEqual([
        400,
        expect.stringContaining('Say in the comment what is to be'),
      ]);
    }
    expect((await world.ana.change(change.id)).changesRequested).toBeUndefined();
    expect((await wish('Not that role.')).status).toBe(200);
    expect((await world.ana.change(change.id)).changesRequested).toMatchObject({ comment: 'Not that role.' });
    // That link is spent, and only they can take it back: another one comes, and does it.
    expect((await world.visitor.decide(link, { decision: 'approve', confirm: 'prod/ledger' })).status).toBe(409);
    const mail = await until('another link', 30, async () =>
      (await world.visitor.mails('sam@example.com')).find(
        ({ Subject, Body }) => Subject.startsWith('You asked for changes:') && Body.text_part.includes(change.id),
      ),
    );
    expect(mail.Body.text_part.replace(/\s+/g, ' ')).toContain(
      'To take back what you asked for, approve with the link',
    );
    const other = /\/review\/[\w-]{43}/.exec(mail.Body.text_part)?.[0] ?? '';
    expect((await world.visitor.decide(other, { decision: 'approve', confirm: 'prod/ledger' })).status).toBe(200);
    const now = await world.ana.change(change.id);
    expect([now.changesRequested, now.approval.counted]).toEqual([undefined, ['sam@example.com']]);
    for (let sweep = 0; sweep < 2; sweep++) await world.ana.send('POST', '/local/schedule/sweep');
    const askings = (await world.ana.change(change.id)).timeline.filter(({ type }) => type === 'ASKED');
    expect(askings).toHaveLength(2);
  });
});

describe('#111 a refused attempt', () => {
  it('is a fact for each way in, with a code and no secret', async () => {
    const { change, link } = await asked();
    const token = link.split('/').at(-1) ?? '';
    const post = (who: typeof world.sam, path: string, body: object) =>
      who.send('POST', `/changes/${change.id}/${path}`, body);
    const guest = await world.visitor.as('guest@example.com');
    await post(guest, 'decisions', { decision: 'approve' });
    await post(world.audrey, 'cancel', {});
    await post(world.sam, 'versions', { edits: addUser().edits });
    const ben = await world.visitor.as('ben@example.com', 'submitters');
    await post(ben, 'versions', { edits: addUser().edits });
    await post(ben, 'cancel', {});
    await post(ben, 'links/revoke', {});
    await post(world.ana, 'decisions', { decision: 'approve' });
    await post(world.audrey, 'decisions', { decision: 'reject' });
    await world.visitor.decide(link, { decision: 'approve', confirm: 'yes' });
    expect(await refusalsOf(world, change.id)).toEqual([
      'guest@example.com NOT_IN_GROUP',
      'audrey@example.com NOT_IN_GROUP',
      'sam@example.com NOT_IN_GROUP',
      'ben@example.com NOT_IN_GROUP',
      'ben@example.com NOT_IN_GROUP',
      'ben@example.com NOT_IN_GROUP',
      'ana@example.com OWN_CHANGE',
      'audrey@example.com NOT_AN_APPROVER',
      'link:sam@example.com WRONG_CONFIRMATION',
    ]);
    const byLink = await world.audrey.get<{ events: { person: string }[] }>(
      '/audit/events?type=REFUSED&person=link:sam@example.com',
    );
    expect(byLink.body.events.map(({ person }) => person)).toContain('link:sam@example.com');
    const { text } = await world.audrey.get(`/audit/export?change=${change.id}`);
    expect(text).toContain('WRONG_CONFIRMATION');
    for (const secret of [token, guest.token, ben.token]) expect(text).not.toContain(secret);
  });

  it('that comes again and again fills no log, and keeps nobody from deciding', async () => {
    const { change, link } = await asked();
    const wrong = { decision: 'approve', confirm: 'wrong' };
    for (let n = 0; n < 3 * REFUSALS_A_MINUTE; n++) {
      const answer = await world.visitor.decide(link, wrong);
      expect(answer.status).toBe(400);
      await world.audrey.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
    }
    const noted = (await refusalsOf(world, change.id)).length;
    // Two minutes' worth of each at most, should the minute turn meanwhile.
    expect(noted).toBeGreaterThanOrEqual(2 * REFUSALS_A_MINUTE);
    expect(noted).toBeLessThanOrEqual(4 * REFUSALS_A_MINUTE);
    expect(MOST_REFUSALS).toBeLessThan(1_000);
    expect((await world.visitor.decide(link, { decision: 'approve', confirm: 'payments' })).status).toBe(200);
  });

  it('at a change that is not there leaves nothing', async () => {
    const id = `chg_${'0'.repeat(26)}`;
    const guest = await world.visitor.as('guest@example.com');
    expect((await guest.send('POST', `/changes/${id}/cancel`, {})).status).toBe(403);
    expect(await itemsOf(id)).toEqual([]);
  });
});
