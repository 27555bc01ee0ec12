import { describe, expect, it } from 'vitest';
import { canonicalJson, chain, entryHash, genesis, readBody } from '../../lib/audit/chain.ts';
import { fact, submitted } from '../fixtures/facts.ts';

describe('the chain', () => {
  it('hashes as the published vector does', () => {
    const head = genesis('log-test', 'kpw-audit/v1');
    expect(head.hash).toBe('f527f824f6383c2a03c0d3ade4047141851dc4c2e77eb6c14c7b09cc2fa9a82c');
    const body = canonicalJson({
      seq: 1,
      prev: head.hash,
      log: 'log-test',
      type: 'SUBMITTED',
      actor: 'person:alice',
      at: '2026-01-01T00:00:00.000Z',
    });
    expect(entryHash(body, 'kpw-audit/v1')).toBe('e7d9bbfe31e99c81a906e6783bec2deec6a214a7fe21d7cf87a5728659231821');
  });

  it('chains each entry to the one before and holds its own place', () => {
    const first = chain(genesis(), submitted());
    const second = chain(first, fact('ana@example.com', 1, { type: 'CANCELLED', comment: '' }));
    expect([first.seq, second.seq]).toEqual([1, 2]);
    expect(readBody(second.body)).toMatchObject({ seq: 2, prev: first.hash, log: 'main', type: 'CANCELLED' });
    expect(second.hash).toBe(entryHash(second.body));
  });

  it('gives another hash for another fact, place, predecessor or log', () => {
    const cancelled = fact('ana@example.com', 1, { type: 'CANCELLED', comment: '' });
    const hashes = [
      chain({ seq: 1, hash: 'a' }, cancelled).hash,
      chain({ seq: 1, hash: 'b' }, cancelled).hash,
      chain({ seq: 2, hash: 'a' }, cancelled).hash,
      chain({ seq: 1, hash: 'a' }, { ...cancelled, person: 'ben@example.com' }).hash,
      chain({ seq: 1, hash: 'a' }, cancelled, 'other').hash,
    ];
    expect(new Set(hashes).size).toBe(5);
  });

  it('prints JSON in one way only', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'é"\n' }], a: undefined, A: true })).toBe(
      '{"A":true,"b":[1,{"c":"é\\"\\n","d":null}]}',
    );
  });
});
