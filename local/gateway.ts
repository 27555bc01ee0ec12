import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { headersOf, requestTime, splitTarget, toEvent } from './gateway/event.ts';
import { type Authorization, type AuthorizeJwt, jwtAuthorizer } from './gateway/jwt.ts';
import { type GatewayResponse, message, toResponse } from './gateway/response.ts';
import { matchRoute } from './gateway/route.ts';
import { type Iam, verifySigV4 } from './iam.ts';
import type { Route, Service } from './serverless.ts';
import type { Invoke } from './types.ts';

export interface Gateway {
  /** `http://127.0.0.1:3000` */
  url: string;
  /** From now on the routes answer; before that everything is 503. */
  serve(api: Api): void;
  /** Lets what is being answered finish, for at most three seconds. */
  close(): Promise<void>;
}

export interface Api {
  service: Service;
  invoke: Invoke;
  iam: Pick<Iam, 'keyOf' | 'callerOf' | 'userIdOf'>;
  /** File of the access log; its format is that of serverless.yml. */
  accessLog: string;
  /** What there is under `/local/`. @returns false where there is nothing */
  local(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

/** Quotas for an HTTP API: payload 10 MB; request line and headers 10,240 bytes. */
const MAX_BODY = 10_000_000;
const MAX_HEADERS = 10_240;
/** Milliseconds that a connection is kept: a client that was busy for a while must not meet a closed one. */
const KEPT_OPEN = 60_000;

/**
 * Opens the HTTP API's port on loopback.
 * @param port 0 for a free one
 * @throws Error with `code` EADDRINUSE when somebody has it
 */
export async function openGateway(port: number): Promise<Gateway> {
  let api: (Api & { authorizers: Map<string, AuthorizeJwt> }) | undefined;
  const server = createServer(
    { maxHeaderSize: MAX_HEADERS, keepAliveTimeout: KEPT_OPEN },
    async (request, response) => {
      if (!isLoopback(request.headers.host)) return send(response, message(403, 'Forbidden'));
      if (!api) return send(response, message(503, 'Service Unavailable'));
      const { path } = splitTarget(request.url ?? '/');
      if (path.startsWith('/local/')) return local(api, request, response);
      return answer(api, api.authorizers, request, response);
    },
  );
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (given) => {
      const { authorizers } = given.service;
      api = { ...given, authorizers: new Map([...authorizers].map(([name, one]) => [name, jwtAuthorizer(one)])) };
    },
    close: () =>
      new Promise((done) => {
        const timer = setTimeout(() => server.closeAllConnections(), 3000);
        server.close(() => {
          clearTimeout(timer);
          done();
        });
        server.closeIdleConnections();
      }),
  };
}

/** What is under `/local` is no Lambda: an error of it must not end the process. */
async function local(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (!(await api.local(request, response))) send(response, message(404, 'Not Found'));
  } catch (error) {
    send(response, message(500, error instanceof Error ? error.message : String(error)));
  }
}

async function answer(
  api: Api,
  authorizers: Map<string, AuthorizeJwt>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const now = new Date();
  const requestId = randomUUID();
  const match = matchRoute(api.service.routes, request.method ?? '', splitTarget(request.url ?? '/').path);
  const work = async (): Promise<GatewayResponse> => {
    const body = await readBody(request);
    if (body === undefined) return message(413, 'Request Entity Too Large');
    if (!match.ok) return match.status === 404 ? message(404, 'Not Found') : message(400, 'Bad Request');
    const { route, pathParameters } = match;
    const authorization = await authorize(api, authorizers, route, request, body);
    if (!authorization.ok) {
      const headers = authorization.challenge === undefined ? {} : { 'www-authenticate': authorization.challenge };
      return message(authorization.status, authorization.status === 401 ? 'Unauthorized' : 'Forbidden', headers);
    }
    const { authorizer } = authorization;
    const { accountId } = api.service;
    const event = toEvent({ request, body, route, pathParameters, authorizer, requestId, accountId, now });
    return toResponse(await api.invoke(route.functionKey, event));
  };
  let status = 499;
  try {
    const result = await work();
    status = send(response, { ...result, headers: { ...result.headers, 'apigw-requestid': requestId } });
  } catch {
    // The client went away in the middle of its request; there is nobody to answer.
    response.destroy();
  }
  const context: Record<string, string | number> = {
    requestId,
    routeKey: match.ok ? match.route.routeKey : '-',
    status,
    requestTime: requestTime(now),
    responseLatency: Date.now() - now.getTime(),
    protocol: `HTTP/${request.httpVersion}`,
    httpMethod: request.method ?? '-',
  };
  const line = api.service.accessLogFormat.replace(/\$context\.(\w+)/g, (_, name: string) =>
    String(context[name] ?? '-'),
  );
  appendFileSync(api.accessLog, `${line}\n`);
}

async function authorize(
  { iam, service }: Api,
  authorizers: Map<string, AuthorizeJwt>,
  route: Route,
  request: IncomingMessage,
  body: Buffer,
): Promise<Authorization> {
  const { authorizer } = route;
  const headers = headersOf(request);
  if (authorizer.type === 'none') return { ok: true, authorizer: undefined };
  if (authorizer.type === 'jwt') {
    const check = authorizers.get(authorizer.name);
    return check ? check(headers.authorization, authorizer.scopes) : { ok: false, status: 401 };
  }
  const { method = '', url = '/' } = request;
  const signature = await verifySigV4({ method, path: url, headers, body }, iam.keyOf);
  const caller = iam.callerOf(headers);
  if (!signature.ok || !caller.ok) return { ok: false, status: 403 };
  const { path } = splitTarget(url);
  const resource = `arn:aws:execute-api:${service.region}:${service.accountId}:local/$default/${method}${path}`;
  if (!caller.caller.allows('execute-api:Invoke', resource)) return { ok: false, status: 403 };
  const userId = iam.userIdOf(caller.caller);
  return {
    ok: true,
    authorizer: {
      iam: {
        accessKey: signature.accessKeyId,
        accountId: caller.caller.accountId,
        callerId: userId,
        cognitoIdentity: null,
        principalOrgId: null,
        userArn: caller.caller.arn,
        userId,
      },
    },
  };
}

/** Listening on 127.0.0.1 alone does not keep out a web page whose name was pointed there: the name is checked too. */
export function isLoopback(host: string | undefined): boolean {
  return /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i.test(host ?? '');
}

/** @returns undefined when the body is larger than `limit` bytes; the rest is read and dropped, so that the client can hear it */
export async function readBody(request: IncomingMessage, limit = MAX_BODY): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  return size <= limit ? Buffer.concat(chunks) : undefined;
}

/** @returns the status that was sent: 500 when a Lambda's headers are none */
function send(response: ServerResponse, { status, headers, body }: GatewayResponse): number {
  try {
    response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
    return status;
  } catch {
    const { status, headers, body } = message(500, 'Internal Server Error');
    response.writeHead(status, headers).end(body);
    return status;
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail);
      done();
    });
  });
}
