import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { VerifiedLog } from '../../lib/workflow/verify.ts';
import { until } from '../../local/demo/visitor.ts';
import { RULES, temporaryFolder, useSystem } from './system.ts';

const world = useSystem({
  rules: `auditors: [audrey@example.com]
raise:
  - { match: { alias: "alias/other" }, atLeast: critical }
  - { match: { alias: "alias/payments" }, atLeast: high }
${RULES.replace('rules:\n', 'rules:\n  - { name: grave, match: { risk: [high] }, quorum: 2, from: [security], expireAfter: PT72H }\n')}`,
});
const folder = temporaryFolder();

interface Graded {
  id: string;
  risk: string;
  riskReasons: string[];
  approval: { rule: string; quorum: number };
}

const change = {
  key: 'alias/payments',
  policy: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' },
    ],
  },
  reason: 'The account alone.',
};
const REASON = 'Raised by the rules file, entry 2 of raise: every change of this key counts as at least high.';

it('a raised risk chooses the rule, says why, and both verifiers agree on the change to its end', async () => {
  const preview = await world.ana.send<Graded>('POST', '/changes/preview', change);
  expect(preview.status).toBe(200);
  expect(preview.body).toMatchObject({ risk: 'high', approval: { rule: 'grave', quorum: 2 } });
  expect(preview.body.riskReasons[0]).toBe(REASON);

  const { status, body } = await world.ana.submit(change);
  expect(status).toBe(201);
  const stored = await world.ana.get<Graded>(`/changes/${body.id}`);
  expect(stored.body).toMatchObject({ risk: 'high', approval: { rule: 'grave', quorum: 2 } });
  expect(stored.body.riskReasons[0]).toBe(REASON);

  for (const approver of [world.sam, world.kim]) {
    await world.ana.reaches(body.id, ['PENDING']);
    await approver.send('POST', `/changes/${body.id}/decisions`, { decision: 'approve', comment: '' });
  }
  await world.ana.reaches(body.id, ['APPLIED']);

  await world.ana.send('POST', '/local/schedule/notarise');
  const { publicKey } = await until('everything to be signed', 30, async () => {
    const { body: log } = await world.audrey.get<VerifiedLog>('/audit/verify');
    return log.ok && log.protectedTo === log.entries && log.entries > 0 ? log : undefined;
  });
  const [file, key] = [join(folder, 'log.ndjson'), join(folder, 'notary.key')];
  writeFileSync(file, (await world.audrey.get('/audit/export?format=ndjson')).text);
  writeFileSync(key, publicKey);
  for (const [program, ...args] of [
    [process.execPath, 'bin/countersign.ts', 'verify'],
    ['python3', 'docs/verify.py'],
  ] as const) {
    const run = spawnSync(program, [...args, '--export', file, '--public-key', key], { encoding: 'utf8' });
    if (program !== 'python3' || run.error === undefined)
      expect(run.status, `${program}: ${run.stdout}${run.stderr}`).toBe(0);
  }
});
