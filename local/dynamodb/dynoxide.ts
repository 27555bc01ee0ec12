import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface Dynoxide {
  /** `http://127.0.0.1:PORT` */
  endpoint: string;
  /** Resolves once the process is gone. */
  close(): Promise<void>;
}

/**
 * The shell between us and the database reads a pipe that only our end keeps open: when we die, however we die, it reads the
 * end of it and takes the database along. `set -C` makes the creation of the pid file the lock on the database file.
 */
const SUPERVISOR = `
set -C
echo $$ > "$3" 2>/dev/null || exit 3
set +C
"$0" serve --host 127.0.0.1 --port "$1" --db-path "$2" </dev/null &
database=$!
echo $database >> "$3"
(cat >/dev/null; kill -9 $database) 2>/dev/null <&3 &
exec 3<&- </dev/null
wait $database
ended=$?
rm -f "$3"
exit $ended
`;

const FILE_TAKEN = 3;

/** Milliseconds a database whose owner was just killed may take to follow it. */
const LAST_BREATH = 5000;

/**
 * Starts the database in its file on a free loopback port and waits until it answers. Its pid file, beside the database,
 * keeps a second one away: throws when another process has the file, or when the database does not start.
 */
export async function startDynoxide(binary: string, databasePath: string): Promise<Dynoxide> {
  const path = resolve(databasePath);
  const pidPath = `${path}.pid`;
  mkdirSync(dirname(path), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    await untilFree(path, pidPath);
    const port = await freePort();
    const child = spawn('sh', ['-c', SUPERVISOR, binary, String(port), path, pidPath], {
      // A group of its own: Ctrl-C in the terminal is for us, who still need the database while we stop.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const failure = await untilListening(child);
    const endpoint = `http://127.0.0.1:${port}`;
    if (failure === undefined) return { endpoint, close: () => stop(child) };
    // Somebody else may have taken the port, or the file, in between.
    const lost = failure.code === FILE_TAKEN || failure.said.includes('already in use');
    if (attempt === 5 || !lost) throw new Error(`DynamoDB did not start: ${failure.said} (exit code ${failure.code})`);
  }
}

/** Undefined when it listens, or how it ended before that. */
function untilListening(child: ChildProcess): Promise<{ said: string; code: number | null } | undefined> {
  return new Promise((done) => {
    let said = '';
    const hear = (chunk: Buffer) => {
      said += chunk.toString('utf8');
      if (said.includes('listening on')) done(undefined);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', (error) => done({ said: error.message, code: null }));
    child.once('close', (code) => done({ said: said.trim(), code }));
  });
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once('close', () => done());
    const pipe = child.stdio[3];
    if (pipe && 'end' in pipe) pipe.end();
  });
}

async function untilFree(path: string, pidPath: string): Promise<void> {
  const patience = Date.now() + LAST_BREATH;
  while (existsSync(pidPath)) {
    const owners = readFileSync(pidPath, 'utf8')
      .split('\n')
      .filter((pid) => pid !== '' && hasOpen(pid, path));
    if (owners.length === 0) rmSync(pidPath, { force: true });
    else if (Date.now() < patience) await setTimeout(20);
    else
      throw new Error(
        `another process (${owners.join(', ')}) has the database ${path}: is Countersign running already?`,
      );
  }
}

/** Is this process alive, and ours? A pid alone may be somebody else's by now. */
function hasOpen(pid: string, path: string): boolean {
  if (!/^\d+$/.test(pid)) return false;
  try {
    const command = existsSync('/proc/self/cmdline')
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      : execFileSync('ps', ['-o', 'args=', '-p', pid], { encoding: 'utf8' });
    return command.includes(path);
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
