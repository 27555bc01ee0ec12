import { chain, genesis, type Head } from '../../lib/audit/chain.ts';
import type { LoggedEntry } from '../../lib/audit/verify.ts';
import type { Fact } from '../../lib/change/facts.ts';

/** Where the notary signs in the tests: the beginning, every seventh entry, and the end. */
export const SIGNED_AT = (entries: readonly LoggedEntry[]): number[] =>
  [0, ...entries.map(({ seq }) => seq)].filter((seq) => seq % 7 === 0 || seq === entries.length);

/** Another value of the same kind. */
export function mutated(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string') return null;
  if (value === '') return 'x';
  const middle = Math.floor(value.length / 2);
  const other = value[middle] === '0' ? '1' : '0';
  return value.slice(0, middle) + other + value.slice(middle + 1);
}

/** Every value that differs from this one in one member, at any depth: altered, taken away, and one too many. */
export function deepMembers(value: unknown): unknown[] {
  if (Array.isArray(value)) {
    return [
      ...value.flatMap((one, i) => deepMembers(one).map((other) => value.with(i, other))),
      ...value.map((_, i) => value.toSpliced(i, 1)),
      [...value, 'mallory@example.com'],
    ];
  }
  if (typeof value !== 'object' || value === null) return [mutated(value)];
  const entries = Object.entries(value);
  return [
    ...entries.flatMap(([name, one]) => deepMembers(one).map((other) => ({ ...value, [name]: other }))),
    ...entries.map(([name]) => Object.fromEntries(entries.filter(([one]) => one !== name))),
    { ...value, added: 1 },
  ];
}

/** The log with the text of one entry made this, and everything from there on chained again as if it had always been so. */
export function rechained(entries: readonly LoggedEntry[], seq: number, altered: object): LoggedEntry[] {
  let head: Head = genesis();
  return entries.map((entry) => {
    if (entry.seq < seq) {
      head = entry;
      return entry;
    }
    const {
      log: _,
      prev: __,
      seq: ___,
      ...fact
    } = (entry.seq === seq ? altered : JSON.parse(entry.body)) as Fact & {
      log: string;
      prev: string;
      seq: number;
    };
    const next = chain(head, fact as Fact);
    head = next;
    return { ...entry, ...next };
  });
}
