import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KnownBlock } from '@slack/types';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERDICTS } from '../../lib/change/decide.ts';
import { askMessage, reminderReply, resultMessage, resultReply, type SlackMessage } from '../../lib/notify/slack.ts';
import { callSlack, respondEphemeral, responseUrl } from '../../lib/notify/slackApi.ts';
import { decisionModal, decisionValue, noticeModal, readDecisionValue } from '../../lib/notify/slackModal.ts';
import { changeView } from '../fixtures/changeView.ts';

const LINK = 'https://countersign.example.com/review/token';
const READER = { may: ['approve', 'reject'], link: LINK } as const;

type Text = { type: string; text: string };
/** Every text object in a message. */
function textsOf(value: unknown): Text[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  const own = 'text' in value && typeof value.text === 'string' ? [value as Text] : [];
  return [...own, ...Object.values(value).flatMap(textsOf)];
}
const words = ({ blocks }: SlackMessage): string =>
  textsOf(blocks)
    .map(({ text }) => text)
    .join('\n');

describe('the message that asks', () => {
  const message = askMessage(changeView(), READER);

  it('says what it means, who wants it, why, how risky, and until when', () => {
    for (const part of [
      'Key policy of payments: approval asked',
      'role settlement-batch of account 4444-5555-6666',
      'The settlement partner reads our nightly export',
      '`alias/payments`',
      '`High risk`',
      '`ana@example.com`',
      '`SEC-123`',
      '`Fri 27 Nov 2026, 19:38 UTC`',
      '`1 of 2, rule production`',
      'Deletion of the key becomes possible.',
    ]) {
      expect(words(message)).toContain(part);
    }
    expect(message.text).toBe('ana@example.com asks to change the key policy of payments, high risk');
  });

  it('says before anything else that a change is temporary, and when it is put back', () => {
    const first = ({ blocks }: SlackMessage) => JSON.stringify(blocks[0]);
    const temporary = changeView({ revertAfter: 'P7D', revertOverdue: false });
    expect(first(askMessage(temporary, READER))).toContain('Temporary: put back after 7 days.');
    const applied = { ...temporary, status: 'APPLIED' as const, revertAt: '2026-12-01T20:00:00.000Z' };
    expect(first(resultMessage(applied))).toContain('Temporary: put back on Tue 1 Dec 2026, 20:00 UTC.');
    const stale = { ...applied, status: 'STALE' as const };
    expect(words(resultMessage(stale))).toContain('Stale: not put back');
    expect(resultReply(stale).text).toContain('not put back');
  });

  it('says in the notification already that it is an emergency, or temporary', () => {
    const urgent = changeView({ breakGlass: { reviewers: ['olu@example.com'] }, revertAfter: 'P7D' });
    expect(askMessage(urgent).text).toMatch(/payments, high risk, emergency, temporary$/);
  });

  it('has a button to the page and one for each thing that its reader may do, and none in a channel', () => {
    const buttons = (blocks: KnownBlock[]) =>
      blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
    expect(buttons(message.blocks)).toMatchObject([
      { type: 'button', action_id: 'approve', style: 'primary', value: decisionValue(changeView()) },
      { type: 'button', action_id: 'reject', style: 'danger', value: decisionValue(changeView()) },
      { type: 'button', action_id: 'open_review', url: LINK },
    ]);
    expect(buttons(askMessage(changeView(), { may: ['reject'] }).blocks)).toMatchObject([{ action_id: 'reject' }]);
    expect(buttons(askMessage(changeView()).blocks)).toEqual([]);
  });

  it('keeps what decides apart from what only speaks, and says what is asked of the authors', () => {
    const may = ['requestChanges', 'withdraw', 'comment'] as const;
    const asked = { person: 'kim@example.com', comment: 'Not <that> role.', at: '2026-11-24T21:10:00.000Z' };
    const later = askMessage(changeView({ changesRequested: asked }), { may, link: LINK });
    const rows = later.blocks.flatMap((block) =>
      block.type === 'actions' ? [block.elements.map((one) => ('action_id' in one ? one.action_id : undefined))] : [],
    );
    expect(rows).toEqual([
      ['withdraw', 'open_review'],
      ['requestChanges', 'comment'],
    ]);
    expect(words(later)).toContain('kim@example.com asked for changes: Not <that> role.');
  });

  it('never holds the document', () => {
    expect(JSON.stringify(message)).not.toContain('StringEquals');
  });
});

describe('the message about the end', () => {
  it('says what is true now and what to do', () => {
    const shown = words(resultMessage(changeView({ status: 'STALE', outcome: 'Another policy is live.' })));
    expect(shown).toContain('Stale: the key moved: key policy of payments');
    expect(shown).toContain('The key policy was changed while this change was waiting, by another change');
    expect(shown).toContain('Another policy is live.');
    expect(shown).toContain('`kim@example.com`');
  });

  it('names who rejected it, and why', () => {
    const decision = {
      person: 'sam@example.com',
      decision: 'reject',
      comment: 'No.',
      channel: 'link',
      at: '2026-11-24T21:10:00.000Z',
    } as const;
    const change = changeView({ status: 'REJECTED', approval: { ...changeView().approval, decisions: [decision] } });
    expect(words(resultMessage(change))).toMatch(/No\.[\s\S]*\*Rejected by\*\n`sam@example.com`/);
  });
});

