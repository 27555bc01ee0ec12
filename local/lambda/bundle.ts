import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Bundles are kept for the next start, by the state of every file that went into them. */
const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'countersign');
const ONE_DAY_MS = 24 * 3_600_000;

/**
 * Bundles sources as the functions are packaged for AWS (serverless.yml, `custom.esbuild`), but not minified. Sixteen execution
 * environments that each load the SDK file by file, and a compiler to strip its types, need twice the memory.
 *
 * @param files absolute paths of the sources; those that are not there are left out
 * @returns the bundle of each source
 * @throws when one of them cannot be bundled
 */
export async function bundleSources(files: readonly string[]): Promise<Map<string, string>> {
  const sources = [...new Set(files)].filter((file) => existsSync(file)).sort();
  const set = createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 16);
  const inputsFile = join(CACHE, `${set}.json`);
  const folder = cached(set, inputsFile) ?? (await build(sources, set, inputsFile));
  return new Map(sources.map((source) => [source, join(folder, `${sources.indexOf(source)}-${stem(source)}.mjs`)]));
}

const stem = (file: string) => basename(file).replace(/\.\w+$/, '');

function cached(set: string, inputsFile: string): string | undefined {
  try {
    const folder = folderOf(set, JSON.parse(readFileSync(inputsFile, 'utf8')) as string[]);
    return existsSync(folder) ? folder : undefined;
  } catch {
    // Nothing there, or one of the inputs is gone.
    return undefined;
  }
}

/** A folder's name holds the state of all inputs: a running system keeps its own, whoever builds the next. */
function folderOf(set: string, inputs: readonly string[]): string {
  const hash = createHash('sha256');
  for (const input of [import.meta.filename, ...inputs]) {
    const { mtimeMs, size } = statSync(input);
    hash.update(`${input}\0${mtimeMs}\0${size}\n`);
  }
  return join(CACHE, `${set}-${hash.digest('hex').slice(0, 16)}`);
}

async function build(sources: readonly string[], set: string, inputsFile: string): Promise<string> {
  const { build: bundle, stop } = await import('esbuild');
  mkdirSync(CACHE, { recursive: true });
  const outdir = mkdtempSync(join(CACHE, 'new-'));
  try {
    const { metafile } = await bundle({
      entryPoints: sources.map((source, index) => ({ in: source, out: `${index}-${stem(source)}` })),
      outdir,
      absWorkingDir: dirname(import.meta.dirname),
      bundle: true,
      splitting: true,
      format: 'esm',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      platform: 'node',
      target: 'node24',
      mainFields: ['module', 'main'],
      outExtension: { '.js': '.mjs' },
      metafile: true,
      logLevel: 'silent',
    });
    const inputs = Object.keys(metafile.inputs).map((input) => resolve(dirname(import.meta.dirname), input));
    const folder = folderOf(set, inputs);
    writeFileSync(`${outdir}.json`, JSON.stringify(inputs));
    renameSync(`${outdir}.json`, inputsFile);
    try {
      renameSync(outdir, folder);
    } catch (error) {
      // Another start has built the same in the meantime.
      if (!existsSync(folder)) throw error;
    }
    forgetOld(set, folder);
    return folder;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
    await stop();
  }
}

function forgetOld(set: string, current: string): void {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    if (!name.startsWith(`${set}-`) || path === current) continue;
    if (Date.now() - statSync(path).mtimeMs > ONE_DAY_MS) rmSync(path, { recursive: true, force: true });
  }
}
