import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Edge } from '../../local/edge.ts';
import { openSlack, type SlackCall } from '../../local/slack.ts';
import { edgeWith } from './support/edge.ts';

const users = [
  { id: 'U0ANA', email: 'ana@example.com', real_name: 'Ana Silva' },
  { id: 'U0BO', email: 'bo@example.com', deleted: true },
  { id: 'U0CY', email: 'cy@example.com', is_restricted: true },
];
const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*Approve?*' } }];

let dataDir: string;
let edge: Edge;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'slack-'));
  await open();
});

afterEach(async () => {
  await edge.close();
  rmSync(dataDir, { recursive: true });
});

async function open(): Promise<void> {
  edge = await edgeWith({ slack: openSlack({ dataDir, users }) });
}

type Answer = Record<string, unknown> & { ok: boolean; ts: string };

async function call(method: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${edge.url}/_slack/api/${method}`, {
    method: 'POST',
    headers: { authorization: 'Bearer xoxb-local', 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Answer;
}

async function messages(): Promise<SlackCall[]> {
  return ((await (await fetch(`${edge.url}/_slack/messages`)).json()) as { messages: SlackCall[] }).messages;
}

describe("Slack's Web API", () => {
  it('posts to a person or a channel, updates what was posted, and reads it back after a restart', async () => {
    const direct = await call('chat.postMessage', { channel: 'U0ANA', text: 'Approve?', blocks });
    expect(direct).toMatchObject({ ok: true, channel: 'D0ANA', message: { text: 'Approve?', blocks, ts: direct.ts } });
    const shared = await call('chat.postMessage', { channel: '#approvals', text: 'Approve?' });
    expect(Number(shared.ts)).toBeGreaterThan(Number(direct.ts));
    await edge.close();
    await open();
    expect(await call('chat.update', { channel: 'D0ANA', ts: direct.ts, text: 'Approved' })).toMatchObject({
      ok: true,
      channel: 'D0ANA',
      ts: direct.ts,
    });
    expect((await messages()).map(({ method, body }) => [method, body.text])).toEqual([
      ['chat.postMessage', 'Approve?'],
      ['chat.postMessage', 'Approve?'],
      ['chat.update', 'Approved'],
    ]);
    await fetch(`${edge.url}/_slack/messages`, { method: 'DELETE' });
    await edge.close();
    await open();
    expect(await messages()).toEqual([]);
  });

  it('takes forms, with blocks as a JSON text in them', async () => {
    const response = await fetch(`${edge.url}/_slack/api/chat.postMessage`, {
      method: 'POST',
      body: new URLSearchParams({ token: 'xoxb-local', channel: 'C0APPROVALS', blocks: JSON.stringify(blocks) }),
    });
    expect(await response.json()).toMatchObject({ ok: true, channel: 'C0APPROVALS' });
    expect(await messages()).toEqual([
      expect.objectContaining({ method: 'chat.postMessage', body: { channel: 'C0APPROVALS', blocks } }),
    ]);
  });

  it('knows its people', async () => {
    expect(await call('users.info', { user: 'U0CY' })).toMatchObject({
      ok: true,
      user: { id: 'U0CY', deleted: false, is_restricted: true, profile: { email: 'cy@example.com' } },
    });
    expect(await call('users.lookupByEmail', { email: 'Ana@Example.com' })).toMatchObject({
      ok: true,
      user: { id: 'U0ANA' },
    });
    expect(await call('conversations.open', { users: 'U0ANA' })).toMatchObject({ ok: true, channel: { id: 'D0ANA' } });
    expect(await call('views.open', { trigger_id: '1.2', view: { type: 'modal' } })).toMatchObject({
      ok: true,
      view: { type: 'modal', id: expect.stringMatching(/^V\d+$/) },
    });
    expect(await call('auth.test', {})).toMatchObject({
      ok: true,
      team_id: expect.any(String),
      bot_id: expect.any(String),
    });
  });

  it('takes what is posted to a response URL, without a token', async () => {
    const response = await fetch(`${edge.url}/_slack/response/T0/1/x`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ replace_original: true, text: 'Approved' }),
    });
    expect([response.status, await response.text()]).toEqual([200, 'ok']);
    expect(await messages()).toEqual([
      expect.objectContaining({ method: 'response_url', body: { replace_original: true, text: 'Approved' } }),
    ]);
  });

  it.each([
    ['auth.test', {}, 'invalid_auth', { authorization: '' }],
    ['chat.postMessage', { channel: 'U0NOBODY', text: 'x' }, 'channel_not_found', {}],
    ['chat.postMessage', { channel: 'C0APPROVALS' }, 'no_text', {}],
    ['chat.update', { channel: 'C0APPROVALS', ts: '1.000001', text: 'x' }, 'message_not_found', {}],
    ['conversations.open', { users: 'U0BO' }, 'user_disabled', {}],
    ['users.info', { user: 'U0NOBODY' }, 'user_not_found', {}],
    ['users.lookupByEmail', { email: 'bo@example.com' }, 'users_not_found', {}],
    ['views.open', { view: { type: 'modal' } }, 'invalid_arguments', {}],
    ['chat.shout', {}, 'unknown_method', {}],
  ])('refuses %s %j with %s, and keeps nothing of it', async (method, body, error, headers) => {
    expect(await call(method, body, headers as Record<string, string>)).toMatchObject({ ok: false, error });
    expect(await messages()).toEqual([]);
  });
});
