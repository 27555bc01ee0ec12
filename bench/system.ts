import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { parse } from 'yaml';
import { type Running, startRunning } from '../local/demo/running.ts';
import { until, Visitor } from '../local/demo/visitor.ts';

/** `npm run bench`: what the whole system costs on this machine, and what its bundles weigh beside the bare SDK clients. */

const CYCLES = 20;
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const row = (name: string, value: string, aim = '') =>
  console.log(`  ${name.padEnd(46)} ${value.padStart(14)}  ${aim}`);

/** Kilobytes in memory of a process and all of its descendants. */
function residentKb(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/status`, 'utf8');
  const own = Number(/VmRSS:\s+(\d+)/.exec(stat)?.[1] ?? 0);
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return own + children.reduce((sum, child) => sum + residentKb(child), 0);
}

/** One change from submit to APPLIED, approved at once, in milliseconds. */
async function cycle(ana: Visitor, sam: Visitor, n: number): Promise<number> {
  const began = performance.now();
  const { body } = await ana.submit({
    key: 'alias/payments',
    edits: [{ op: 'addUser', principal: `arn:aws:iam::111122223333:role/Bench${n}` }],
    reason: 'bench',
  });
  await sam.send('POST', `/changes/${body.id}/decisions`, { decision: 'approve' });
  await ana.reaches(body.id, ['APPLIED']);
  const took = performance.now() - began;
  await until('the close', 30, async () =>
    (await ana.change(body.id)).timeline.some(({ type }) => type === 'CLOSED') ? true : undefined,
  );
  return took;
}

async function system(folder: string): Promise<void> {
  console.log('\nThe whole local system');
  const first = await startRunning(join(folder, 'data'));
  await first.stop();
  const starts: number[] = [];
  let running: Running = await startRunning(join(folder, 'data'));
  for (let i = 0; i < 4; i++) {
    starts.push(running.readyAfter);
    await running.stop();
    running = await startRunning(join(folder, 'data'));
  }
  row('start to the ready line, the first time', `${(first.readyAfter / 1000).toFixed(2)} s`, 'aim 3 s');
  row('… with its folder and bundles there (median)', `${(median(starts) / 1000).toFixed(2)} s`, 'aim 3 s');

  const visitor = new Visitor(running);
  const [ana, sam] = await Promise.all([
    visitor.as('ana@example.com', 'submitters'),
    visitor.as('sam@example.com', 'approvers'),
  ]);
  await cycle(ana, sam, 0);
  const cycles: number[] = [];
  for (let n = 1; n <= CYCLES; n++) cycles.push(await cycle(ana, sam, n));
  row(`submit to APPLIED, approved at once (median of ${CYCLES})`, `${median(cycles).toFixed(0)} ms`, 'aim 1,000 ms');
  if (process.platform === 'linux') {
    row(
      'memory with every lambda warm, all processes',
      `${(residentKb(running.pid) / 1024).toFixed(0)} MB`,
      'aim 350 MB',
    );
  }
  await requests(running, ana, sam);
  await running.stop();
}

type Counts = Record<string, Record<string, number>>;

/** Requests to AWS so far, by role and operation. */
async function requestsSoFar({ aws }: Running): Promise<Counts> {
  return ((await (await fetch(`${aws}/_aws/requests`)).json()) as { requests: Counts }).requests;
}

/** Those who take a change from submit to close, and those who follow it: its messages, its signature, its copy, its event. */
const ON_THE_WAY = ['submit', 'decide', 'ask', 'apply'];
const BESIDE_IT = ['slack', 'notarise', 'archive', 'foreign'];

/** Requests for one change from submit to close, by operation, without those of the page that watches it. */
async function requests(running: Running, ana: Visitor, sam: Visitor): Promise<void> {
  const before = await requestsSoFar(running);
  await cycle(ana, sam, CYCLES + 1);
  const after = await requestsSoFar(running);
  const by = (names: readonly string[], operation: string) =>
    names
      .map((name) => `countersign-local-${name}`)
      .reduce((sum, role) => sum + (after[role]?.[operation] ?? 0) - (before[role]?.[operation] ?? 0), 0);
  console.log('\nRequests for one change from submit to close');
  const operations = new Set(Object.values(after).flatMap((counts) => Object.keys(counts)));
  for (const operation of [...operations].sort()) {
    const [own, beside] = [by(ON_THE_WAY, operation), by(BESIDE_IT, operation)];
    if (own + beside > 0)
      row(operation, String(own), beside === 0 ? '' : `and ${beside} of ${BESIDE_IT.join(', ')} so far`);
  }
}

async function bundles(folder: string): Promise<void> {
  console.log('\nLambda bundles, minified, beside a file that only imports the same SDK clients');
  const { custom } = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'silent' }) as {
    custom: { esbuild: { banner: { js: string }; mainFields: string[] } };
  };
  const { banner, mainFields } = custom.esbuild;
  const options = {
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields,
    banner,
    metafile: true,
    logLevel: 'silent',
  } as const;
  for (const file of readdirSync('functions').sort()) {
    const name = file.replace('.ts', '');
    const full = join(folder, `${name}.mjs`);
    const { metafile } = await build({ ...options, entryPoints: [join('functions', file)], outfile: full });
    const clients = [
      ...new Set(Object.keys(metafile.inputs).flatMap((input) => /@aws-sdk\/client-[\w-]+/.exec(input)?.[0] ?? [])),
    ].sort();
    const bare = join(folder, `${name}.bare.mjs`);
    const bareSource = join(folder, `${name}.bare.ts`);
    writeFileSync(bareSource, bareImports(clients));
    await build({
      ...options,
      entryPoints: [bareSource],
      outfile: bare,
      absWorkingDir: resolve('.'),
      nodePaths: [resolve('node_modules')],
    });
    const [size, bareSize] = [statSync(full).size, statSync(bare).size];
    const [time, bareTime] = importTimes([full, bare]);
    row(
      name,
      `${kb(size)} / ${kb(bareSize)}`,
      `×${(size / bareSize).toFixed(2)}   import ${time.toFixed(0)} / ${bareTime.toFixed(0)} ms ×${(time / bareTime).toFixed(2)}`,
    );
  }
}

const kb = (bytes: number) => `${Math.round(bytes / 1024)} KB`;

/** A file that makes a client of each package and keeps it: what any lambda that talks to them weighs at least. */
function bareImports(clients: readonly string[]): string {
  const names: Record<string, string> = {
    '@aws-sdk/client-dynamodb': 'DynamoDBClient',
    '@aws-sdk/client-kms': 'KMSClient',
    '@aws-sdk/client-sfn': 'SFNClient',
    '@aws-sdk/client-sesv2': 'SESv2Client',
    '@aws-sdk/client-sts': 'STSClient',
    '@aws-sdk/client-iam': 'IAMClient',
    '@aws-sdk/client-s3': 'S3Client',
    '@aws-sdk/client-accessanalyzer': 'AccessAnalyzerClient',
  };
  const lines = clients.map((client) => `import { ${names[client]} } from '${client}';`);
  return `${lines.join('\n')}\nexport const clients = [${clients.map((client) => `new ${names[client]}({})`).join(', ')}];\n`;
}

/** Milliseconds that a fresh Node needs to import each file: medians of fifteen, in turns, so that a busy moment hits them alike. */
function importTimes(paths: [string, string]): [number, number] {
  const code =
    'const t=performance.now();await import(process.argv[1]);process.stdout.write(String(performance.now()-t))';
  const env = { ...process.env, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' };
  const once = (path: string) =>
    Number(execFileSync(process.execPath, ['--input-type=module', '-e', code, path], { env, encoding: 'utf8' }));
  const turns = Array.from({ length: 15 }, () => paths.map(once));
  return [median(turns.map(([first = 0]) => first)), median(turns.map(([, second = 0]) => second))];
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
try {
  await system(folder);
  if (!process.argv.includes('--system')) await bundles(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
