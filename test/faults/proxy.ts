import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { accessKeyOf } from '../../local/iam/keys.ts';
import { readService } from '../../local/serverless.ts';

/** What can happen to one call. The crashes are SIGKILL of everything, before AWS heard of the call or after it had answered. */
export const MODES = [
  'throttle',
  'fail',
  'hang',
  'reply-lost',
  'duplicate',
  'stale',
  'crash-before',
  'crash-after',
] as const;
export type Mode = (typeof MODES)[number];

/** The `nth` call, from 1, of one operation by one role since the proxy was armed. */
export interface Call {
  /** Such as `apply kms.PutKeyPolicy`, or `apply as CountersignApply kms.PutKeyPolicy` with the keys of a role that it assumed. */
  operation: string;
  nth: number;
}

export type Fault = Call & { mode: Mode };

export const nameOf = ({ operation, nth, mode }: Fault): string => `${mode} at ${operation} ${nth}`;

export interface FaultProxy {
  url: string;
  /** Where calls go: the edge of a running system. Until there is one, calls wait. */
  target: string | undefined;
  /** Called when a crash is due; what it kills must be dead when it returns. */
  crash(): void;
  /** The callers are dead: whatever they still send does not reach AWS. */
  dead: boolean;
  /** Holds the answer of a call back, which AWS has given, until it is let go: what SIGSTOP does to whoever waits for it. */
  hold(call: Call): { held: Promise<void>; letGo(): void };
  /** Counts from 1 again, with these faults to come. Each comes once. */
  arm(...faults: Fault[]): void;
  /** What is read from now on can be stale by what was read from now on alone: nothing is behind for ever. */
  forget(): void;
  /** Every call since the proxy was armed, in its order. */
  calls(): Call[];
  /** The faults that came to pass. A stale answer cannot come where no other one was given before, nor from a consistent read. */
  happened(): Fault[];
  close(): Promise<void>;
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

const SERVICES: Record<string, string> = {
  TrentService: 'kms',
  AWSStepFunctions: 'states',
  DynamoDB_20120810: 'dynamodb',
};
/** Operations whose answer may be behind: KMS is eventually consistent, and so is every read of DynamoDB that does not ask for more. */
const MAY_BE_STALE = /kms\.(Get|Describe|List)|dynamodb\.(GetItem|BatchGetItem|Query)/;

/** A loopback proxy between lambdas and the edge that breaks the calls it is told to. */
export async function startProxy(): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  let faults: Fault[] = [];
  let calls: Call[] = [];
  let happened: Fault[] = [];
  let counts = new Map<string, number>();
  /** By read: the newest answer, and the one before that was another. */
  const answers = new Map<string, { newest: Answer; older?: Answer }>();

