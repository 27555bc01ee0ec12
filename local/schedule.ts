import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopback } from './gateway.ts';
import type { Schedule, Service } from './serverless.ts';
import type { Invocation, Invoke } from './types.ts';

export interface Schedules {
  /** Answers `POST /local/schedule/{function}` by running it now. @returns false when the path is another */
  handle(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  close(): void;
}

const PATH = /^\/local\/schedule\/([A-Za-z0-9]+)$/;

/**
 * Runs every scheduled function of the service once now, and then at its rate. A run that is still going when its time
 * comes again is not doubled: on a laptop that was asleep, all of them would wake at once.
 */
export function startSchedules(service: Service, invoke: Invoke): Schedules {
  const running = new Map<string, Promise<Invocation>>();
  const run = (schedule: Schedule): Promise<Invocation> => {
    const { functionKey } = schedule;
    const going = running.get(functionKey);
    if (going) return going;
    const next = invoke(functionKey, scheduledEvent(service, schedule)).finally(() => running.delete(functionKey));
    running.set(functionKey, next);
    return next;
  };
  const timers = service.schedules.map((schedule) => setInterval(() => void run(schedule), schedule.seconds * 1000));
  for (const schedule of service.schedules) void run(schedule);

  return {
    handle: async (request, response) => {
      const key = PATH.exec(request.url ?? '')?.[1];
      const schedule = service.schedules.find((one) => one.functionKey === key);
      const { origin } = request.headers;
      if (schedule === undefined || request.method !== 'POST') return false;
      if (origin !== undefined && !isLoopback(origin.replace(/^http:\/\//, ''))) return false;
      // One that was asked for sees everything that happened before it was: a run already going may have looked too early.
      await running.get(schedule.functionKey);
      const result = await run(schedule);
      response.writeHead(result.ok ? 200 : 502, { 'content-type': 'application/json' }).end(JSON.stringify(result));
      return true;
    },
    close: () => timers.forEach(clearInterval),
  };
}

/** As EventBridge sends it for a schedule rule. */
function scheduledEvent({ name, stage, region, accountId }: Service, { functionKey }: Schedule): unknown {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: accountId,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: [`arn:aws:events:${region}:${accountId}:rule/${name}-${stage}-${functionKey}`],
    detail: {},
  };
}
