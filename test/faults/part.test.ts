import { expect, it } from 'vitest';
import { shared, shareOf } from './part.ts';

const all = Array.from({ length: 10 }, (_, i) => i);

it('splits a sweep into shares that are the whole together, and nothing twice', () => {
  const shares = [1, 2, 3, 4].map((part) => shared(all, shareOf(`${part}/4`)));
  expect(shares.flat().sort()).toEqual(all);
  expect(shares[1]).toEqual([1, 5, 9]);
  expect(shared(all, shareOf(undefined))).toEqual(all);
});

it.each(['0/4', '5/4', '2', 'x', '1/0', '2/4/8'])('refuses %s rather than to play nothing', (text) => {
  expect(() => shareOf(text)).toThrow('FAULTS_PART');
});
