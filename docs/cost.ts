/** The tables of docs/cost.md: what was counted on the local system (`npm run bench:cost`, docs/cost.json) times what it costs. */

/** What one act asks of AWS. Units are DynamoDB's. */
export interface Counts {
  readUnits: number;
  writeUnits: number;
  /** Requests to KMS that are not signatures. */
  kms: number;
  kmsSign: number;
  mails: number;
  s3Puts: number;
  s3Gets: number;
}

export interface CostCounts {
  /** One change, from submit to its copies outside. */
  change: Counts & {
    transitions: number;
    storedBytes: number;
    /** Facts that it adds to the history, and read units that these, their documents and their seals add to each verification of the whole. */
    facts: number;
    verifyUnits: number;
  };
  /** One run of each scheduled function with nothing to do, and how many seconds lie between two. */
  schedules: Record<string, Counts & { seconds: number }>;
}

interface Price {
  what: string;
  /** USD for `per` of them. */
  usd: number;
  per: number;
  unit: string;
  /** Where it was read, and of when that is. */
  source: string;
}

const YEAR = 365 * 86_400;
const GB = 1e9;

/** us-east-1, in USD, without the free tier. */
export const PRICES = {
  write: price(
    'DynamoDB on demand',
    0.625,
    1e6,
    'write units',
    'guides that quote the price since it was halved in November 2024',
  ),
  read: price('DynamoDB on demand', 0.125, 1e6, 'read units', 'the same'),
  table: price(
    'DynamoDB',
    0.25,
    1,
    'GB and month',
    'a guide of July 2026; an older copy of aws.amazon.com/dynamodb/pricing, without a date, has the same',
  ),
  request: price('Lambda', 0.2, 1e6, 'requests', 'aws.amazon.com/lambda/pricing, and guides of 2024 and later'),
  compute: price(
    'Lambda, arm64',
    0.0000133334,
    1,
    'GB-second',
    'guides that quote the table for N. Virginia, 2024 and later',
  ),
  transition: price(
    'Step Functions Standard',
    0.025,
    1_000,
    'transitions',
    'aws.amazon.com/step-functions/pricing, table of Regions; a guide of March 2026',
  ),
  api: price('HTTP API', 1, 1e6, 'requests', 'aws.amazon.com/api-gateway/pricing, example, read in September 2026'),
  key: price('KMS', 1, 1, 'key and month', 'aws.amazon.com/kms/pricing; asymmetric keys the same'),
  kms: price('KMS', 0.03, 10_000, 'requests', 'guides of 2026'),
  sign: price(
    'KMS, P-256',
    0.15,
    10_000,
    'signatures',
    'a guide of June 2026 has asymmetric at five times the other; another of March 2026 has 0.03: the dearer one is taken',
  ),
  mail: price(
    'SES, plan Essentials',
    0.16,
    1_000,
    'mails',
    'price list of 22 July 2026; accounts that sent before June 2025 pay 0.10',
  ),
  s3Put: price(
    'S3 Standard',
    0.005,
    1_000,
    'PUT, LIST',
    'as known for years, and in guides without a date; copies of the page leave the numbers out',
  ),
  s3Get: price('S3 Standard', 0.0004, 1_000, 'GET', 'the same'),
  s3: price('S3 Standard', 0.023, 1, 'GB and month', 'a guide of July 2026; copies of the page leave the numbers out'),
  check: price(
    'IAM Access Analyzer, where it is on',
    0.002,
    1,
    'custom policy check',
    'a guide of July 2026; the page itself was in no copy',
  ),
  logs: price('CloudWatch Logs', 0.5, 1, 'GB taken in', 'guides of February and June 2026'),
} as const;

/** Assumed, since a laptop cannot tell: seconds of a run at 512 MB, starts counted in; an idle run of a schedule; requests that people make for one change; bytes of log for a run. */
const RUN = 0.9;
const IDLE_RUN = 0.1;
const REQUESTS = 6;
const LOG_BYTES = 1_500;
/** Of its stored bytes, how many of a change lie in the bucket outside: entries and documents once. */
const OUTSIDE_SHARE = 0.2;

function price(what: string, usd: number, per: number, unit: string, source: string): Price {
  return { what, usd, per, unit, source };
}

const of = (one: Price, count: number): number => (one.usd * count) / one.per;

interface Row {
  part: string;
  count: string;
  usd: number;
}

const runs = (count: number, seconds: number): number =>
  of(PRICES.request, count) + of(PRICES.compute, count * seconds * 0.5) + of(PRICES.logs, (count * LOG_BYTES) / GB);

const asked = (counts: Counts): number =>
  of(PRICES.read, counts.readUnits) +
  of(PRICES.write, counts.writeUnits) +
  of(PRICES.kms, counts.kms) +
  of(PRICES.sign, counts.kmsSign) +
  of(PRICES.mail, counts.mails) +
  of(PRICES.s3Put, counts.s3Puts) +
  of(PRICES.s3Get, counts.s3Gets);

