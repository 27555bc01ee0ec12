import { expect, it } from 'vitest';
import { checkpointText, readCheckpointText } from '../../lib/audit/archive.ts';
import { chain, genesis } from '../../lib/audit/chain.ts';
import { addressesIn, type Opening, sealFact, sealOf, unseal, writtenIn } from '../../lib/audit/seal.ts';
import { type Trust, Verification } from '../../lib/audit/verify.ts';
import { everyStory, exported, happenings, notary } from './honest.ts';

const ours = notary();
const honest = everyStory();
const records = exported(honest, [0, 20, honest.length - 2], ours);
const checkpoints = records.filter((record) => record.kind === 'checkpoint');
const newest = checkpoints.at(-1);
const FOREVER = 1e12;

function judge(outside: Trust['outside'], given: readonly unknown[] = records) {
  const verification = new Verification({ isSigned: ours.isSigned, outside });
  for (const record of given) if (!verification.take(record)) break;
  return verification.verdict();
}
const readAt = Date.parse('2030-01-01');
const back = [
  ...records.slice(0, records.findIndex((record) => record === checkpoints[1]) + 1),
  { kind: 'head', seq: 20, hash: honest[19]?.hash },
];

it('is clean against the newest copy, tampered when the log is behind it, incomplete when nobody signed it or it is late', () => {
  expect(judge({ signed: newest, readAt, maxAge: FOREVER })).toMatchObject({ verdict: 'clean' });
  expect(judge(undefined, back)).toMatchObject({ verdict: 'clean' });
  expect(judge({ signed: newest, readAt, maxAge: FOREVER }, back)).toMatchObject({ verdict: 'tampered', firstBad: 21 });
  const forged = { note: newest?.note ?? '', signature: 'AAAA' };
  expect(judge({ signed: forged, readAt, maxAge: FOREVER })).toMatchObject({ verdict: 'incomplete' });
  expect(judge({ signed: newest, readAt, maxAge: 1 })).toMatchObject({ verdict: 'incomplete' });
  expect(judge({ signed: undefined, readAt, maxAge: 1 })).toMatchObject({ verdict: 'incomplete' });
  expect(readCheckpointText(checkpointText(newest ?? forged))).toEqual({
    note: newest?.note,
    signature: newest?.signature,
  });
});

it('seals a fact so that nothing of a person is left, and takes it back; a false opening is found', () => {
  const salt = 'ab'.repeat(32);
  for (const { fact } of happenings(1, 'applied')) {
    const people = new Map(addressesIn(fact).map((value) => [value, sealOf('per', { salt, value })]));
    const texts = new Map(writtenIn(fact).map((value) => [value, sealOf('txt', { salt, value })]));
    const seals = new Map([...people, ...texts]);
    const sealed = sealFact(fact, people, texts);
    expect(JSON.stringify(sealed)).not.toContain('@example.com');
    expect(unseal(sealed, new Map([...seals].map(([plain, seal]) => [seal, plain])))).toEqual(fact);
    const entry = { kind: 'entry', ...chain(genesis(), sealed) };
    const openings = Object.fromEntries([...seals].map(([value, seal]): [string, Opening] => [seal, { salt, value }]));
    const header = { ...records[0], whole: false };
    expect(judge(undefined, [header, { ...entry, openings }])).toMatchObject({ verdict: 'incomplete' });
    for (const seal of Object.keys(openings)) {
      const lie = { ...openings, [seal]: { salt, value: 'mallory@example.com' } };
      expect(judge(undefined, [header, { ...entry, openings: lie }])).toMatchObject({ verdict: 'tampered' });
    }
  }
});
