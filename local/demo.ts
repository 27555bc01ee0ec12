import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import type { ChangeView } from '../lib/change/view.ts';
import { startRunning } from './demo/running.ts';
import { until, Visitor } from './demo/visitor.ts';

/** `npm run demo`: the whole story on a system of its own, told step by step. Exit 0 only if each step truly happened. */

const say = (text: string) => console.log(text);
const step = (text: string) => console.log(`\n▸ ${text}`);

/** Ends the demo with what did not happen. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`this did not happen: ${what}`);
  say(`  ✓ ${what}`);
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-'));
const system = await startRunning(join(folder, 'data'));
try {
  await story(new Visitor(system), system.aws, system.dataDir);
  say('\nEach step above was checked against the running system.');
} catch (error) {
  console.error(`\n✗ ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await system.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function story(visitor: Visitor, aws: string, dataDir: string): Promise<void> {
  const kms = new KMSClient({
    endpoint: aws,
    region: 'us-east-1',
    credentials: { accessKeyId: 'demo', secretAccessKey: 'demo' },
  });
  const ana = await visitor.as('ana@example.com', 'submitters');
  const audrey = await visitor.as('audrey@example.com', 'auditors');

  step('Ana wants the role Invoices to use the key alias/payments. She asks what that would mean.');
  const wish = (role: string) => ({
    key: 'alias/payments',
    edits: [{ op: 'addUser', principal: `arn:aws:iam::111122223333:role/${role}` }],
    reason: `${role} reads card data to print invoices.`,
    ticket: 'SEC-123',
  });
  const preview = await ana.send<ChangeView>('POST', '/changes/preview', wish('Invoices'));
  must(preview.status === 200, `a preview, at ${preview.body.risk} risk; nothing is stored`);
  for (const sentence of preview.body.access.summary.slice(0, 3)) say(`    “${sentence}”`);

  step('She submits it.');
  const first = (await ana.submit(wish('Invoices'))).body;
  must(
    first.status === 'PENDING',
    `${first.id} is stored and waits for ${first.approval.quorum} of ${first.approval.approvers.length} approvers`,
  );

  step('Sam gets a mail, and opens the link in it.');
  const link = await visitor.link('sam@example.com', first.id);
  const mail = (await visitor.mails('sam@example.com')).at(-1);
  must(mail !== undefined, `mail to Sam: “${mail?.Subject}”`);
  const page = await visitor.get(link);
  must(
    page.status === 200 && page.text.includes('role/Invoices'),
    'the page shows who wants what, why, and the difference',
  );
  must((await visitor.puts()).length === 0, 'opening it changed nothing');

  step('He types the name of the key and approves.');
  const decided = await visitor.decide(link, {
    decision: 'approve',
    confirm: 'payments',
    comment: 'Agreed with the payments team.',
  });
  must(decided.status === 200, 'the approval is recorded');
  const applied = await ana.reaches(first.id, ['APPLIED']);
  const put = (await visitor.puts()).at(-1);
  must(put?.policy === first.after.document, 'KMS got exactly the approved bytes, in one PutKeyPolicy');
  must(put?.caller.includes('countersign-local-apply') === true, `by the only role that may: ${put?.caller}`);
  const live = await kms.send(new GetKeyPolicyCommand({ KeyId: applied.key.arn }));
  must(live.Policy?.includes('role/Invoices') === true, 'the live policy lets Invoices use the key');

  step('Audrey, an auditor, reads the history of the key.');
  const history = await audrey.get<{ versions: { change?: string; approvers?: string[]; submitter?: string }[] }>(
    '/keys/alias%2Fpayments/history',
  );
  const [newest] = history.body.versions;
  must(
    newest?.change === first.id,
    `version by ${newest?.submitter}, approved by ${newest?.approvers?.join(', ')}, with both documents`,
  );
  const log = readFileSync(join(dataDir, 'lambda.log'), 'utf8')
    .split('\n')
    .find((line) => line.includes('"PutKeyPolicy"'));
  must(log?.includes(first.after.sha256) === true, 'and the put is one structured log record with both documents');

  step('Ana submits another one. Before Kim approves, somebody changes the key behind everybody’s back.');
  const second = (await ana.submit(wish('Refunds'))).body;
  const behind = second.before.document.replace(/"Id" : "[^"]*"/, '"Id" : "changed-in-the-console"');
  await kms.send(new PutKeyPolicyCommand({ KeyId: second.key.arn, Policy: behind }));
  const toKim = await visitor.link('kim@example.com', second.id);
  await visitor.decide(toKim, { decision: 'approve', confirm: 'payments' });
  const stale = await ana.reaches(second.id, ['STALE']);
  must(stale.status === 'STALE', `stale: ${stale.outcome}`);
  const untouched = await kms.send(new GetKeyPolicyCommand({ KeyId: second.key.arn }));
  must(untouched.Policy?.includes('changed-in-the-console') === true, 'what somebody else put was not overwritten');

  step('A third one is turned down.');
  const third = (await ana.submit(wish('Everything'))).body;
  const toLee = await visitor.link('lee@example.com', third.id);
  await visitor.decide(toLee, { decision: 'reject', confirm: 'payments', comment: 'Too wide a role.' });
  const rejected = await ana.reaches(third.id, ['REJECTED']);
  must(rejected.outcome === 'Too wide a role.', `rejected: “${rejected.outcome}”`);
  const result = await until('the mail to Ana', 30, async () =>
    (await visitor.mails('ana@example.com')).find(({ Subject }) => Subject.includes('Rejected')),
  );
  must(result !== undefined, `mail to Ana: “${result.Subject}”`);
  const approved = (await visitor.puts()).filter(({ caller }) => caller.includes('countersign-local-apply'));
  must(approved.length === 1, 'and KMS has had one put by Countersign in the whole story');
}
