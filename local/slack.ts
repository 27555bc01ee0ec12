import { join } from 'node:path';
import { openJournal } from './journal.ts';
import { type Arguments, methods, type SlackCall, type SlackUser, TEAM_ID } from './slack/methods.ts';
import { readArguments } from './slack/readArguments.ts';
import type { AwsRequest, AwsResponse, AwsService } from './types.ts';

export type { SlackCall, SlackUser } from './slack/methods.ts';

export interface SlackOptions {
  /** The journal is `slack.jsonl` in it. */
  dataDir: string;
  users: readonly SlackUser[];
}

/** The workspace and the app of this machine, and the secret that its interactions are signed with. */
export const LOCAL_SLACK = {
  teamId: TEAM_ID,
  appId: 'A0COUNTERSIGN',
  botToken: 'xoxb-local',
  signingSecret: 'countersign-local-signing-secret',
} as const;

/** How Slack behaves towards one method (or `response_url`) until it is told otherwise. */
export interface SlackFault {
  /** HTTP status instead of an answer, such as 500 or 429. */
  status?: number;
  /** Slack's error in an answer that is 200. */
  error?: string;
  /** Milliseconds before the answer. */
  delay?: number;
  /** Where it redirects to. */
  location?: string;
}

interface SlackWorld {
  /** Beside those of the rules file; one of the same id takes their place. */
  users: SlackUser[];
  /** By method; `*` for every one. */
  faults: Record<string, SlackFault>;
}

/**
 * Slack's Web API on this machine, under `/_slack/api/`, and the response URLs of its interactions under `/_slack/response/`.
 * Nothing leaves it: what was posted is read back at `GET /_slack/messages`, and `DELETE` forgets it.
 */
export function openSlack({ dataDir, users: known }: SlackOptions): AwsService {
  const journal = openJournal<SlackCall | { cleared: true }>(join(dataDir, 'slack.jsonl'));
  let calls: SlackCall[] = [];
  let lastMicroseconds = 0;
  let world: SlackWorld = { users: [], faults: {} };
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
    const users = [...world.users, ...known.filter(({ id }) => !world.users.some((other) => other.id === id))];
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
      if (path === '/_slack/world') {
        if (method !== 'PUT')
          return json(method === 'GET' ? world : { message: 'GET or PUT' }, method === 'GET' ? 200 : 405);
        world = { users: [], faults: {}, ...(JSON.parse(body.toString('utf8') || '{}') as Partial<SlackWorld>) };
        return json(world);
      }
      if (path.startsWith('/_slack/api/')) {
        const name = path.slice('/_slack/api/'.length);
        return (await misbehave(world, name)) ?? callMethod(name, request);
      }
      if (path.startsWith('/_slack/response/') && method === 'POST') {
        const fault = await misbehave(world, 'response_url');
        if (fault !== undefined) return fault;
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

async function misbehave({ faults }: SlackWorld, method: string): Promise<AwsResponse | undefined> {
  const { status, error, delay = 0, location } = faults[method] ?? faults['*'] ?? {};
  if (delay > 0) await new Promise((resume) => setTimeout(resume, delay));
  if (location !== undefined) return { status: status ?? 307, headers: { location }, body: '' };
  if (status !== undefined) return json({ ok: false, error: 'internal_error' }, status);
  return error === undefined ? undefined : json({ ok: false, error });
}

function json(value: unknown, status = 200): AwsResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) };
}
