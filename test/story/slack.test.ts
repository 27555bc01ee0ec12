import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { until } from '../../local/demo/visitor.ts';
import { expectReply } from '../http/replies.ts';
import { buttonsOf, type Signed, type SlackAnswer, SlackSide } from './slackUser.ts';
import { addUser, tableItems, useSystem } from './system.ts';

const world = useSystem({
  settles: true,
  rules: `approvers:
  security: [sam@example.com, kim@example.com, lee@example.com]
slack:
  channel: C0123456789
  people:
    U0SAM: sam@example.com
    U0KIM: kim@example.com
    U0KIMTWO: kim@example.com
    U0LEE: lee@example.com
    U0ANA: ana@example.com
    U0OLU: olu@example.com
rules:
  - name: production
    match: { alias: "alias/prod/*" }
    quorum: 2
    from: [security]
    expireAfter: PT48H
  - name: careful
    match: { alias: alias/reports }
    quorum: 1
    from: [security]
    expireAfter: PT48H
    signIn: true
  - name: default
    quorum: 1
    from: [security]
    expireAfter: PT72H
`,
});
const slack = new SlackSide(world);
afterEach(() => slack.is());

const title = ({ body }: SlackAnswer) => body.view?.title.text;
const said = ({ body }: SlackAnswer) => JSON.stringify(body.view?.blocks ?? body.errors ?? '');

async function submitted(key = 'alias/payments'): Promise<ChangeView> {
  const answer = await world.ana.submit(addUser(key));
  expect(answer.status).toBe(201);
  return answer.body;
}

/** A change with its message to sam, and the value of the buttons in it. */
async function asked(
  key?: string,
  user = 'U0SAM',
): Promise<{ id: string; value: string; ts: string; channel: string }> {
  const { id } = await submitted(key);
  return { id, ...(await slack.message(user, id)) };
}

const decisions = async (id: string) => (await world.ana.change(id)).approval.decisions;
const refusals = async (id: string) =>
  (
    await world.audrey.get<{ events: { person: string; code: string }[] }>(`/audit/events?change=${id}&type=REFUSED`)
  ).body.events
    .map(({ person, code }) => `${person} ${code}`)
    .sort();

describe('#1 a click and its modal', () => {
  it('open the modal, decide what the message showed, and answer in time', async () => {
    const { id, value } = await asked();
    const click = await slack.send(slack.click('U0SAM', value));
    expect([click.status, click.body]).toEqual([200, {}]);
    expect(click.ms).toBeLessThan(3_000);
    const opened = (await slack.calls('views.open')).at(-1)?.body.view;
    expect(opened).toMatchObject({ type: 'modal', callback_id: 'approve', private_metadata: value });
    expect(JSON.stringify(opened)).toContain('Type payments to confirm');
    expect(await decisions(id)).toEqual([]);

    const wrong = await slack.send(slack.submission('U0SAM', value, { confirm: 'payment' }));
    expect(wrong.body).toMatchObject({ response_action: 'errors', errors: { confirm: expect.any(String) } });
    expect(await decisions(id)).toEqual([]);

    const sent = await slack.send(slack.submission('U0SAM', value, { comment: 'Looked at it.' }));
    expect([sent.status, title(sent)]).toEqual([200, 'Approved']);
    expect(sent.ms).toBeLessThan(3_000);
    expectReply('slackInteractions', 200, sent.body);
    expect(await decisions(id)).toMatchObject([
      { person: 'sam@example.com', decision: 'approve', channel: 'slack', comment: 'Looked at it.' },
    ]);
    expect((await world.ana.reaches(id, ['APPLIED'])).status).toBe('APPLIED');
  });

  it('reject by the other button', async () => {
    const { id, value } = await asked();
    await slack.send(slack.click('U0SAM', value, {}, 'reject'));
    expect((await slack.calls('views.open')).at(-1)?.body.view).toMatchObject({ callback_id: 'reject' });
    const sent = await slack.send(slack.submission('U0SAM', value, { decision: 'reject', comment: 'No.' }));
    expect(title(sent)).toBe('Rejected');
    await world.ana.reaches(id, ['REJECTED']);
  });

  it('is nothing where the button only opens the page, or where Slack tells something else', async () => {
    const { id, value } = await asked();
    for (const payload of [
      slack.click('U0SAM', value, {}, 'open_review'),
      { type: 'view_closed' },
      { type: 'shortcut' },
    ]) {
      expect((await slack.send(payload)).body).toEqual({});
    }
    expect(await decisions(id)).toEqual([]);
  });

  it('is bound to the documents of its message', async () => {
    const { id, value } = await asked();
    const [, after, base] = value.split(' ');
    for (const other of [`${id} ${'0'.repeat(64)} ${base}`, `${id} ${after} ${'0'.repeat(64)}`]) {
      const sent = await slack.send(slack.submission('U0SAM', other));
      expect([title(sent), said(sent)]).toEqual(['Nothing was decided', expect.stringContaining('What you saw')]);
    }
    for (const other of ['', 'x', `${id} ${after}`, `${value} `]) {
      expect((await slack.send(slack.submission('U0SAM', other))).status).toBe(400);
    }
    expect(await decisions(id)).toEqual([]);
  });

  it('decides nothing where the rule asks for a sign-in, and offers no button there', async () => {
    const { id } = await submitted('alias/reports');
    const { channel } = await slack.message('U0SAM', id);
    const message = (await slack.calls()).find(
      ({ body }) => body.channel === 'U0SAM' && JSON.stringify(body).includes(id),
    );
    expect(buttonsOf(message?.body.blocks).map(({ action_id }) => action_id)).toEqual(['open_review']);
    const change = await world.ana.change(id);
    const value = `${id} ${change.after.sha256} ${change.before.canonical}`;
    const sent = await slack.send(slack.submission('U0SAM', value, { confirm: 'reports' }));
    expect([title(sent), channel]).toEqual(['Nothing was decided', 'D0SAM']);
    expect(await decisions(id)).toEqual([]);
    expect(await refusals(id)).toEqual(['sam@example.com SIGN_IN_NEEDED']);
  });
});

