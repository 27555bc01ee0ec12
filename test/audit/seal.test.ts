import { describe, expect, it } from 'vitest';
import { addressesIn, type Seal, sealFact, sealOf, writtenIn } from '../../lib/audit/seal.ts';
import { isAddress } from '../../lib/change/address.ts';

const salt = 'ab'.repeat(32);
const sealsOf = (kind: 'per' | 'txt', values: readonly string[]) =>
  new Map<string, Seal>(values.map((value) => [value, sealOf(kind, { salt, value })]));
const sealed = <T extends object>(fact: T): T =>
  sealFact(fact, sealsOf('per', addressesIn(fact)), sealsOf('txt', writtenIn(fact)));
const person = (value: string) => sealOf('per', { salt, value });
const text = (value: string) => sealOf('txt', { salt, value });

describe.each(['reason', 'comment', 'ticket'])('a %s that is an address', (member) => {
  it.each(['sam@example.com', 'kim@example.com'])('is a text, and whoever acts stays a person: %s', (value) => {
    expect(sealed({ person: 'sam@example.com', told: ['kim@example.com'], [member]: value })).toEqual({
      person: person('sam@example.com'),
      told: [person('kim@example.com')],
      [member]: text(value),
    });
  });
});

it('seals a person in one spelling, however a session spells them', () => {
  const arn = 'arn:aws:sts::111122223333:assumed-role/admin/Ana@Example.com';
  expect(addressesIn({ person: 'ana@example.com', principal: arn })).toEqual(['ana@example.com']);
  expect(sealed({ principal: arn })).toEqual({
    principal: `arn:aws:sts::111122223333:assumed-role/admin/${person('ana@example.com')}`,
  });
});

it('seals an address with an apostrophe whole, and quotes around one stay', () => {
  expect(
    sealed({ person: "o'brien@example.com", detail: "asked 'sam@example.com', link:o'brien@example.com" }),
  ).toEqual({
    person: person("o'brien@example.com"),
    detail: `asked '${person('sam@example.com')}', link:${person("o'brien@example.com")}`,
  });
});

it.each([
  ["o'brien@example.com", true],
  ['sam+kms@example.com', true],
  ["'sam@example.com", false],
  ['x/sam@example.com', false],
  ['[sam]@example.com', false],
  ['sam@example.com.', false],
  ['sam', false],
])('%s may be called so: %s', (address, may) => expect(isAddress(address)).toBe(may));
