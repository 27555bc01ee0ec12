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
      const owner = existsSync(path) ? readFileSync(path, 'utf8') : '';
      const [pid, ...start] = owner.split(' ');
      if (attempt === 10 || (pid && start.join(' ') === startOf(Number(pid)))) {
        throw new Error(
          `Countersign is running on ${dataDir} already (process ${pid}). Stop that one, or set DATA_DIR to another folder.`,
        );
      }
      if (owner !== '') rmSync(path, { force: true });
    }
  } finally {
    rmSync(candidate, { force: true });
  }
  return {
    release: () => {
      if (existsSync(path) && readFileSync(path, 'utf8') === mine) rmSync(path);
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

/** When a process began, in words that mean something only beside its pid; '' when there is none. */
function startOf(pid: number): string {
  try {
    if (existsSync('/proc/self/stat')) {
      // After the name in parentheses, which may hold anything, the 20th field is the start in ticks since boot (proc(5)).
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