describe('the other buttons', () => {
  const confirm = 'prod/ledger';
  const say = (user: string, value: string, decision: string, comment = '') =>
    slack.send(slack.submission(user, value, { confirm, decision, comment }));
  const told = ({ body }: SlackAnswer) => body.view?.title.text;
  const lines = async (id: string) =>
    (await world.ana.change(id)).timeline.map(({ person, text }) => `${person} ${text}`).join('\n');

  it('withdraw an approval, once there is one', async () => {
    const { id, value } = await asked('alias/prod/ledger');
    await slack.send(slack.click('U0SAM', value, {}, 'withdraw'));
    const early = await say('U0SAM', value, 'withdraw');
    expect([told(early), said(early)]).toEqual([
      'Nothing was decided',
      expect.stringContaining('No approval of yours'),
    ]);
    await say('U0SAM', value, 'approve');
    await slack.send(slack.click('U0SAM', value, {}, 'withdraw'));
    expect((await slack.calls('views.open')).at(-1)?.body.view).toMatchObject({
      callback_id: 'withdraw',
      title: { text: 'Withdraw your approval' },
      private_metadata: value,
    });
    const others = await say('U0KIM', value, 'withdraw');
    expect(told(others)).toBe('Nothing was decided');
    expect(await decisions(id)).toHaveLength(1);
    const wrong = await slack.send(slack.submission('U0SAM', value, { confirm: 'ledger', decision: 'withdraw' }));
    expect(wrong.body).toMatchObject({ response_action: 'errors', errors: { confirm: expect.any(String) } });
    expect(await decisions(id)).toHaveLength(1);
    const sent = await say('U0SAM', value, 'withdraw', 'Too early.');
    expect(told(sent)).toBe('Approval withdrawn');
    expectReply('slackInteractions', 200, sent.body);
    expect(await decisions(id)).toEqual([]);
    expect(await lines(id)).toContain('sam@example.com Withdrew the approval, by slack: “Too early.”.');
  });

  it('comment, with words, and decide nothing by it', async () => {
    const { id, value } = await asked('alias/prod/ledger');
    await slack.send(slack.click('U0SAM', value, {}, 'comment'));
    expect((await slack.calls('views.open')).at(-1)?.body.view).toMatchObject({ callback_id: 'comment' });
    const silent = await say('U0SAM', value, 'comment');
    expect(silent.body).toMatchObject({ response_action: 'errors', errors: { comment: expect.any(String) } });
    expectReply('slackInteractions', 200, silent.body);
    expect(told(await say('U0SAM', value, 'comment', 'Who owns it?'))).toBe('Comment recorded');
    expect(told(await say('U0OLU', value, 'comment', 'Me too.'))).toBe('Nothing was decided');
    expect(await decisions(id)).toEqual([]);
    expect(await lines(id)).toContain('sam@example.com Commented, by slack: “Who owns it?”.');
    expect(await lines(id)).not.toContain('Me too.');
  });

  it('ask for changes, which stops every approval, and are offered to nobody who may not', async () => {
    const { id, value, ts } = await asked('alias/prod/ledger');
    await slack.send(slack.click('U0SAM', value, {}, 'requestChanges'));
    expect((await slack.calls('views.open')).at(-1)?.body.view).toMatchObject({ callback_id: 'requestChanges' });
    const silent = await say('U0SAM', value, 'requestChanges');
    expect(silent.body).toMatchObject({ response_action: 'errors', errors: { comment: expect.any(String) } });
    expect((await world.ana.change(id)).changesRequested).toBeUndefined();
    expect(told(await say('U0ANA', value, 'requestChanges', 'Mine.'))).toBe('Nothing was decided');
    expect(told(await say('U0SAM', value, 'requestChanges', 'Not that role.'))).toBe('Changes asked for');
    expect((await world.ana.change(id)).changesRequested).toMatchObject({ person: 'sam@example.com' });
    const stopped = await say('U0KIM', value, 'approve');
    expect([told(stopped), said(stopped)]).toEqual([
      'Nothing was decided',
      expect.stringContaining('asked for changes'),
    ]);
    const shown = await until('the message to say so', 30, async () =>
      (await slack.calls('chat.update')).findLast(
        ({ body }) => body.ts === ts && JSON.stringify(body.blocks).includes('asked for changes: Not that role.'),
      ),
    );
    expect(buttonsOf(shown.body.blocks).map(({ action_id }) => action_id)).toContain('comment');
    // What was shown before a new version is not what stands.
    const { edits } = addUser();
    expect((await world.ana.send('POST', `/changes/${id}/versions`, { edits })).status).toBe(201);
    for (const decision of ['approve', 'requestChanges', 'withdraw', 'reject']) {
      expect(told(await say('U0SAM', value, decision, 'Late.'))).toBe('Nothing was decided');
    }
    expect((await world.ana.change(id)).changesRequested).toBeUndefined();
  });

  it('are a word of ours or nothing', async () => {
    const { id, value } = await asked('alias/prod/ledger');
    for (const decision of ['cancel', 'delegate', 'APPROVE', 'toString', '']) {
      expect((await say('U0SAM', value, decision, 'x')).body).toEqual({});
      expect((await slack.send(slack.click('U0SAM', value, {}, decision))).body).toEqual({});
    }
    expect(await decisions(id)).toEqual([]);
  });
});

