import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A system that runs in a process of its own, as `npm start` starts it. */
export interface Running {
  api: string;
  aws: string;
  dataDir: string;
  /** Milliseconds from the start of the process to the ready line. */
  readyAfter: number;
  pid: number;
  /** SIGTERM, and wait for the end; gives the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL: what a power cut does. */
  kill(): Promise<void>;
}

/** Starts the system on free ports with this folder; `env` is added to a bare environment. Rejects with what it said when it does not come up. */
export async function startRunning(dataDir: string, env: Record<string, string> = {}): Promise<Running> {
  const began = performance.now();
  const child: ChildProcess = spawn(process.execPath, ['--max-semi-space-size=1', 'local/start.ts'], {
    cwd: new URL('../..', import.meta.url),
    env: { PATH: process.env.PATH ?? '', PORT: '0', AWS_PORT: '0', DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const ended = once(child, 'exit') as Promise<[number | null]>;

  const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const match = /^countersign ready api=(\S+) aws=(\S+) data=(.+)$/.exec(line);
      if (match !== null) resolve(match);
      else said.push(line);
    });
    ended.then(([code]) => reject(new Error(`the system ended with ${code}: ${said.join('\n')}`)));
  });
  const [, api = '', aws = ''] = ready;
  return {
    api,
    aws,
    dataDir,
    readyAfter: performance.now() - began,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      return (await ended)[0];
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
