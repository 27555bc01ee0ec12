import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Lock {
  release(): void;
}

/**
 * Makes this process the only one on a data folder. A lock whose process is gone, or whose number another process has by
 * now, is taken over: nothing has to be cleaned up by hand after kill -9.
 * @throws Error that names the process which has the folder
 */
export function lockDataDir(dataDir: string): Lock {
  const path = join(dataDir, 'lock');
  const mine = `${process.pid} ${startOf(process.pid)}`;
  const candidate = `${path}.${process.pid}`;
  writeFileSync(candidate, mine);
  try {
    // A link appears whole or not at all, and never replaces another.
    for (let attempt = 0; !link(candidate, path); attempt++) {
      const owner = readFileIfThere(path);
      const [pid = '', ...start] = owner?.split(' ') ?? [];
      const alive = startOf(Number(pid));
      if (attempt === 10 || (alive !== '' && start.join(' ') === alive)) {
        throw new Error(
          `Countersign is running on ${dataDir} already (process ${pid}). Stop that one, or set DATA_DIR to another folder.`,
        );
      }
      if (owner !== undefined) rmSync(path, { force: true });
    }
  } finally {
    rmSync(candidate, { force: true });
  }
  return {
    release: () => {
      if (readFileIfThere(path) === mine) rmSync(path);
    },
  };
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readFileIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** When a process began, in words that mean something only beside its pid; '' when there is none. */
function startOf(pid: number): string {
  try {
    if (existsSync('/proc/self/stat')) {
      // Behind the name in parentheses, which may hold anything: the state, and 19 fields on the start in ticks since boot
      // (proc(5)). A zombie was killed; only its parent has not looked yet.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? '' : (fields[19] ?? '');
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
