import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { bundleSources } from './lambda/bundle.ts';
import type { Service, ServiceFunction, ServiceRole } from './serverless.ts';
import type { Invocation, Invoke } from './types.ts';
import type { FromWorker, ToWorker } from './worker.ts';

export interface Lambdas {
  invoke: Invoke;
  /** Starts every execution environment and loads its functions, one after the other: the first calls find them warm. */
  warm(): Promise<void>;
  close(): Promise<void>;
}

const WORKER = join(import.meta.dirname, 'worker.ts');

export interface LambdaOptions {
  /** AWS_ENDPOINT_URL and whatever else each function gets on top of its environment in serverless.yml. */
  env: Record<string, string>;
  /** The keys that a role's session has. */
  credentialsFor(role: ServiceRole): { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Where what the functions print goes, as JSON lines. */
  logFile: string;
}

/**
 * Runs the functions of a service as Lambda would: one execution environment (a worker thread with an environment of its
 * own) for each role, so that no function can borrow another role's keys; its timeout ends the environment, a crash of it
 * fails what was running there, and the next call starts a fresh one.
 *
 * Unlike Lambda, an environment serves several calls at once.
 */
export function startLambdas(service: Service, options: LambdaOptions): Lambdas {
  const environments = new Map<string, Environment>();
  let isClosed = false;
  // What cannot be bundled runs from its sources: then only the function that is broken fails, and says how.
  const bundles = bundleSources([WORKER, ...[...service.functions.values()].map(({ file }) => file)]).catch(
    () => new Map<string, string>(),
  );
  let workerFile = WORKER;
  const bundled = async (lambda: ServiceFunction): Promise<ServiceFunction> => {
    const byFile = await bundles;
    workerFile = byFile.get(WORKER) ?? WORKER;
    return { ...lambda, file: byFile.get(lambda.file) ?? lambda.file };
  };

  /** Functions of one role with different variables must not see each other's. */
  const idOf = ({ role, environment }: ServiceFunction) => JSON.stringify([role, Object.entries(environment).sort()]);
  const environmentOf = (lambda: ServiceFunction): Environment => {
    const id = idOf(lambda);
    const running = environments.get(id);
    if (running) return running;
    const role = service.roles.get(lambda.role);
    if (!role) throw new Error(`functions.${lambda.key}.role: there is no role ${lambda.role}`);
    const environment = new Environment(workerFile, lambda, role, options, () => environments.delete(id));
    environments.set(id, environment);
    return environment;
  };

  return {
    invoke: async (key, event) => {
      const lambda = service.functions.get(key);
      if (!lambda)
        return { ok: false, errorType: 'ResourceNotFoundException', errorMessage: `Function not found: ${key}` };
      const ready = await bundled(lambda);
      if (isClosed) return { ok: false, errorType: 'ServiceException', errorMessage: 'Lambda is shutting down' };
      return environmentOf(ready).invoke(ready, event);
    },
    warm: async () => {
      const ready = await Promise.all([...service.functions.values()].map(bundled));
      for (const together of Map.groupBy(ready, idOf).values()) {
        const [first] = together;
        if (first && !isClosed) await environmentOf(first).load(together.map(({ file }) => file));
      }
    },
    close: async () => {
      isClosed = true;
      await Promise.all([...environments.values()].map((environment) => environment.end('Lambda is shutting down')));
    },
  };
}

class Environment {
  readonly #worker: Worker;
  readonly #log: (record: unknown) => void;
  readonly #onEnd: () => void;
  readonly #running = new Map<string, (invocation: Invocation) => void>();
  #onLoaded: (() => void) | undefined;
  #hasEnded = false;

  constructor(file: string, lambda: ServiceFunction, role: ServiceRole, options: LambdaOptions, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#log = (record) => appendFileSync(options.logFile, `${JSON.stringify(record)}\n`);
    this.#worker = new Worker(file, {
      env: environmentVariables(lambda, role, options),
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: lambda.memorySize, maxYoungGenerationSizeMb: 2 },
      name: role.name,
    });
    this.#printed(this.#worker.stdout);
    this.#printed(this.#worker.stderr);
    this.#worker.on('message', (message: FromWorker) => this.#answered(message));
    this.#worker.on('error', (error) => this.#ended(error.name, error.message));
    this.#worker.on('exit', (code) =>
      this.#ended('Runtime.ExitError', `Runtime exited with error: exit status ${code}`),
    );
    this.#worker.unref();
  }

  invoke(lambda: ServiceFunction, event: unknown): Promise<Invocation> {
    const requestId = randomUUID();
    const milliseconds = lambda.timeout * 1000;
    return new Promise((answer) => {
      const timer = setTimeout(() => {
        const seconds = lambda.timeout.toFixed(2);
        this.#finish(requestId, {
          ok: false,
          errorType: 'Sandbox.Timedout',
          errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
        });
        void this.end(`another call timed out after ${seconds} seconds`);
      }, milliseconds);
      this.#running.set(requestId, (invocation) => {
        clearTimeout(timer);
        if (!invocation.ok) this.#log({ level: 'ERROR', function: lambda.key, requestId, ...invocation });
        answer(
          invocation.ok
            ? invocation
            : { ok: false, errorType: invocation.errorType, errorMessage: invocation.errorMessage },
        );
      });
      this.#send({
        type: 'invoke',
        requestId,
        file: lambda.file,
        exportName: lambda.exportName,
        event: JSON.stringify(event),
        deadline: Date.now() + milliseconds,
        functionName: lambda.name,
        functionArn: lambda.arn,
        memorySize: lambda.memorySize,
      });
    });
  }

  load(files: string[]): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    return new Promise((done) => {
      this.#onLoaded = done;
      this.#send({ type: 'load', files });
    });
  }

  /** Ends it at once, as Lambda does after a timeout: a call that has had its answer must not go on acting. */
  async end(reason: string): Promise<void> {
    this.#ended('Runtime.ExitError', reason);
    await this.#worker.terminate();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #answered(message: FromWorker): void {
    if (message.type === 'loaded') this.#onLoaded?.();
    else if (message.result.ok)
      this.#finish(message.requestId, { ok: true, payload: JSON.parse(message.result.payload) });
    else this.#finish(message.requestId, message.result);
  }

  #finish(requestId: string, invocation: Invocation): void {
    const answer = this.#running.get(requestId);
    this.#running.delete(requestId);
    answer?.(invocation);
  }

  #ended(errorType: string, errorMessage: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onEnd();
    this.#onLoaded?.();
    for (const requestId of [...this.#running.keys()]) this.#finish(requestId, { ok: false, errorType, errorMessage });
  }

  #printed(stream: Readable): void {
    let rest = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') this.#log(asRecord(line));
    });
  }
}

/** A line of JSON stays what it is, anything else becomes a record with a message. */
function asRecord(line: string): unknown {
  try {
    const record: unknown = JSON.parse(line);
    if (typeof record === 'object' && record !== null) return record;
  } catch {
    // Not JSON: a plain console.log.
  }
  return { message: line };
}

/**
 * Exactly what a function sees: its own variables, Lambda's, its role's keys and the local endpoints. Nothing of the
 * machine's AWS configuration comes in, so that a real profile can never be used.
 */
function environmentVariables(
  lambda: ServiceFunction,
  role: ServiceRole,
  options: LambdaOptions,
): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = options.credentialsFor(role);
  return {
    ...lambda.environment,
    ...options.env,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memorySize),
    AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${randomUUID().replaceAll('-', '')}`,
    LAMBDA_TASK_ROOT: dirname(import.meta.dirname),
    TZ: ':UTC',
  };
}