describe('whatever people wrote', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4_000 }),
    fc.constantFrom(
      '<!channel>',
      '<https://evil.example|payments>',
      '<@U0000001>',
      '`*_~',
      'a\nb`c',
      ':tada:',
      '&lt;!here&gt;',
      '',
    ),
    fc.constantFrom('<', '&', '`', 'é').map((char) => char.repeat(4_000)),
  );
  const messages = nasty.map((text) => {
    const view = changeView();
    const change = changeView({
      submitter: text,
      reason: text,
      ticket: text,
      outcome: text,
      key: { ...view.key, aliases: [`alias/${text}`] },
      riskReasons: [text],
      access: { ...view.access, summary: [text, text] },
      approval: { ...view.approval, rule: text },
    });
    return [
      askMessage(change, READER),
      resultMessage(change),
      resultReply(change),
      reminderReply(change, '2026-11-25T00:00:00.000Z'),
      { text: 'modal', blocks: decisionModal(change, 'approve', 'value').blocks as KnownBlock[] },
      { text: 'notice', blocks: noticeModal(text, text).blocks as KnownBlock[] },
    ];
  });

  it('is never markup: plain_text, or escaped and in code', () => {
    fc.assert(
      fc.property(messages, (both) => {
        for (const { type, text } of both.flatMap(({ blocks }) => textsOf(blocks))) {
          if (type === 'mrkdwn') expect(text).toMatch(/^\*[A-Z][a-z ]+\*\n`[^`<>\n]+`$/);
          else expect(type).toBe('plain_text');
        }
        for (const { text } of both) expect(text).toMatch(/^(?:[^<>&]|&(?:lt|gt|amp);)+$/);
      }),
    );
  });

  it('stays within the limits of Block Kit', () => {
    fc.assert(
      fc.property(messages, (both) => {
        for (const { blocks } of both) {
          expect(blocks.length).toBeLessThanOrEqual(50);
          for (const block of blocks) {
            if (block.type === 'header') expect([...block.text.text].length).toBeLessThanOrEqual(150);
            if (block.type === 'section') {
              expect([...(block.text?.text ?? '')].length).toBeLessThanOrEqual(3_000);
              for (const { text } of block.fields ?? []) expect(text.length).toBeLessThanOrEqual(2_000);
            }
            for (const { text } of textsOf(block)) expect(text.length).toBeGreaterThan(0);
          }
        }
      }),
    );
  });

  it('does not turn names of emoji into emoji', () => {
    const plain = textsOf(askMessage(changeView(), READER).blocks).filter(({ type }) => type === 'plain_text');
    for (const text of plain) expect(text).toMatchObject({ emoji: false });
  });
});

describe('posting', () => {
  let server: Server;
  let apiUrl: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let received: { url: string | undefined; authorization: string | undefined; body: string }[] = [];
  const message: SlackMessage = { text: 'hello', blocks: [] };
  const post = (url = apiUrl) =>
    callSlack({ apiUrl: url, token: 'xoxb-secret', fetch }, 'chat.postMessage', { channel: 'C0123456789', ...message });
  const json = (body: string) => (_: IncomingMessage, response: ServerResponse) => void response.end(body);

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        received.push({ url: request.url, authorization: request.headers.authorization, body });
        answer(request, response);
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  it('hands the message over as Slack wants it', async () => {
    received = [];
    answer = json('{"ok":true,"ts":"1.2","channel":"C0123456789"}');
    expect(await post(`${apiUrl}/`)).toEqual({
      ok: true,
      body: { ok: true, ts: '1.2', channel: 'C0123456789' },
    });
    expect(received.map(({ url, authorization }) => [url, authorization])).toEqual([
      ['/api/chat.postMessage', 'Bearer xoxb-secret'],
    ]);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      channel: 'C0123456789',
      text: 'hello',
      blocks: [],
    });
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['channel_not_found', json('{"ok":false,"error":"channel_not_found"}')],
    ['not_json', json('<html>')],
    ['not_json', json('null')],
    ['not_json', json('{"ok":false}')],
    ['http_500', (_, response) => void response.writeHead(500).end('{"ok":true,"ts":"1","channel":"C"}')],
    ['unreachable', (_, response) => void response.writeHead(307, { Location: '/api/elsewhere' }).end()],
    ['unreachable', (request) => void request.socket.destroy()],
  ])('says %s instead of throwing', async (error, behave) => {
    received = [];
    answer = behave;
    expect(await post()).toEqual({ ok: false, error });
    expect(received).toHaveLength(1);
  });

  it('gives up when Slack does not answer', async () => {
    answer = () => {};
    expect(await post()).toEqual({ ok: false, error: 'timeout' });
  }, 30_000);

  it.each([
    'http://slack.com/api',
    'http://127.0.0.1.evil.test/api',
    'http://localhost@evil.test',
    'ftp://127.0.0.1',
    'nonsense',
  ])('sends no token to %s', async (url) => {
    const refuse = () => Promise.reject(new Error('was called'));
    expect(await callSlack({ apiUrl: url, token: 't', fetch: refuse }, 'chat.postMessage', { ...message })).toEqual({
      ok: false,
      error: 'insecure_url',
    });
  });
});

describe('the value of a button', () => {
  it('is read back as what it was made of, and nothing else is', () => {
    const { id, after, before } = changeView();
    const value = decisionValue(changeView());
    expect(readDecisionValue(value)).toEqual({
      changeId: id,
      binding: { after: after.sha256, base: before.canonical },
    });
    for (const other of ['', id, `${value} `, ` ${value}`, `${value}\n`, value.toUpperCase(), `${value}\nx`]) {
      expect(readDecisionValue(other)).toBeUndefined();
    }
  });
});

describe('the modal', () => {
  const nasty = fc.string({ unit: 'grapheme', maxLength: 400 });
  it('asks for words where there is nothing to say without them', () => {
    const optional = (decision: (typeof VERDICTS)[number]) =>
      decisionModal(changeView(), decision, 'value').blocks.find(({ block_id }) => block_id === 'comment');
    for (const decision of VERDICTS) {
      expect(optional(decision)).toMatchObject({ optional: !['requestChanges', 'comment'].includes(decision) });
    }
  });

  it('stays within the limits of Slack, whatever people wrote', () => {
    fc.assert(
      fc.property(nasty, fc.constantFrom(...VERDICTS), (text, decision) => {
        const change = changeView({ reason: text, key: { ...changeView().key, aliases: [`alias/${text}`] } });
        const modal = decisionModal(change, decision, decisionValue(changeView()));
        for (const part of [modal.title, modal.submit, modal.close]) {
          expect([...(part?.text ?? '')].length).toBeLessThanOrEqual(24);
        }
        expect(modal.private_metadata?.length).toBeLessThanOrEqual(3_000);
        for (const block of modal.blocks) {
          if (!('label' in block)) continue;
          expect([...block.label.text].length).toBeLessThanOrEqual(150);
          expect([...(block.hint?.text ?? '')].length).toBeLessThanOrEqual(150);
        }
      }),
    );
  });
});

describe('the address to answer a click at', () => {
  const LOCAL = 'http://127.0.0.1:4566';
  it.each([
    ['https://hooks.slack.com/actions/T0/1/x', ''],
    ['https://hooks.slack.com:443/actions/T0/1/x', ''],
    // A path there: what is parsed is what is asked.
    ['https://hooks.slack.com\\@evil.test/', ''],
    [`${LOCAL}/_slack/response/T0/1/x`, LOCAL],
  ])('may be %s', (given, local) => expect(responseUrl(given, local)).toBeInstanceOf(URL));

  it.each([
    'https://hooks.slack.com@evil.test/',
    'https://user:pw@hooks.slack.com/',
    'https://hooks.slack.com.evil.test/',
    'https://evil.test/hooks.slack.com',
    'https://hooks.slack.com:8443/x',
    'http://hooks.slack.com/x',
    'https://HOOKS.slack.com.',
    'https://slack.com/',
    'https://xhooks.slack.com/',
    'http://169.254.169.254/',
    'http://2852039166/',
    `${LOCAL}/_aws/ses`,
    `${LOCAL}/_slack/response/../../_aws/ses`,
    'http://127.0.0.1:4567/_slack/response/x',
    'javascript:alert(1)',
    '//hooks.slack.com/x',
    '',
  ])('is never %s', (given) => {
    expect(responseUrl(given, LOCAL)).toBeUndefined();
    expect(responseUrl(given, '')).toBeUndefined();
  });

  it('is on this machine only where that is what was set', () => {
    expect(responseUrl(`${LOCAL}/_slack/response/x`, '')).toBeUndefined();
    expect(responseUrl('http://10.0.0.1:4566/_slack/response/x', 'http://10.0.0.1:4566')).toBeUndefined();
  });

  it('is not asked when it is another, and not followed when it sends elsewhere', async () => {
    const asked: string[] = [];
    const away: typeof fetch = async (url) => {
      asked.push(String(url));
      throw new TypeError('unexpected redirect');
    };
    const tell = (url: string) => respondEphemeral({ url, localOrigin: '', timeout: 100 }, 'x', away);
    expect(await tell('https://evil.test/')).toBe(false);
    expect(asked).toEqual([]);
    expect(await tell('https://hooks.slack.com/x')).toBe(false);
    expect(asked).toEqual(['https://hooks.slack.com/x']);
  });
});