describe('#3 a timestamp that is not that of now', () => {
  const at = (seconds: number) => String(Math.floor(Date.now() / 1000) + seconds);
  it.each([
    ['301 s old', () => at(-301)],
    ['302 s ahead', () => at(302)],
    ['abc', () => 'abc'],
    ['1e9', () => '1e9'],
    ['in hex', () => `0x${Math.floor(Date.now() / 1000).toString(16)}`],
    ['with a sign', () => `+${at(0)}`],
    ['with a fraction', () => `${at(0)}.0`],
    ['in milliseconds', () => `${at(0)}000`],
    ['NaN', () => 'NaN'],
    ['Infinity', () => 'Infinity'],
    ['empty', () => ''],
    ['twice', () => `${at(0)},${at(0)}`],
  ])('%s is refused, signed correctly for its text', async (_, timestamp) => {
    const { id, value } = await fresh();
    const answer = await slack.send(slack.submission('U0SAM', value), { timestamp: timestamp() });
    expect(answer.status).toBe(401);
    expectReply('slackInteractions', 401, answer.body);
    expect(await decisions(id)).toEqual([]);
  });

  it('is fine 290 s to either side', async () => {
    const { value } = await fresh();
    for (const seconds of [-290, 290]) {
      expect((await slack.send(slack.click('U0SAM', value), { timestamp: at(seconds) })).status).toBe(200);
    }
  });
});

/** One change for the tests that decide nothing. */
let kept: Promise<{ id: string; value: string }> | undefined;
const fresh = () => (kept ??= asked('alias/partner-exchange'));

