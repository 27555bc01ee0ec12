import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startRunning } from '../../local/demo/running.ts';
import { addUser, people } from './system.ts';

const rules = (...security: string[]) => `approvers:
  security: [${security.map((name) => `${name}@example.com`).join(', ')}]
rules:
  - name: default
    quorum: 2
    from: [security]
    expireAfter: PT72H
`;

it('#75 an approver who left between their approval and the apply does not count, and nothing is put', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  const env = { RULES_FILE: join(folder, 'rules.yml') };
  const started = async (...security: string[]) => {
    writeFileSync(env.RULES_FILE, rules(...security));
    const running = await startRunning(join(folder, 'data'), env);
    return { running, ...(await people(running)) };
  };
  const before = await started('sam', 'kim', 'lee');
  const submitted = await Promise.all([before.ana.submit(addUser()), before.ana.submit(addUser('alias/reports'))]);
  const [change, other] = submitted.map(({ body }) => body);
  for (const { body } of submitted) {
    await before.sam.send('POST', `/changes/${body.id}/decisions`, { decision: 'approve' });
  }
  await before.running.stop();

  const after = await started('kim', 'lee');
  try {
    const decide = async (id = '') => {
      await after.kim.send('POST', `/changes/${id}/decisions`, { decision: 'approve' });
      return after.ana.reaches(id, ['FAILED', 'APPLIED']);
    };
    const failed = await decide(change?.id);
    expect([failed.status, failed.outcome]).toEqual([
      'FAILED',
      expect.stringContaining('1 of 2 approvals count today'),
    ]);
    const puts = (await after.visitor.puts()).map(({ sha256 }) => sha256);
    expect(puts).not.toContain(change?.after.sha256);
    // And one who is asked in their place completes it: a new change is needed only where the quorum is gone.
    await after.sam.send('POST', `/changes/${other?.id}/decisions`, { decision: 'withdraw' });
    const lee = await after.visitor.as('lee@example.com', 'approvers');
    await lee.send('POST', `/changes/${other?.id}/decisions`, { decision: 'approve' });
    expect((await decide(other?.id)).status).toBe('APPLIED');
  } finally {
    await after.running.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
