import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Invocation } from '../../../local/types.ts';

export interface Call {
  name: string;
  event: Record<string, unknown>;
}

export interface Lambdas {
  url: string;
  calls: Call[];
  /** Resolves with the nth call, counted from 1, as soon as it has arrived: perhaps before it is answered. */
  called(nth: number): Promise<Call>;
  close(): Promise<void>;
}

/** Lambdas that the test answers itself, over HTTP. `answer` may take as long as the test wants. */
export async function serveLambdas(
  answer: (call: Call, nth: number) => Promise<Invocation> | Invocation,
): Promise<Lambdas> {
  const calls: Call[] = [];
  const waiting: { nth: number; resolve: (call: Call) => void }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = { name: (request.url ?? '').slice(1), event: JSON.parse(Buffer.concat(chunks).toString()) };
    const nth = calls.push(call);
    for (const waiter of waiting) if (waiter.nth === nth) waiter.resolve(call);
    response.end(JSON.stringify(await answer(call, nth)));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    called(nth) {
      const call = calls[nth - 1];
      return call ? Promise.resolve(call) : new Promise((resolve) => waiting.push({ nth, resolve }));
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