describe('#5 a body that is not the one that was signed', () => {
  const cases: [string, Signed][] = [
    ['a byte flipped', { tamper: (body) => body.replace('approve', 'bpprove') }],
    ['encoded anew', { tamper: (body) => body.replaceAll('%20', '+').replaceAll('%3A', ':') }],
    ['a field more', { tamper: (body) => `${body}&x=1` }],
    ['another secret', { secret: 'another' }],
    ['an empty secret', { secret: '' }],
    ['no signature', { signature: '' }],
    ['a short signature', { signature: 'v0=00' }],
    ['no hex', { signature: `v0=${'z'.repeat(64)}` }],
    ['upper case', { signature: `v0=${'A'.repeat(64)}` }],
    ['another version', { signature: `v1=${'0'.repeat(64)}` }],
  ];
  it.each(cases)('%s is refused', async (_, how) => {
    const { id, value } = await fresh();
    expect((await slack.send(slack.submission('U0SAM', value, { confirm: 'partner-exchange' }), how)).status).toBe(401);
    expect(await decisions(id)).toEqual([]);
  });
});

describe('#7 a form that is not one payload', () => {
  it('is refused, however well it is signed', async () => {
    const { id, value } = await fresh();
    const good = encodeURIComponent(JSON.stringify(slack.submission('U0SAM', value, { confirm: 'partner-exchange' })));
    const benign = encodeURIComponent(JSON.stringify({ type: 'view_closed' }));
    for (const body of [
      `payload=${benign}&payload=${good}`,
      `payload=${good}&payload=${benign}`,
      `x=1&payload=${good}`,
      `payload=${good}&x=1`,
      `Payload=${good}`,
      'payload=',
      'payload=%7B',
      'payload=null%20',
      '',
    ]) {
      expect([body.slice(0, 30), (await slack.sendBody(body)).status]).toEqual([
        body.slice(0, 30),
        body === 'payload=null%20' ? 200 : 400,
      ]);
    }
    for (const over of [{ user: undefined }, { view: {} }, { trigger_id: 7 }, { api_app_id: undefined }]) {
      expect((await slack.send({ ...slack.submission('U0SAM', value), ...over })).status).toBe(400);
    }
    const json = slack.request(JSON.stringify({ payload: '{}' }), { headers: { 'content-type': 'application/json' } });
    expect((await slack.post(json)).status).toBe(400);
    expect(await decisions(id)).toEqual([]);
  });
});

describe('#9 a captured approval', () => {
  it('does not come back after it was withdrawn, by its signature or by its trigger', async () => {
    const { id, value } = await asked('alias/prod/ledger');
    const payload = slack.submission('U0SAM', value, { confirm: 'prod/ledger' });
    const captured = slack.request(new URLSearchParams({ payload: JSON.stringify(payload) }).toString());
    expect(title(await slack.post(captured))).toBe('Approved');
    const withdrawn = await world.sam.send('POST', `/changes/${id}/decisions`, { decision: 'withdraw' });
    expect(withdrawn.status).toBe(200);
    await until('sam to be asked anew', 30, async () => {
      const types = (await world.ana.change(id)).timeline.map(({ type }) => type);
      return types.lastIndexOf('ASKED') > types.indexOf('APPROVAL_WITHDRAWN') ? true : undefined;
    });
    const before = await tableItems(world.running);
    expect((await slack.post(captured)).body).toEqual({ response_action: 'clear' });
    // Signed anew by Slack it is still the same click.
    const again = { ...slack.request(captured.body, { timestamp: String(Math.floor(Date.now() / 1000) + 1) }) };
    expect((await slack.post(again)).body).toEqual({ response_action: 'clear' });
    expect(await decisions(id)).toEqual([]);
    const own = (items: Record<string, unknown>[]) => items.filter(({ pk }) => String(pk) === `CHANGE#${id}`);
    expect(own(await tableItems(world.running)).find(({ sk }) => sk === 'CHANGE')).toEqual(
      own(before).find(({ sk }) => sk === 'CHANGE'),
    );
  });
});

