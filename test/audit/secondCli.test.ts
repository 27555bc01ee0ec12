import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkpointText } from '../../lib/audit/archive.ts';
import type { SignedCheckpoint } from '../../lib/audit/checkpoint.ts';
import type { LogRecord } from '../../lib/audit/verify.ts';
import { everyStory, exported, notary } from './honest.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-second-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const ours = notary();
const thief = notary();
const honest = everyStory();
const records = exported(honest, [0, 20, honest.length], ours);
const lines = (all: readonly LogRecord[]) => all.map((record) => `${JSON.stringify(record)}\n`).join('');
const key = file('notary.pem', ours.pem);
const whole = file('whole.ndjson', lines(records));
const rolledBack = file('back.ndjson', lines(exported(honest.slice(0, 20), [0, 20], ours)));
const newest = records.findLast((record) => record.kind === 'checkpoint') as SignedCheckpoint;
const outside = (name: string, text: string, read = '2026-11-24T13:00:00.000Z') => file(name, `${text}Read: ${read}\n`);
const copy = outside('outside.txt', checkpointText(newest));
const none = outside('none.txt', 'No checkpoint lies there.\n');
const forged = outside('forged.txt', checkpointText(thief.sign(newest.note)));
const mail = file('mail.txt', `Dear auditor,\r\n\r\n${newest.note.replaceAll('\n', '\r\n')}\r\nYours`);

const code = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' }).status;
const hasPython = code('python3', '-c', 'import sys; sys.exit(sys.version_info < (3, 8))') === 0;

describe('both commands exit alike', () => {
  it.each<[string, number, string[]]>([
    ['on a whole history', 0, [whole]],
    ['with a copy outside that it reaches', 0, [whole, '--outside', copy]],
    ['with a copy outside and the mail of an auditor', 0, [whole, '--outside', copy, '--pin', mail]],
    ['with a copy outside that it is behind', 1, [rolledBack, '--outside', copy]],
    ['with a copy outside that nobody signed', 2, [whole, '--outside', forged]],
    ['with no copy outside, and old entries', 2, [whole, '--outside', none, '--max-age', '10m']],
    ['with no copy outside, and time enough', 0, [whole, '--outside', none, '--max-age', '2d']],
    ['with an age that is none', 2, [whole, '--outside', none, '--max-age', '2w']],
    ['with something else outside', 2, [whole, '--outside', whole]],
    ['with a copy that was read at no time', 2, [whole, '--outside', outside('x.txt', checkpointText(newest), 'soon')]],
    ['with a pin that it is behind', 1, [rolledBack, '--pin', mail]],
    ['with a pin that is none', 2, [whole, '--pin', none]],
    ['with an export that is not there', 2, [join(folder, 'nowhere')]],
    ['with an export that cannot be read', 2, [folder]],
    ['with a pin that is not there', 2, [whole, '--pin', join(folder, 'nowhere')]],
    ['with a copy outside that is not there', 2, [whole, '--outside', join(folder, 'nowhere')]],
    ['with a public key that is not there', 2, [whole, '--public-key', join(folder, 'nowhere')]],
    ['with a public key that is none', 2, [whole, '--public-key', whole]],
  ])('%s: %i', (_, expected, [name = '', ...more]) => {
    const args = ['--export', name, '--public-key', key, ...more];
    expect(code(process.execPath, 'bin/countersign.ts', 'verify', ...args)).toBe(expected);
    if (hasPython) expect(code('python3', 'docs/verify.py', ...args)).toBe(expected);
  });
});
