import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy, { type MiddyfiedHandler } from '@middy/core';
import type { Context } from 'aws-lambda';

export const logger = new Logger();

/** What the state machine hands a task: ids, nothing else. */
export interface TaskInput {
  changeId: string;
  taskToken?: string;
  /** How often this execution has looked. */
  turn?: number;
  /** When this execution began, ISO 8601. */
  startedAt?: string;
  /** This execution. */
  executionArn?: string;
}

const logged = <I, O>(act: (input: I, context: Context) => Promise<O>): MiddyfiedHandler<I, O, Error, Context> =>
  middy<I, O>()
    .use(injectLambdaContext(logger))
    .onError((request) => {
      const changeId = (request.event as Partial<TaskInput>).changeId;
      logger.warn('the state machine will try again', { changeId, error: request.error });
    })
    .handler(act);

/** The stack of a task of the state machine. What is thrown is logged and goes to the state machine's Retry and Catch by its name. */
export const task = <O>(act: (input: TaskInput, context: Context) => Promise<O>) => logged<TaskInput, O>(act);

/** The stack of a function that EventBridge hands events of AWS. What is thrown is logged, and Lambda tries twice more. */
export const onEvent = <I, O>(act: (event: I) => Promise<O>) => logged<I, O>(act);

/** The stack of a scheduled function. */
export const scheduled = <O>(act: () => Promise<O>) => logged<unknown, O>(act);

/** A value of this function as a CloudWatch metric of the namespace Countersign, by a line of its log (embedded metric format). */
export function gauge(Name: string, Unit: 'Seconds' | 'Count', value: number): void {
  const CloudWatchMetrics = [{ Namespace: 'Countersign', Dimensions: [['FunctionName']], Metrics: [{ Name, Unit }] }];
  const FunctionName = process.env.AWS_LAMBDA_FUNCTION_NAME ?? '';
  process.stdout.write(
    `${JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics }, FunctionName, [Name]: value })}\n`,
  );
}
