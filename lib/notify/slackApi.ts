/** Where and as whom to speak to Slack. `fetch` is the platform's own, or one that a caller wraps. */
export interface SlackApi {
  /** `https://slack.com/api`; plain http only to this machine. */
  apiUrl: string;
  /** A bot token. It is sent to `apiUrl` and never part of a result. */
  token: string;
  fetch: typeof fetch;
  /** Milliseconds for one call; 3,000 when left out. Slack must not hold up the workflow longer than this. */
  timeout?: number;
}

export type Called = { ok: true; body: Record<string, unknown> } | { ok: false; error: string };

const TIMEOUT_MS = 3_000;

/** Methods that read take a form; those that write take JSON. https://docs.slack.dev/apis/web-api */
const FORM_METHODS = new Set(['users.info']);

/**
 * Calls one method of the Web API. Never throws: that Slack did not do something is a fact about the change, not an end of it.
 * `error` is Slack's own (`channel_not_found`), or `insecure_url`, `timeout`, `unreachable`, `http_<status>` or
 * `not_json`. Redirects are not followed, because the token would follow them.
 */
export async function callSlack(api: SlackApi, method: string, body: Record<string, unknown>): Promise<Called> {
  const url = methodUrl(api.apiUrl, method);
  if (url === undefined) return { ok: false, error: 'insecure_url' };
  const form = FORM_METHODS.has(method);
  return send(api.fetch, url, api.timeout ?? TIMEOUT_MS, {
    headers: {
      'Content-Type': form ? 'application/x-www-form-urlencoded' : 'application/json; charset=utf-8',
      Authorization: `Bearer ${api.token}`,
    },
    body: form ? new URLSearchParams(body as Record<string, string>).toString() : JSON.stringify(body),
  });
}

async function send(
  fetchIt: typeof fetch,
  url: URL,
  timeout: number,
  init: { headers: Record<string, string>; body: string },
): Promise<Called> {
  try {
    const signal = AbortSignal.timeout(timeout);
    const response = await fetchIt(url, { method: 'POST', redirect: 'error', signal, ...init });
    if (!response.ok) return { ok: false, error: `http_${response.status}` };
    const answer = ((await response.json()) ?? {}) as Record<string, unknown>;
    if (answer.ok === true) return { ok: true, body: answer };
    return { ok: false, error: typeof answer.error === 'string' ? answer.error : 'not_json' };
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, error: 'not_json' };
    return { ok: false, error: error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'unreachable' };
  }
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

function methodUrl(apiUrl: string, method: string): URL | undefined {
  const url = URL.parse(`${apiUrl.replace(/\/+$/, '')}/${method}`);
  if (url === null) return undefined;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.includes(url.hostname)) ? url : undefined;
}

/**
 * The address to answer a click at, when it is one: `https://hooks.slack.com` and nothing that only begins like it, since
 * it came in with the request. On a laptop also the one place that `localOrigin` names, on this machine.
 *
 * @param localOrigin `http://127.0.0.1:4566`; empty where it is deployed.
 */
export function responseUrl(given: string, localOrigin: string): URL | undefined {
  const url = URL.parse(given);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  if (url.origin === 'https://hooks.slack.com') return url;
  const local = localOrigin !== '' && LOOPBACK.includes(URL.parse(localOrigin)?.hostname ?? '');
  return local && url.origin === localOrigin && url.pathname.startsWith('/_slack/response/') ? url : undefined;
}

/** Says something to the one who clicked, and to nobody else. Never throws; false when it could not be said. */
export async function respondEphemeral(
  { url, localOrigin, timeout }: { url: string; localOrigin: string; timeout: number },
  text: string,
  fetchIt: typeof fetch,
): Promise<boolean> {
  const to = responseUrl(url, localOrigin);
  if (to === undefined) return false;
  try {
    const response = await fetchIt(to, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, text }),
    });
    return response.ok;
  } catch {
    return false;
  }
}
