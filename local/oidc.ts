import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { isLoopback, readBody } from './gateway.ts';
import { openOidcKeys } from './oidc/keys.ts';
import { loginPage } from './oidc/login.ts';
import { readTokenRequest, signAccessToken } from './oidc/token.ts';
import type { Person } from './people.ts';

export interface Oidc {
  /** `{api}/local/oidc` */
  issuer: string;
  /** Answers what is under `/local/oidc` and `/local/token`. @returns false when the path is neither */
  handle(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

const MOUNT = '/local/oidc';
const LOGIN = `${MOUNT}/login/`;

/**
 * People for the laptop: an OpenID provider (authorization code with PKCE, client `countersign-web`) whose login page lists
 * `people`, and access tokens for scripts, signed with the same key. Nothing of it is deployed.
 *
 * @param api the API's address; the issuer is under it
 * @param dataDir keeps the signing key
 */
export function openOidc({ api, dataDir, people }: { api: string; dataDir: string; people: readonly Person[] }): Oidc {
  const issuer = `${api}${MOUNT}`;
  const keys = openOidcKeys(dataDir);
  let opened: Promise<Provider> | undefined;
  // Loaded when the first person comes: it is half of what there is to load.
  const provider = () => {
    opened ??= (async () => {
      const { openProvider } = await import('./oidc/provider.ts');
      return openProvider({ issuer, keys: await keys, people, loginPath: (uid) => `${LOGIN}${uid}` });
    })();
    return opened;
  };

  async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const oidc = await provider();
    try {
      await oidc.interactionDetails(request, response);
    } catch {
      return send(response, 400, 'text/plain', 'This sign-in is over. Start again from the application.\n');
    }
    if (request.method !== 'POST') return send(response, 200, 'text/html; charset=utf-8', loginPage(people));
    const email = new URLSearchParams((await readBody(request, 10_000))?.toString('utf8')).get('email');
    if (!people.some((person) => person.email === email) || email === null)
      return send(response, 400, 'text/plain', 'Nobody here has that address.\n');
    await oidc.interactionFinished(request, response, { login: { accountId: email } });
  }

  async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin } = request.headers;
    if (request.method !== 'POST') return sendJson(response, 405, { message: 'Method Not Allowed' });
    if (origin !== undefined && !isLoopback(origin.replace(/^http:\/\//, '')))
      return sendJson(response, 403, { message: 'Forbidden' });
    const body = await readBody(request, 100_000);
    const wanted = readTokenRequest(body?.toString('utf8') ?? '');
    if (!wanted.ok) return sendJson(response, 400, { message: wanted.problem });
    sendJson(response, 200, await signAccessToken(await keys, issuer, wanted));
  }

  return {
    issuer,
    handle: async (request, response) => {
      const [path = ''] = (request.url ?? '').split('?');
      if (path === '/local/token') await token(request, response);
      else if (path.startsWith(LOGIN)) await login(request, response);
      else if (path.startsWith(`${MOUNT}/`)) {
        // As a router mounts it: the provider finds its own prefix from the two.
        const mounted = Object.assign(request, { originalUrl: request.url, url: request.url?.slice(MOUNT.length) });
        await (await provider()).callback()(mounted, response);
      } else return false;
      return true;
    },
  };
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', JSON.stringify(value));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