describe('#10 one click at two processes', () => {
  it('is one approval and one fact', async () => {
    const { id, value } = await asked('alias/prod/ledger');
    const body = new URLSearchParams({
      payload: JSON.stringify(slack.submission('U0SAM', value, { confirm: 'prod/ledger' })),
    }).toString();
    const request = slack.request(body);
    const answers = await Promise.all(Array.from({ length: 8 }, () => slack.post(request)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(answers.filter((answer) => title(answer) === 'Approved')).toHaveLength(1);
    expect(await decisions(id)).toHaveLength(1);
    const { timeline } = await world.ana.change(id);
    expect(timeline.filter(({ type }) => type === 'APPROVAL_GIVEN')).toHaveLength(1);
  });
});

describe('#11 a Slack user who speaks for nobody', () => {
  const user = (id: string, over: object) => ({ id, email: 'lee@example.com', ...over });
  it.each([
    ['not in the rules file', 'U0STRANGER', {}, 'UNKNOWN_PERSON'],
    ['named like a member of every object', 'constructor', {}, 'UNKNOWN_PERSON'],
    ['deactivated', 'U0LEE', { deleted: true }, 'SLACK_DELETED'],
    ['a guest', 'U0LEE', { is_restricted: true }, 'SLACK_GUEST'],
    ['a guest of one channel', 'U0LEE', { is_ultra_restricted: true }, 'SLACK_GUEST'],
    ['a stranger', 'U0LEE', { is_stranger: true }, 'SLACK_STRANGER'],
    ['of another workspace', 'U0LEE', { team_id: 'T0OTHER' }, 'SLACK_STRANGER'],
    ['unconfirmed', 'U0LEE', { is_email_confirmed: false }, 'SLACK_UNCONFIRMED'],
    ['a bot', 'U0LEE', { is_bot: true }, 'SLACK_BOT'],
  ])('%s is refused in their own words, and it is written down', async (_, id, over, code) => {
    const { id: change, value } = await asked();
    await slack.is({ users: [user(id, over)] });
    const opened = (await slack.calls('views.open')).length;
    expect((await slack.send(slack.click(id, value))).body).toEqual({});
    const told = (await slack.calls('response_url')).at(-1)?.body;
    expect(told).toMatchObject({ response_type: 'ephemeral', text: expect.stringContaining('Nothing was decided.') });
    expect(await slack.calls('views.open')).toHaveLength(opened);
    expect(title(await slack.send(slack.submission(id, value)))).toBe('Nothing was decided');
    expect(await decisions(change)).toEqual([]);
    const who = `slack:T0COUNTERSIGN/${id} ${code}`;
    expect(await refusals(change)).toEqual([who, who]);
  });

  it('who is the submitter, or no approver, is refused as everywhere', async () => {
    const { id, value } = await asked();
    for (const user of ['U0ANA', 'U0OLU']) {
      await slack.send(slack.click(user, value));
      expect(title(await slack.send(slack.submission(user, value)))).toBe('Nothing was decided');
    }
    expect(await decisions(id)).toEqual([]);
    // Each by the click, and by the modal that they had all the same.
    const refused = ['ana@example.com OWN_CHANGE', 'olu@example.com NOT_AN_APPROVER'];
    expect(await refusals(id)).toEqual(refused.flatMap((one) => [one, one]));
  });

  it.each([
    ['another app', { api_app_id: 'A0OTHER' }],
    ['another workspace', { team: { id: 'T0OTHER' } }],
    ['no workspace', { team: null }],
    ['an enterprise that is not configured', { enterprise: { id: 'E0OTHER' } }],
    ['a user of another workspace in a shared channel', { user: { id: 'U0SAM', team_id: 'T0OTHER' } }],
  ])('%s is refused, and it is written down', async (_, over) => {
    const { id, value } = await asked();
    for (const payload of [slack.click('U0SAM', value, over), slack.submission('U0SAM', value, {}, over)]) {
      const answer = await slack.send(payload);
      expect(answer.status).toBe(403);
      expectReply('slackInteractions', 403, answer.body);
    }
    expect(await decisions(id)).toEqual([]);
    expect((await refusals(id)).map((line) => line.split(' ')[1])).toEqual(['SLACK_WORKSPACE', 'SLACK_WORKSPACE']);
  });

  it('cannot fill the history by clicking', async () => {
    const { id, value } = await asked();
    await Promise.all(Array.from({ length: 30 }, () => slack.send(slack.click('U0NOISE', value))));
    const count = (await refusals(id)).length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(20);
  });
});

describe('#13 two Slack users of one person', () => {
  it('are one vote', async () => {
    const { id, value } = await asked('alias/prod/ledger');
    expect(title(await slack.send(slack.submission('U0KIM', value, { confirm: 'prod/ledger' })))).toBe('Approved');
    const second = await slack.send(slack.submission('U0KIMTWO', value, { confirm: 'prod/ledger' }));
    expect(title(second)).toBe('Nothing was decided');
    expect(await decisions(id)).toHaveLength(1);
    expect((await world.ana.change(id)).status).toBe('PENDING');
  });
});

describe('#15 the address to answer at', () => {
  it('is asked only where it is Slack', async () => {
    const heard: string[] = [];
    const evil = createServer((request, response) => {
      heard.push(request.url ?? '');
      response.end('ok');
    });
    await new Promise<void>((listening) => evil.listen(0, '127.0.0.1', listening));
    const { port } = evil.address() as AddressInfo;
    const { value } = await fresh();
    const hostile = [
      `https://hooks.slack.com@127.0.0.1:${port}/`,
      `http://127.0.0.1:${port}/_slack/response/x`,
      `http://hooks.slack.com:${port}/`,
      `http://hooks.slack.com.127.0.0.1.nip.io:${port}/`,
      `${world.running.aws.replace('http://', 'http://hooks.slack.com@')}/_aws/ses`,
      `${world.running.aws}/_slack/messages`,
      `http://2130706433:${port}/`,
      'http://169.254.169.254/',
      'http://2852039166/',
      'file:///etc/passwd',
      'nonsense',
    ];
    for (const responseUrl of hostile) {
      const answer = await slack.send(slack.click('U0STRANGER', value, { response_url: responseUrl }));
      expect([responseUrl, answer.status]).toEqual([responseUrl, 200]);
    }
    await slack.is({ faults: { response_url: { location: `http://127.0.0.1:${port}/redirected` } } });
    expect((await slack.send(slack.click('U0STRANGER', value))).status).toBe(200);
    await new Promise((closed) => evil.close(closed));
    expect(heard).toEqual([]);
  }, 30_000);
});

describe('#17 Slack that does not work', () => {
  const faults = [
    ['down', { status: 503 }],
    ['failing', { status: 500 }],
    ['limiting', { status: 429 }],
    ['slow', { delay: 3_500 }],
    ['refusing', { error: 'internal_error' }],
  ] as const;
  it.each(faults)(
    '%s when messages follow: the decision is in, in time and once, and the message is mended',
    async (_, fault) => {
      const { id, value, ts, channel } = await asked();
      await slack.send(slack.click('U0SAM', value));
      await slack.is({ faults: { 'chat.update': fault, 'chat.postMessage': fault } });
      const sent = await slack.send(slack.submission('U0SAM', value));
      expect([sent.status, title(sent)]).toEqual([200, 'Approved']);
      expect(sent.ms).toBeLessThan(3_000);
      expect(await decisions(id)).toHaveLength(1);
      await world.ana.reaches(id, ['APPLIED']);
      await slack.is();
      const shown = await until('the message to be mended', 60, async () => {
        await world.visitor.send('POST', '/local/schedule/sweep');
        return (await slack.calls('chat.update')).findLast(
          ({ body }) => body.ts === ts && body.channel === channel && body.text?.startsWith('Applied'),
        );
      });
      expect(buttonsOf(shown.body.blocks)).toEqual([]);
    },
    90_000,
  );

  it.each(faults)(
    '%s altogether: the answer comes in time, and what it says is so',
    async (_, fault) => {
      const { id, value } = await asked();
      await slack.is({ faults: { '*': fault } });
      const before = (await decisions(id)).length;
      const sent = await slack.send(slack.submission('U0SAM', value));
      expect(sent.ms).toBeLessThan(3_000);
      const after = (await decisions(id)).length;
      expect([before, after]).toEqual([0, title(sent) === 'Approved' ? 1 : 0]);
    },
    30_000,
  );

  it('decides nothing for a user about whom Slack has said nothing yet, and says where to go', async () => {
    const { id, value } = await asked();
    await slack.is({ faults: { 'users.info': { status: 500 } } });
    const sent = await slack.send(slack.submission('U0LEE', value));
    expect([title(sent), said(sent)]).toEqual(['Nothing was decided', expect.stringContaining('link in your mail')]);
    expect(await decisions(id)).toEqual([]);
    expect(await refusals(id)).toEqual([]);
  });

  it('delays no mail and no ask, and is asked again when it is back', async () => {
    await slack.is({ faults: { '*': { status: 500 } } });
    const { id } = await submitted();
    await world.visitor.link('sam@example.com', id);
    await slack.is();
    await until('the message to be posted', 60, async () => {
      await world.visitor.send('POST', '/local/schedule/sweep');
      return (await slack.calls('chat.postMessage')).find(({ body }) => JSON.stringify(body).includes(id));
    });
    expect(await slack.message('U0SAM', id)).toMatchObject({ value: expect.stringContaining(id) });
  }, 90_000);
});

describe('#19 a retry header on a first delivery', () => {
  it('changes nothing', async () => {
    const { id, value } = await asked();
    const headers = { 'x-slack-retry-num': '3', 'x-slack-retry-reason': 'http_timeout' };
    expect(title(await slack.send(slack.submission('U0SAM', value), { headers }))).toBe('Approved');
    expect(await decisions(id)).toHaveLength(1);
  });
});

describe('the messages', () => {
  it('follow the votes, whichever way they come, and say in the thread how it ended', async () => {
    const { id, value, ts, channel } = await asked('alias/prod/ledger');
    const shows = (what: RegExp) =>
      until(`the message to show ${what}`, 30, async () =>
        (await slack.calls('chat.update')).findLast(
          ({ body }) => body.ts === ts && body.channel === channel && what.test(JSON.stringify(body)),
        ),
      );
    await world.kim.send('POST', `/changes/${id}/decisions`, { decision: 'approve' });
    const one = await shows(/1 of 2[\s\S]*kim@example.com approved/);
    expect(buttonsOf(one.body.blocks).map(({ action_id }) => action_id)).toEqual([
      'approve',
      'reject',
      'open_review',
      'requestChanges',
      'comment',
    ]);
    await slack.send(slack.submission('U0SAM', value, { confirm: 'prod/ledger' }));
    await world.ana.reaches(id, ['APPLIED']);
    await shows(/Applied: key policy/);
    const reply = await until('the reply in the thread', 30, async () =>
      (await slack.calls('chat.postMessage')).find(({ body }) => body.thread_ts === ts && body.channel === channel),
    );
    expect(reply.body.text).toMatch(/^Applied\. The approved policy is live/);
    const inChannel = (await slack.calls('chat.postMessage')).filter(
      ({ body }) => body.channel === 'C0123456789' && JSON.stringify(body).includes(id),
    );
    expect(inChannel).toHaveLength(1);
    expect(buttonsOf(inChannel[0]?.body.blocks)).toEqual([]);
  });

  it('do not go to guests and those who have left, who are asked by mail all the same', async () => {
    await slack.is({ users: [{ id: 'U0LEE', email: 'lee@example.com', deleted: true }] });
    const { id } = await submitted();
    await world.visitor.link('lee@example.com', id);
    await slack.message('U0SAM', id);
    const asked = await until('the ask to be a fact', 30, async () =>
      (
        await world.audrey.get<{ events: { mailed: string[]; slacked: string[]; failed: object[] }[] }>(
          `/audit/events?change=${id}&type=ASKED`,
        )
      ).body.events.at(0),
    );
    expect(asked.mailed).toEqual(['kim@example.com', 'lee@example.com', 'sam@example.com']);
    expect(asked.failed).toEqual([{ person: 'lee@example.com', channel: 'slack', error: 'SLACK_DELETED' }]);
    expect(
      (await slack.calls()).filter(({ body }) => body.channel === 'U0LEE' && JSON.stringify(body).includes(id)),
    ).toEqual([]);
  });

  it('hold no secret of ours but the links, and the table holds those as hashes only', async () => {
    const { id, value } = await asked();
    expect(value).toMatch(/^chg_\w{26} [0-9a-f]{64} [0-9a-f]{64}$/);
    const text = JSON.stringify((await slack.calls()).filter(({ body }) => JSON.stringify(body).includes(id)));
    const tokens = [...text.matchAll(/\/review\/([\w-]{43})/g)].map(([, token]) => token ?? '');
    expect(tokens.length).toBeGreaterThan(0);
    const items = JSON.stringify(await tableItems(world.running));
    for (const token of tokens) expect(items.includes(token)).toBe(false);
    expect(items.includes('countersign-local-signing-secret')).toBe(false);
  });
});