/** What one change costs, part by part. */
export function changeRows({ change }: CostCounts): Row[] {
  const { writeUnits, readUnits, transitions, kms, kmsSign, mails, s3Puts, s3Gets } = change;
  const invocations = REQUESTS + transitions;
  return [
    { part: 'DynamoDB, writes', count: `${writeUnits} units`, usd: of(PRICES.write, writeUnits) },
    { part: 'DynamoDB, reads', count: `${readUnits} units`, usd: of(PRICES.read, readUnits) },
    { part: 'mails', count: `${mails}`, usd: of(PRICES.mail, mails) },
    { part: 'Step Functions', count: `${transitions} transitions`, usd: of(PRICES.transition, transitions) },
    {
      part: 'Lambda, with its logs',
      count: `${invocations} runs of ${RUN} s at most`,
      usd: runs(invocations, RUN),
    },
    {
      part: 'KMS',
      count: `${kms} requests, ${kmsSign} signature${kmsSign === 1 ? '' : 's'}`,
      usd: of(PRICES.kms, kms) + of(PRICES.sign, kmsSign),
    },
    {
      part: 'copies in S3',
      count: `${s3Puts + s3Gets} requests`,
      usd: of(PRICES.s3Put, s3Puts) + of(PRICES.s3Get, s3Gets),
    },
    { part: 'HTTP API', count: `${REQUESTS} requests, assumed`, usd: of(PRICES.api, REQUESTS) },
  ];
}

/** What a year costs in which nobody does anything. */
export function idleRows({ schedules }: CostCounts): Row[] {
  const rows = Object.entries(schedules).map(([name, { seconds, ...counts }]): Row => {
    const times = YEAR / seconds;
    return {
      part: `\`${name}\``,
      count: `${times.toLocaleString('en')} runs, ${counts.readUnits + counts.writeUnits} units${counts.kms > 0 ? `, ${counts.kms} KMS` : ''}${counts.s3Puts > 0 ? `, ${counts.s3Puts} S3` : ''} each`,
      usd: times * asked(counts) + runs(times, IDLE_RUN),
    };
  });
  return [{ part: "the notary's key", count: '12 months', usd: of(PRICES.key, 12) }, ...rows];
}

const sum = (rows: readonly Row[]): number => rows.reduce((all, { usd }) => all + usd, 0);
const usd = (value: number): string => (value >= 1 ? value.toFixed(2) : value.toPrecision(2));

const table = (rows: readonly Row[], total: string): string =>
  [
    '| part | count | USD |',
    '| --- | --- | --- |',
    ...rows.map((row) => `| ${row.part} | ${row.count} | ${usd(row.usd)} |`),
    `| **${total}** | | **${usd(sum(rows))}** |`,
  ].join('\n');

/** The first year with so many changes: what is stored at its end lies there for half of it on average. */
function year(counts: CostCounts, changes: number): string {
  const gb = (changes * counts.change.storedBytes) / GB;
  const acts = changes * sum(changeRows(counts));
  const storage = of(PRICES.table, gb * 6) + of(PRICES.s3, gb * OUTSIDE_SHARE * 6);
  // Every day the whole log, half of the year's on average.
  const verifying = of(PRICES.read, ((changes * counts.change.verifyUnits) / 2) * 365);
  const all = acts + storage + verifying + sum(idleRows(counts));
  return `| ${changes.toLocaleString('en')} | ${usd(acts)} | ${usd(gb)} GB | ${usd(storage)} | ${usd(verifying)} | ${usd(all)} |`;
}

/** Everything of docs/cost.md that is counted or calculated. */
export function costTables(counts: CostCounts): string {
  const prices = Object.values(PRICES);
  return `### Prices

| | USD | for | seen |
| --- | --- | --- | --- |
${prices.map(({ what, usd: one, per, unit, source }) => `| ${what} | ${one} | ${per === 1 ? '' : `${per.toLocaleString('en')} `}${unit} | ${source} |`).join('\n')}

### One change

${table(changeRows(counts), 'one change')}

It keeps ${Math.round(counts.change.storedBytes / 1_000)} KB in the table for good, each index counted: ${counts.change.facts} facts, the change, its documents and seals. To each verification of the whole
history it adds ${counts.change.verifyUnits} read units, ${(counts.change.verifyUnits / counts.change.facts).toFixed(2)} a fact: the fact by its size, each document once. An export reads its seals too, one unit each.

### A year in which nobody does anything

${table(idleRows(counts), 'idle')}

### A year

Storage is that of the table and of the copies (${OUTSIDE_SHARE} of its bytes), for half of the year on average: changes × bytes × 6 months × the two prices. The daily verification is changes × read units, of half of
the year's changes on average, × 365 days × the price of a read unit; its lambda runs for 14 minutes a day at most, which is 4 USD a year.

| changes | for changes | stored at its end | storage | daily verification | all, with what is idle |
| --- | --- | --- | --- | --- | --- |
${[100, 10_000, 1_000_000].map((changes) => year(counts, changes)).join('\n')}
`;
}

const BEGIN = '<!-- written by npm run docs -->\n';
const END = '<!-- end -->\n';

/** The page with its tables made anew. */
export function costPage(page: string, counts: CostCounts): string {
  const [before = '', rest = ''] = page.split(BEGIN);
  return `${before}${BEGIN}\n${costTables(counts)}\n${END}${rest.split(END)[1] ?? ''}`;
}
