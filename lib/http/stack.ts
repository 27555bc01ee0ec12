import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy, { type MiddyfiedHandler } from '@middy/core';
import httpHeaderNormalizer from '@middy/http-header-normalizer';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Outcome, Refusal, RefusalCode } from '../change/refusal.ts';
import { refuse } from '../change/refusal.ts';
import type { GroupName } from '../change/rules.ts';
import { loadRules } from '../store/rulesFile.ts';
import { StrangeCursor } from '../store/table.ts';
import { type Caller, identify, strangerOf } from './identity.ts';
import { internalProblem, problem } from './problem.ts';

export const logger = new Logger();

/** A request after the stack: who asks, for what, and when it came in. */
export interface Request {
  caller: Caller;
  event: APIGatewayProxyEventV2;
  /** Path parameters, URL-decoded. */
  params: Record<string, string>;
  query: Record<string, string>;
  /** ISO 8601, UTC. */
  now: string;
}

type Result = APIGatewayProxyStructuredResultV2;
type Handler = MiddyfiedHandler<APIGatewayProxyEventV2, Result, Error, Context>;

const STRANGE_CURSOR = 'Query parameter cursor: must be the cursor of the page before, with the same filters.';

const SIGNED_IN: GroupName[] = ['submitters', 'approvers', 'auditors', 'admins'];

const json = (statusCode: number, body: unknown): Result => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
});

/** The log line of a refusal: its code and route, never what was in the request. */
function refused(event: APIGatewayProxyEventV2, refusal: Refusal): Result {
  logger.info('refused', { code: refusal.code, route: event.routeKey });
  return problem(refusal);
}

/** The bottom of every stack: headers in one spelling, and an unforeseen error logged whole and answered without a word of it. */
const stack = (act: (event: APIGatewayProxyEventV2) => Promise<Result>): Handler =>
  middy<APIGatewayProxyEventV2, Result>()
    .use(injectLambdaContext(logger))
    .use(httpHeaderNormalizer())
    .onError((request) => {
      logger.error('unforeseen', { route: request.event.routeKey, error: request.error });
      request.response = internalProblem(request.context.awsRequestId);
    })
    .handler(act);

/** What an endpoint that writes records when it turns somebody away at the door: a fact, of the change in its path where there is one. */
export interface TurnedAway {
  attempt: string;
  record(
    changeId: string | undefined,
    who: { person: string; attempt: string; code: RefusalCode },
    at: string,
  ): Promise<unknown>;
}

async function turnAway(
  event: APIGatewayProxyEventV2,
  turnedAway: TurnedAway | undefined,
  person: string,
  refusal: Refusal,
): Promise<Result> {
  const { id } = decoded(event.pathParameters);
  if (turnedAway !== undefined) {
    const { attempt } = turnedAway;
    const attempted = { person, attempt, code: refusal.code };
    // The answer is no, whether that could be written down or not.
    await turnedAway
      .record(id, attempted, new Date().toISOString())
      .catch((error: Error) => logger.error('a refusal could not be recorded', { ...attempted, error }));
  }
  logger.warn('turned away', { code: refusal.code, route: event.routeKey, person });
  return problem(refusal);
}

/**
 * The stack of every JSON endpoint for people and pipelines: identify the caller, check that one of their groups may do
 * this, act, and turn the outcome into JSON or problem+json. `groups` empty: everybody who is in any group. `answer`: how
 * an outcome is printed that is not JSON.
 */
export const api = <T>(
  options: { groups?: GroupName[]; status?: number; answer?: (value: T) => Result; turnedAway?: TurnedAway },
  act: (request: Request) => Promise<Outcome<T>>,
): Handler =>
  stack(async (event) => {
    const caller = identify(event, loadRules());
    if (!caller.ok) return turnAway(event, options.turnedAway, strangerOf(event), caller.refusal);
    const groups = options.groups ?? SIGNED_IN;
    if (!groups.some((group) => caller.value.groups.includes(group))) {
      const { refusal } = refuse('NOT_IN_GROUP', `This is for ${groups.join(' and ')}.`);
      return turnAway(event, options.turnedAway, caller.value.person, refusal);
    }
    const outcome = await act({
      caller: caller.value,
      event,
      params: decoded(event.pathParameters),
      query: defined(event.queryStringParameters),
      now: new Date().toISOString(),
    }).catch((error: Error) => {
      if (error instanceof StrangeCursor) return refuse('BAD_REQUEST', STRANGE_CURSOR);
      throw error;
    });
    if (!outcome.ok) return refused(event, outcome.refusal);
    return options.answer?.(outcome.value) ?? json(options.status ?? 200, outcome.value);
  });

/** The stack of what anyone may ask. */
export const open = (act: (request: Omit<Request, 'caller'>) => Promise<Result>): Handler =>
  stack((event) =>
    act({
      event,
      params: decoded(event.pathParameters),
      query: defined(event.queryStringParameters),
      now: new Date().toISOString(),
    }),
  );

/** JSON that anyone may read. */
export const openJson = (value: unknown): Result => json(200, value);

const defined = (record: Record<string, string | undefined> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(record ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined));

function decoded(record: Record<string, string | undefined> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(defined(record)).map(([name, value]) => [name, decode(value)]));
}

/** API Gateway hands a path parameter on as it was sent. What is no escape stays as it is. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
