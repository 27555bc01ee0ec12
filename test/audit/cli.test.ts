import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { LoggedEntry } from '../../lib/audit/verify.ts';
import { everyStory, exported, notary } from './honest.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-verify-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const ours = notary();
const key = file('notary.pem', ours.pem);
const honest = everyStory();
const records = exported(honest, [0, 20, honest.length - 2], ours);
const write = (name: string, all: readonly unknown[]) =>
  file(name, `${all.map((r) => JSON.stringify(r)).join('\n')}\n`);
const good = write('good.ndjson', records);

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/countersign.ts', ...args], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}
const verify = (name: string, ...more: string[]) => run('verify', '--export', name, '--public-key', key, ...more);

it('exits 0 on a clean export, and says how far somebody vouches for it and what a person must look at', () => {
  const { status, said } = verify(good);
  expect(said).toContain(`everything up to entry ${honest.length - 2} is what was signed`);
  expect(said).toContain('The last 2 are chained, and not signed yet.');
  expect(said).toContain('chg_9: its apply began and has no result');
  expect(status).toBe(0);
});

it('exits 1 on a tampered one, with the first bad entry', () => {
  const at = 1 + honest.findIndex(({ seq }) => seq === 12) + 1;
  const entry = records[at] as LoggedEntry;
  const { status, said } = verify(write('bad.ndjson', records.with(at, { ...entry, hash: 'f'.repeat(64) })));
  expect(said).toContain(`tampered: first bad entry ${entry.seq}:`);
  expect(status).toBe(1);
});

it('exits 1 when a checkpoint that somebody kept is not of this history, wherever it stands in their mail', () => {
  const other = exported(everyStory().slice(0, 9), [9], ours).find((record) => record.kind === 'checkpoint');
  const kept = file('mail.txt', `Dear auditor,\r\n\r\n${other?.note.replaceAll('\n', '\r\n')}\r\nYours`);
  expect(verify(good, '--pin', kept).status).toBe(0);
  const forged = file('mail.txt', (other?.note ?? '').replace(/[0-9a-f]{64}/, 'f'.repeat(64)));
  expect(verify(good, '--pin', forged).status).toBe(1);
});

it('names the file that holds no public key', () => {
  expect(run('verify', '--export', good, '--public-key', good).said).toContain(`${good} holds no public key`);
});

it.each<[string, () => ReturnType<typeof run>]>([
  ['an export that is cut', () => verify(write('cut.ndjson', records.slice(0, -3)))],
  ['an export that is cut in a line', () => verify(file('half.ndjson', JSON.stringify(records[0]).slice(0, 20)))],
  ['no export', () => verify(join(folder, 'nothing'))],
  ['a folder', () => verify(folder)],
  ['no public key', () => run('verify', '--export', good)],
  ['a public key that is none', () => run('verify', '--export', good, '--public-key', good)],
  ['a pin that is none', () => verify(good, '--pin', good)],
  ['an option that does not exist', () => verify(good, '--force')],
  ['no command', () => run()],
])('exits 2, never 0, with %s', (_, act) => {
  const { status, said } = act();
  expect(said).not.toContain('clean:');
  expect(status).toBe(2);
});
