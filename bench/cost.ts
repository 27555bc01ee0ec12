import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { CostCounts, Counts } from '../docs/cost.ts';
import { startRunning } from '../local/demo/running.ts';
import { until, Visitor } from '../local/demo/visitor.ts';
import { openDynamodb } from '../local/dynamodb.ts';
import { readService } from '../local/serverless.ts';
import { startMeter } from '../test/fixtures/meter.ts';

/**
 * `npm run bench:cost`: counts what one change asks of AWS, and what each scheduled function does when there is nothing to do, on
 * the local system, and writes it to docs/cost.json. `npm run docs` makes the tables of docs/cost.md of that and of the prices.
 */

const CHANGES = 10;
const LOCAL = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const service = readService({ stage: 'local' });
const folder = mkdtempSync(join(tmpdir(), 'countersign-cost-'));
const database = await openDynamodb({ dataDir: join(folder, 'table'), tables: service.tables });
const metered = await startMeter(database.endpoint);
const RULES_FILE = join(folder, 'rules.yml');
writeFileSync(
  RULES_FILE,
  `approvers: { security: [sam@example.com, kim@example.com, lee@example.com] }
auditors: [audrey@example.com]
rules: [{ name: default, quorum: 1, from: [security], expireAfter: PT72H }]
`,
);
const running = await startRunning(join(folder, 'data'), { RULES_FILE, AWS_ENDPOINT_URL_DYNAMODB: metered.url });

/** Calls to AWS so far, of all lambdas, by service and operation. */
async function calls(): Promise<Record<string, number>> {
  const { requests } = (await (await fetch(`${running.aws}/_aws/requests`)).json()) as {
    requests: Record<string, Record<string, number>>;
  };
  const sum: Record<string, number> = {};
  for (const [role, operations] of Object.entries(requests)) {
    if (!role.startsWith('countersign-local-')) continue;
    for (const [operation, count] of Object.entries(operations)) sum[operation] = (sum[operation] ?? 0) + count;
  }
  return sum;
}

/** What the system asks of AWS while something is done. */
async function during(act: () => Promise<unknown>): Promise<Counts> {
  const before = await calls();
  metered.take();
  await act();
  const { read, write } = metered.take();
  const after = await calls();
  const of = (test: RegExp) =>
    Object.entries(after).reduce((sum, [name, n]) => sum + (test.test(name) ? n - (before[name] ?? 0) : 0), 0);
  return {
    readUnits: read,
    writeUnits: write,
    kmsSign: of(/^kms\.Sign$/),
    kms: of(/^kms\.(?!Sign$)/),
    mails: of(/^ses/i),
    s3Puts: of(/^s3\.PUT$/),
    s3Gets: of(/^s3\.(GET|HEAD)$/),
  };
}

/** Bytes of the table, each index counted as often as an item stands in it, and how many facts are among the items. */
async function stored(): Promise<{ bytes: number; facts: number }> {
  const client = new DynamoDBClient({ ...LOCAL, endpoint: database.endpoint });
  let bytes = 0;
  let facts = 0;
  for await (const { Items = [] } of paginateScan({ client }, { TableName: 'countersign-local' })) {
    for (const item of Items) {
      const copies = 1 + Object.keys(item).filter((name) => /^gsi\dpk$/.test(name)).length;
      if (item.pk?.S === 'LOG#main') facts++;
      bytes += copies * (JSON.stringify(item).length + 100);
    }
  }
  client.destroy();
  return { bytes, facts };
}

async function transitions(id: string): Promise<number> {
  const states = new SFNClient({ ...LOCAL, endpoint: running.aws });
  const executionArn = `arn:aws:states:us-east-1:111122223333:execution:countersign-local-approval:${id}`;
  const entered = await until(`the execution of ${id} to end`, 60, async () => {
    const { events = [] } = await states.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
    const ended = events.some(({ type }) => type === 'ExecutionSucceeded');
    return ended ? events.filter(({ type }) => type?.endsWith('StateEntered')).length : undefined;
  });
  states.destroy();
  return entered;
}

try {
  const visitor = new Visitor(running);
  const ana = await visitor.as('ana@example.com', 'submitters');
  let n = 0;
  /** Submitted, approved by the link of a mail, applied, told, signed and copied. Gives its transitions. */
  const change = async (): Promise<number> => {
    const { body } = await ana.submit({
      key: 'alias/payments',
      edits: [{ op: 'addUser', principal: `arn:aws:iam::111122223333:role/Cost${n++}` }],
      reason: 'The app needs to decrypt its orders.',
    });
    const link = await visitor.link('sam@example.com', body.id);
    await visitor.get(link);
    const decided = await visitor.decide(link, { decision: 'approve', confirm: 'payments' });
    if (decided.status !== 200) throw new Error(`the link was not taken: ${decided.status}`);
    await ana.reaches(body.id, ['APPLIED']);
    return transitions(body.id);
  };
  await change();
  await change();

  const verified = async () => {
    const { readUnits } = await during(() => visitor.send('POST', '/local/schedule/verifyDaily'));
    return readUnits;
  };
  const before = { ...(await stored()), units: await verified() };
  let entered = 0;
  const all = await during(async () => {
    for (let i = 0; i < CHANGES; i++) entered += await change();
  });
  const each = Object.fromEntries(
    Object.entries(all).map(([name, count]) => [name, Math.round(count / CHANGES)]),
  ) as unknown as Counts;
  const after = { ...(await stored()), units: await verified() };
  const added = (what: 'bytes' | 'facts' | 'units') => (after[what] - before[what]) / CHANGES;

  const schedules: CostCounts['schedules'] = {};
  for (const { functionKey, seconds } of service.schedules) {
    const run = () => visitor.send('POST', `/local/schedule/${functionKey}`);
    await run();
    schedules[functionKey] = { seconds, ...(await during(run)) };
  }
  const counts: CostCounts = {
    change: {
      ...each,
      transitions: Math.round(entered / CHANGES),
      storedBytes: Math.round(added('bytes')),
      facts: Math.round(added('facts')),
      verifyUnits: Number(added('units').toFixed(1)),
    },
    schedules,
  };
  writeFileSync('docs/cost.json', `${JSON.stringify(counts, null, 2)}\n`);
  console.log(JSON.stringify(counts, null, 2));
} finally {
  await running.stop();
  metered.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
}
