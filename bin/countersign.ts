#!/usr/bin/env node
import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checkpointText, type Outside, readCheckpointText } from '../lib/audit/archive.ts';
import { readNote, signedBy } from '../lib/audit/checkpoint.ts';
import { unseal, writtenIn } from '../lib/audit/seal.ts';
import { type LoggedEntry, type Trust, type Verdict, Verification } from '../lib/audit/verify.ts';
import { newestOutside } from '../lib/aws/archive.ts';

const USAGE = `countersign export --api URL [--format ndjson|csv] [--key|--change|--person|--type|--from|--to VALUE] > FILE

Writes the history to a file, oldest first. The access token of an auditor stands in COUNTERSIGN_TOKEN.
Exit 0: whole. 2: not everything could be read.

countersign outside --bucket NAME --owner ACCOUNT > FILE

Reads the newest checkpoint from the bucket that the history is copied to, with your own AWS credentials. Before an export:
what lies outside then must be in it.

countersign find --export FILE --name TEXT [--name TEXT]

Lists the entries of an export where what somebody wrote has one of these names, in whatever case: an erased person may stand
in a reason or a comment of somebody else. It says who wrote it, and not what. Exit 0: all was looked at. 2: it was not.

countersign verify --export FILE --public-key FILE [--pin FILE] [--outside FILE [--max-age 1h]]

Verifies an exported history, without access to the system that it comes from.

  --export FILE      what GET /audit/export?format=ndjson gave, without filters; - reads standard input
  --public-key FILE  the notary's public key as PEM, from somebody you trust, not from the export
  --pin FILE         a checkpoint that you kept: the note of a mail, its five lines
  --outside FILE     what countersign outside wrote before the export
  --max-age TIME     minutes, hours or days (30m, 1h, 2d; 1h when left out) after which an entry must be covered outside

Exit 0: clean. 1: tampered, with the first entry that cannot be trusted. 2: not everything could be read.`;

/** The exit code of each verdict, which scripts rely on. */
const EXIT: Record<Verdict['verdict'], number> = { clean: 0, tampered: 1, incomplete: 2 };

async function verify(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      export: { type: 'string' },
      'public-key': { type: 'string' },
      pin: { type: 'string' },
      outside: { type: 'string' },
      'max-age': { type: 'string', default: '1h' },
    },
  });
  const { export: file, 'public-key': publicKey, pin, outside } = values;
  if (file === undefined || publicKey === undefined)
    throw new Error(`--export and --public-key are needed.\n\n${USAGE}`);
  const trust: Trust = {
    isSigned: readPublicKey(publicKey),
    pin: pin === undefined ? undefined : readPin(pin),
    outside: outside === undefined ? undefined : readOutside(outside, values['max-age']),
  };
  const verification = new Verification(trust);
  const input = file === '-' ? process.stdin : createReadStream(file);
  let number = 0;
  try {
    for await (const line of linesOf(input)) {
      number++;
      if (!verification.take(parseLine(line))) break;
    }
  } catch (error) {
    verification.unreadable(`after line ${number}: ${(error as Error).message}`);
  }
  const verdict = verification.verdict();
  console.log(sentence(verdict));
  return EXIT[verdict.verdict];
}

/** Who signed with the key in a file. Throws with the name of the file where it holds none. */
function readPublicKey(file: string): Trust['isSigned'] {
  try {
    return signedBy(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(
      `${file} holds no public key of the notary, PEM or what aws kms get-public-key says: ${(error as Error).message}`,
    );
  }
}

/** The lines of a stream, which line feeds alone end: a text may hold every other line end of Unicode. */
async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of input.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** One entry of an export whose texts have a name in them. */
interface Mention {
  seq: number;
  at: string;
  type: string;
  change: string;
  by: string;
}

/** The entry, when something that a person wrote in it has one of these names; undefined also where it was erased. */
function mention(entry: LoggedEntry, names: readonly string[]): Mention | undefined {
  const opened = new Map(Object.entries(entry.openings ?? {}).map(([seal, { value }]) => [seal, value]));
  const fact = unseal(JSON.parse(entry.body), opened) as Mention & { person: string };
  const texts = writtenIn(fact).map((text) => text.toLowerCase());
  const { seq, at, type, change, person: by } = fact;
  return names.some((name) => texts.some((text) => text.includes(name))) ? { seq, at, type, change, by } : undefined;
}

async function find(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { export: { type: 'string' }, name: { type: 'string', multiple: true } },
  });
  const names = (values.name ?? []).map((name) => name.toLowerCase().trim()).filter((name) => name !== '');
  if (values.export === undefined || names.length === 0) throw new Error(`--export and --name are needed.\n\n${USAGE}`);
  let ended = false;
  for await (const line of linesOf(values.export === '-' ? process.stdin : createReadStream(values.export))) {
    const record = parseLine(line) as { kind?: string } | undefined;
    if (record === undefined) throw new Error('a line of the export cannot be read');
    ended = record.kind === 'head';
    const found = record.kind === 'entry' ? mention(record as LoggedEntry, names) : undefined;
    if (found !== undefined) console.log(`${found.seq} ${found.at} ${found.type} of ${found.change}, by ${found.by}`);
  }
  if (!ended) throw new Error('the export ends before its head: something is missing');
  return 0;
}

