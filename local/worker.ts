import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import type { Invocation } from './types.ts';

/** What the Lambda service tells one execution environment. */
export type ToWorker = { type: 'load'; files: string[] } | ({ type: 'invoke' } & WorkerInvocation);

export interface WorkerInvocation {
  requestId: string;
  file: string;
  exportName: string;
  /** JSON, as it travels to a real Lambda. */
  event: string;
  /** Milliseconds since the epoch. */
  deadline: number;
  functionName: string;
  functionArn: string;
  memorySize: number;
}

export type FromWorker =
  | { type: 'loaded' }
  | {
      type: 'result';
      requestId: string;
      result: { ok: true; payload: string } | (Invocation & { ok: false; trace: string });
    };

type Handler = (event: unknown, context: unknown) => unknown;

const failure = (requestId: string, errorType: string, errorMessage: string, trace = ''): FromWorker => ({
  type: 'result',
  requestId,
  result: { ok: false, errorType, errorMessage, trace },
});

async function run(invocation: WorkerInvocation): Promise<FromWorker> {
  const { requestId, file, exportName, functionName } = invocation;
  process.env.AWS_LAMBDA_FUNCTION_NAME = functionName;
  process.env.AWS_LAMBDA_LOG_GROUP_NAME = `/aws/lambda/${functionName}`;
  let handler: unknown;
  try {
    handler = ((await import(pathToFileURL(file).href)) as Record<string, unknown>)[exportName];
  } catch (error) {
    return failure(requestId, 'Runtime.ImportModuleError', String(error), error instanceof Error ? error.stack : '');
  }
  if (typeof handler !== 'function')
    return failure(requestId, 'Runtime.HandlerNotFound', `${file} has no function ${exportName}`);
  try {
    const value = await (handler as Handler)(JSON.parse(invocation.event), contextOf(invocation));
    return { type: 'result', requestId, result: { ok: true, payload: JSON.stringify(value) ?? 'null' } };
  } catch (error) {
    // The words of the runtime interface client: a thrown non-error is named by its type.
    return error instanceof Error
      ? failure(requestId, error.name, error.message, error.stack)
      : failure(requestId, typeof error, String(error));
  }
}

function contextOf(invocation: WorkerInvocation): Record<string, unknown> {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: invocation.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: invocation.functionArn,
    memoryLimitInMB: String(invocation.memorySize),
    awsRequestId: invocation.requestId,
    logGroupName: `/aws/lambda/${invocation.functionName}`,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, invocation.deadline - Date.now()),
  };
}

parentPort?.on('message', async (message: ToWorker) => {
  if (message.type === 'invoke') {
    parentPort?.postMessage(await run(message));
    return;
  }
  // A file that cannot be loaded says so when it is invoked, as on AWS.
  for (const file of message.files) await import(pathToFileURL(file).href).catch(() => undefined);
  parentPort?.postMessage({ type: 'loaded' } satisfies FromWorker);
});
