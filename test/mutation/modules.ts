import { registerHooks } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * The modules of Stryker's sandbox, loaded by Node itself. Each load has a number in the address of its modules, so that a
 * new one begins with nothing cached, and `vitest` is the stand-in of vitest.ts.
 */
const STAND_IN = new URL('vitest.ts', import.meta.url).href;

let sandbox = '';
const importers = new Map<string, Set<string>>();
const plain = (url: string): string => url.replace(/\?.*/, '');

/** Call once, in the process that runs the tests, when its working directory is the sandbox. */
export function hookModules(): void {
  sandbox = pathToFileURL(process.cwd() + sep).href;
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL = '' } = context;
      if (!parentURL.startsWith(sandbox)) return next(specifier, context);
      if (specifier === 'vitest') return { url: STAND_IN, format: 'module-typescript', shortCircuit: true };
      const resolved = next(specifier, context);
      if (!resolved.url.startsWith(sandbox) || resolved.url.includes('/node_modules/')) return resolved;
      const from = importers.get(plain(resolved.url)) ?? new Set();
      importers.set(plain(resolved.url), from.add(plain(parentURL)));
      return { ...resolved, url: `${plain(resolved.url)}${new URL(parentURL).search}` };
    },
  });
}

/** @param file From the root of the repository. */
export async function load(file: string, round: number): Promise<void> {
  await import(`${sandbox}${file}?${round}`);
}

/** The files, from the root of the repository, that import `file` (a path in the sandbox), themselves or by others. */
export function dependents(file: string): Set<string> {
  const found = new Set([pathToFileURL(file).href]);
  for (const url of found) for (const one of importers.get(url) ?? []) found.add(one);
  return new Set([...found].map((url) => fileURLToPath(url).slice(fileURLToPath(sandbox).length)));
}