const FILTERS = ['format', 'key', 'change', 'person', 'type', 'from', 'to'] as const;

async function download(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { api: { type: 'string' }, ...Object.fromEntries(FILTERS.map((name) => [name, { type: 'string' }])) },
  }) as { values: Record<string, string | undefined> };
  if (values.api === undefined) throw new Error(`--api is needed.\n\n${USAGE}`);
  const asked = FILTERS.flatMap((name): [string, string][] =>
    values[name] === undefined ? [] : [[name, values[name]]],
  );
  const headers = { authorization: `Bearer ${process.env.COUNTERSIGN_TOKEN ?? ''}` };
  let next: URL | undefined = new URL(`/audit/export?${new URLSearchParams(asked)}`, values.api);
  while (next !== undefined) {
    const response = await fetch(next, { headers, redirect: 'error' });
    const part = await response.text();
    if (!response.ok) throw new Error(`${response.status} from ${next.pathname}: ${part}`);
    if (!process.stdout.write(part)) await once(process.stdout, 'drain');
    const link = /^<([^>]*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    next = link === undefined ? undefined : new URL(link, next);
  }
  return 0;
}

/** The checkpoint in a file that somebody kept, found among whatever else the mail says. */
function readPin(file: string): NonNullable<Trust['pin']> {
  const [note] = /^countersign-audit\/v1\n(?:.*\n){4}/m.exec(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')) ?? [];
  const checkpoint = readNote(note ?? '');
  if (checkpoint === undefined)
    throw new Error(`${file} holds no checkpoint: five lines, the first countersign-audit/v1`);
  return checkpoint;
}

async function outside(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { bucket: { type: 'string' }, owner: { type: 'string' } } });
  const { bucket: Bucket, owner: ExpectedBucketOwner } = values;
  if (Bucket === undefined || ExpectedBucketOwner === undefined) {
    throw new Error(`--bucket and --owner are needed.\n\n${USAGE}`);
  }
  const readAt = new Date().toISOString();
  const newest = await newestOutside({ Bucket, ExpectedBucketOwner });
  process.stdout.write(
    `${newest === undefined ? 'No checkpoint lies there.\n' : checkpointText(newest)}Read: ${readAt}\n`,
  );
  return 0;
}

function readOutside(file: string, maxAge: string): Outside {
  const text = readFileSync(file, 'utf8');
  const readAt = Date.parse(/^Read: (.*)$/m.exec(text)?.[1] ?? '');
  const signed = readCheckpointText(text);
  if (Number.isNaN(readAt) || (signed === undefined && !text.startsWith('No checkpoint lies there.'))) {
    throw new Error(`${file} is not what countersign outside wrote`);
  }
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(maxAge) ?? [];
  if (count === undefined) throw new Error('--max-age is a number of minutes, hours or days: 30m, 1h, 2d');
  return { signed, readAt, maxAge: Number(count) * 60_000 * (unit === 'd' ? 1_440 : unit === 'h' ? 60 : 1) };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function sentence(verdict: Verdict): string {
  const { entries, checkpoints } = verdict;
  const seen = `${entries} entries and ${checkpoints} checkpoints held`;
  switch (verdict.verdict) {
    case 'clean': {
      const after = entries - verdict.protectedTo;
      return [
        `clean: ${seen}; everything up to entry ${verdict.protectedTo} is what was signed.`,
        ...(after > 0 ? [`The last ${after} are chained, and not signed yet.`] : []),
        ...verdict.dangling.map((id) => `${id}: its apply began and has no result; a person must look at the key.`),
      ].join('\n');
    }
    case 'tampered':
      return `tampered: first bad entry ${verdict.firstBad}: ${verdict.why}. Before it, ${seen}.`;
    case 'incomplete':
      return `incomplete: ${verdict.why}. So far, ${seen}.`;
  }
}

const [command, ...args] = process.argv.slice(2);
try {
  if (command === 'verify') process.exitCode = await verify(args);
  else if (command === 'outside') process.exitCode = await outside(args);
  else if (command === 'export') process.exitCode = await download(args);
  else if (command === 'find') process.exitCode = await find(args);
  else {
    console.log(USAGE);
    process.exitCode = command === '--help' ? 0 : 2;
  }
} catch (error) {
  console.error(`countersign: ${(error as Error).message}`);
  process.exitCode = 2;
}
