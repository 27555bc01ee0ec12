import { join } from 'node:path';
import { openJournal } from './journal.ts';
import { type Arguments, methods, type SlackCall, type SlackUser } from './slack/methods.ts';
import { readArguments } from './slack/readArguments.ts';
import type { AwsRequest, AwsResponse, AwsService } from './types.ts';

export type { SlackCall, SlackUser } from './slack/methods.ts';

export interface SlackOptions {
  /** The journal is `slack.jsonl` in it. */
  dataDir: string;
  users: readonly SlackUser[];
}

/**
 * Slack's Web API on this machine, under `/_slack/api/`, and the response URLs of its interactions under `/_slack/response/`.
 * Nothing leaves it: what was posted is read back at `GET /_slack/messages`, and `DELETE` forgets it.
 */
export function openSlack({ dataDir, users }: SlackOptions): AwsService {
  const journal = openJournal<SlackCall | { cleared: true }>(join(dataDir, 'slack.jsonl'));
  let calls: SlackCall[] = [];
  let lastMicroseconds = 0;
  for (const entry of journal.read()) take(entry);

  function take(entry: SlackCall | { cleared: true }): void {
    if ('cleared' in entry) calls = [];
    else {
      calls.push(entry);
      lastMicroseconds = Math.max(lastMicroseconds, Number(entry.ts.replace('.', '')));
    }
  }

  function record(method: string, body: Arguments): string {
    const microseconds = Math.max(Date.now() * 1000, lastMicroseconds + 1);
    const ts = `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, '0')}`;
    const call = { method, body, at: new Date().toISOString(), ts };
    journal.append(call);
    take(call);
    return ts;
  }

  function callMethod(name: string, { headers, body, path }: AwsRequest): AwsResponse {
    const perform = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (!perform) return json({ ok: false, error: 'unknown_method', req_method: name });
    const given = readArguments(headers['content-type'] ?? '', body, path);
    if (given === undefined) return json({ ok: false, error: 'invalid_json' });
    const { token, ...rest } = given;
    const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? token;
    if (typeof bearer !== 'string' || bearer === '') return json({ ok: false, error: 'invalid_auth' });
    const result = perform(rest, { users, calls, record: () => record(name, rest) });
    return json(typeof result === 'string' ? { ok: false, error: result } : { ok: true, ...result });
  }

  return {
    async handle(request) {
      const { method, body, headers } = request;
      const path = request.path.split('?')[0] ?? '';
      if (path === '/_slack/messages') {
        if (method === 'GET') return json({ messages: calls });
        if (method !== 'DELETE') return json({ message: 'GET or DELETE' }, 405);
        journal.append({ cleared: true });
        take({ cleared: true });
        return json({});
      }
      if (path.startsWith('/_slack/api/')) return callMethod(path.slice('/_slack/api/'.length), request);
      if (path.startsWith('/_slack/response/') && method === 'POST') {
        const given = readArguments(headers['content-type'] ?? '', body, '');
        if (given === undefined) return json({ ok: false, error: 'invalid_payload' }, 400);
        record('response_url', given);
        return { status: 200, headers: { 'content-type': 'text/html' }, body: 'ok' };
      }
      return json({ message: `nothing at ${path}` }, 404);
    },
    close: async () => {},
  };
}

function json(value: unknown, status = 200): AwsResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) };
}
