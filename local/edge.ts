import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fault } from './fault.ts';
import type { Iam } from './iam.ts';
import type { AwsResponse, AwsService } from './types.ts';

export interface EdgeOptions {
  /** 0 picks a free one. */
  port: number;
  services: {
    kms: AwsService;
    states: AwsService;
    sts: AwsService;
    iamApi: AwsService;
    ses: AwsService;
    slack: AwsService;
    dynamodb: AwsService;
    s3: AwsService;
    iam: Pick<Iam, 'admin' | 'callerOf' | 'handle' | 'close'>;
  };
}

export interface Edge {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** Closes the port. The services stay open. */
  close(): Promise<void>;
}

/** Bytes. The largest DynamoDB request, BatchWriteItem, is 16 MB. */
const LARGEST_BODY = 16 * 1024 * 1024;

/** A page in a browser must not reach us by a name that its owner points at 127.0.0.1 (DNS rebinding). */
const LOOPBACK_HOST = /^(localhost|[\w-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

const TARGETS = {
  TrentService: { service: 'kms', contentType: 'application/x-amz-json-1.1' },
  AWSStepFunctions: { service: 'states', contentType: 'application/x-amz-json-1.0' },
  DynamoDB_20120810: { service: 'dynamodb', contentType: 'application/x-amz-json-1.0' },
} as const;

/** S3 has no target and no action: the scope of the signature names it. */
const S3_SIGNATURE = /^AWS4-HMAC-SHA256 Credential=[^\s,]+\/s3\/aws4_request/;

const ABOUT = {
  what: 'AWS on this machine, for Countersign: one port for every service it uses. Nothing here reaches AWS.',
  services: ['dynamodb', 'iam', 'kms', 's3', 'sesv2', 'stepfunctions', 'sts'],
  also: [
    'GET /_aws/requests',
    'GET /_aws/ses',
    'GET /_slack/messages',
    'GET /_kms/journal',
    'GET /_iam/world',
    'PUT /_iam/world',
  ],
};

/**
 * One loopback HTTP port for every service, told apart as AWS SDKs call them: by `X-Amz-Target`, by `Action` of the query
 * protocol, or by path. Rejects when the port is taken.
 */
export async function startEdge({ port, services }: EdgeOptions): Promise<Edge> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    serve(incoming).then(
      (response) => send(outgoing, response),
      (error: unknown) => {
        if (!(error instanceof Fault)) console.error(error);
        send(
          outgoing,
          refusal(error instanceof Fault ? error : new Fault('InternalFailure', 'An error occurred here', 500)),
        );
      },
    );
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
  /** Requests so far by caller and operation: `countersign-local-apply` → `kms.PutKeyPolicy` → 1. */
  const requests: Record<string, Record<string, number>> = {};
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function serve(incoming: IncomingMessage): Promise<AwsResponse> {
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    if (!LOOPBACK_HOST.test(headers.host ?? '')) {
      throw new Fault('AccessDeniedException', `Host ${headers.host ?? ''} is not this machine`, 403);
    }
    const body = await bodyOf(incoming);
    const method = incoming.method ?? 'GET';
    const path = incoming.url ?? '/';
    const [, target = '', operation = ''] = /^(\w+)\.(\w+)$/.exec(headers['x-amz-target'] ?? '') ?? [];
    const request = { method, path, headers, body, operation };

    const local = localService(path);
    if (local) return local.handle({ ...request, caller: services.iam.admin });
    const api = Object.hasOwn(TARGETS, target) ? TARGETS[target as keyof typeof TARGETS] : undefined;
    const { action, name } = queryAction(headers, path, body);
    const service = api
      ? services[api.service]
      : action
        ? services[name]
        : path.startsWith('/v2/email/')
          ? services.ses
          : S3_SIGNATURE.test(headers.authorization ?? '')
            ? services.s3
            : undefined;
    if (service === undefined) {
      if (method === 'GET' && path === '/') return json(200, ABOUT);
      if (method === 'GET' && path === '/_aws/requests') return json(200, { requests });
      throw new Fault(
        'UnknownOperationException',
        `No service here answers ${method} ${path} ${headers['x-amz-target'] ?? ''}`,
      );
    }
    const signed = services.iam.callerOf(headers);
    if (!signed.ok) return refusal(new Fault(signed.code, signed.message, signed.status), api?.contentType);
    const by = signed.caller.principal.replace(/^.*\//, '');
    const called = service === services.s3 ? `s3.${method}` : `ses.SendEmail`;
    const asked = name === 'iamApi' ? 'iam' : 'sts';
    const what = api || action ? `${api?.service ?? asked}.${operation || action}` : called;
    requests[by] = { ...requests[by], [what]: (requests[by]?.[what] ?? 0) + 1 };
    return service.handle({ ...request, operation: operation || action, caller: signed.caller });
  }

  /** What AWS does not have: read back what was sent, set the world. */
  function localService(path: string): AwsService | undefined {
    if (/^\/_aws\/ses(?=$|[?/])/.test(path)) return services.ses;
    if (path.startsWith('/_slack/')) return services.slack;
    if (path.startsWith('/_kms/')) return services.kms;
    if (path.startsWith('/_iam/')) return services.iam;
    return undefined;
  }

  return {
    url,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeIdleConnections();
      }),
  };
}

/** `Action` of the query protocol, from the form or the query string, and whose it is by `Version`; '' for every other request. */
function queryAction(
  headers: Record<string, string>,
  path: string,
  body: Buffer,
): { action: string; name: 'iamApi' | 'sts' } {
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? body.toString('utf8') : '';
  const query = path.startsWith('/?') ? path.slice(2) : '';
  const said = new URLSearchParams(path === '/' || query !== '' ? form || query : '');
  return { action: said.get('Action') ?? '', name: said.get('Version') === '2010-05-08' ? 'iamApi' : 'sts' };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY)
      throw new Fault('RequestEntityTooLargeException', `The body is over ${LARGEST_BODY} bytes`, 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refusal(fault: Fault, contentType = 'application/json'): AwsResponse {
  const response = json(fault.status, { __type: fault.code, message: fault.message });
  return { ...response, headers: { 'content-type': contentType, 'x-amzn-errortype': fault.code } };
}

function json(status: number, value: unknown): AwsResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function send(outgoing: ServerResponse, { status, headers, body }: AwsResponse): void {
  const bytes = Buffer.from(body as string);
  const own = { 'x-amzn-requestid': randomUUID(), 'content-length': bytes.length };
  // The rest of a body that was too large is not read: the connection cannot be used again.
  outgoing.writeHead(status, { ...own, ...headers, ...(status === 413 ? { connection: 'close' } : {}) });
  outgoing.end(bytes);
}