  const holds = new Map<string, () => Promise<void>>();
  /** Who calls, by access key: the roles of serverless.yml, and every session that was started through here. */
  const callers = new Map(
    [...readService({ stage: 'local', env: {} }).roles.values()].map(({ name }) => [
      accessKeyOf(name).accessKeyId,
      name.replace('countersign-local-', ''),
    ]),
  );

  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: undefined,
    crash: () => undefined,
    dead: false,
    hold: ({ operation, nth }) => {
      const held = Promise.withResolvers<void>();
      const free = Promise.withResolvers<void>();
      holds.set(`${operation} ${nth}`, () => {
        held.resolve();
        return free.promise;
      });
      return { held: held.promise, letGo: free.resolve };
    },
    arm: (...next) => {
      faults = next;
      calls = [];
      happened = [];
      counts = new Map();
    },
    forget: () => answers.clear(),
    calls: () => calls,
    happened: () => happened,
    close: () => {
      agent.destroy();
      return new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
    },
  };
  return proxy;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (proxy.dead) return reply(outgoing, problem(400, 'AccessDeniedException'));
    const caller = callerOf(incoming);
    const operation = operationOf(caller, incoming, body);
    const nth = (counts.get(operation) ?? 0) + 1;
    counts.set(operation, nth);
    calls.push({ operation, nth });
    const fault = faults.find((one) => one.operation === operation && one.nth === nth);
    const forward = async () => {
      const answer = await send(incoming, body);
      if (operation.endsWith(' sts.AssumeRole')) noteSession(caller, body, answer);
      return answer;
    };
    const read = `${incoming.headers['x-amz-target']} ${body}`;
    const mayBeStale = MAY_BE_STALE.test(operation) && !body.includes('"ConsistentRead":true');
    if (fault !== undefined && fault.mode !== 'stale') happened.push(fault);

    switch (fault?.mode) {
      case 'throttle':
        return reply(outgoing, throttled(operation));
      case 'fail':
        return reply(outgoing, problem(500, 'InternalServerError'));
      case 'hang':
        await wait(20);
        outgoing.destroy();
        return;
      case 'reply-lost':
        await forward();
        outgoing.destroy();
        return;
      case 'duplicate':
        await forward();
        return reply(outgoing, await forward());
      case 'stale': {
        const current = await forward();
        const stale = mayBeStale ? before(read, current) : undefined;
        if (stale !== undefined) happened.push(fault);
        return reply(outgoing, stale ?? current);
      }
      case 'crash-before':
        proxy.crash();
        outgoing.destroy();
        return;
      case 'crash-after':
        await forward();
        proxy.crash();
        outgoing.destroy();
        return;
    }
    const answer = await forward();
    const holding = holds.get(`${operation} ${nth}`);
    holds.delete(`${operation} ${nth}`);
    await holding?.();
    if (mayBeStale && answer.status === 200) {
      const older = before(read, answer);
      answers.set(read, { newest: answer, ...(older === undefined ? {} : { older }) });
    }
    return reply(outgoing, answer);
  }

  function callerOf({ headers }: IncomingMessage): string {
    const [, key = ''] = /Credential=(\w+)\//.exec(headers.authorization ?? '') ?? [];
    return callers.get(key) ?? 'test';
  }

  function noteSession(caller: string, request: Buffer, answer: Answer): void {
    const role = new URLSearchParams(request.toString('utf8')).get('RoleArn')?.split('/').at(-1);
    const [, key] = /<AccessKeyId>(\w+)</.exec(answer.body.toString('utf8')) ?? [];
    if (key !== undefined) callers.set(key, `${caller} as ${role}`);
  }

  /** What this read gave before it gave what it gives now. */
  function before(read: string, current: Answer): Answer | undefined {
    const known = answers.get(read);
    return known?.newest.body.equals(current.body) ? known.older : known?.newest;
  }

  async function send({ method, url = '/', headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    for (let tries = 0; proxy.target === undefined && tries < 500; tries++) await wait(20);
    const { host: _, connection: __, 'transfer-encoding': ___, ...passed } = headers;
    return new Promise((done, fail) => {
      const outgoing = httpRequest(
        new URL(url, proxy.target),
        { method, agent, headers: { ...passed, 'content-length': body.length } },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', fail);
          incoming.on('end', () => {
            const { connection: _, 'keep-alive': __, ...kept } = incoming.headers;
            done({ status: incoming.statusCode ?? 500, headers: kept, body: Buffer.concat(chunks) });
          });
        },
      );
      outgoing.on('error', fail);
      outgoing.end(body);
    });
  }
}

function operationOf(caller: string, { headers, method, url = '' }: IncomingMessage, body: Buffer): string {
  const [, target = '', operation = ''] = /^(\w+)\.(\w+)$/.exec(String(headers['x-amz-target'])) ?? [];
  if (target !== '') return `${caller} ${SERVICES[target]}.${operation}`;
  if (url.startsWith('/v2/email/')) return `${caller} ses.SendEmail`;
  if (headers.authorization?.includes('/s3/aws4_request')) return `${caller} s3.${method}`;
  const form = new URLSearchParams(body.toString('utf8'));
  return `${caller} ${form.get('Version') === '2010-05-08' ? 'iam' : 'sts'}.${form.get('Action')}`;
}

/** The query protocol of IAM and STS speaks XML. */
const queryProblem = (status: number, code: string): Answer => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: Buffer.from(`<ErrorResponse><Error><Code>${code}</Code><Message>Asked for.</Message></Error></ErrorResponse>`),
});

/** S3 speaks XML of its own. */
const s3Problem = (status: number, code: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(`<Error><Code>${code}</Code><Message>Asked for.</Message></Error>`),
});

const problem = (status: number, code: string, more: object = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code },
  body: Buffer.from(JSON.stringify({ __type: code, message: 'A fault that was asked for.', ...more })),
});

/** As each service says it: a transaction is cancelled, which the SDK does not try again. */
function throttled(operation: string): Answer {
  if (operation.endsWith('dynamodb.TransactWriteItems')) {
    return problem(400, 'TransactionCanceledException', { CancellationReasons: [{ Code: 'ThrottlingError' }] });
  }
  if (/ (?:iam|sts)\./.test(operation)) return queryProblem(400, 'Throttling');
  if (operation.includes(' s3.')) return s3Problem(503, 'SlowDown');
  return problem(
    400,
    operation.includes('dynamodb') ? 'ProvisionedThroughputExceededException' : 'ThrottlingException',
  );
}

function reply(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  outgoing.writeHead(status, { ...headers, 'content-length': body.length });
  outgoing.end(body);
}
