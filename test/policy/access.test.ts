import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import type { AccessEntry } from '../../lib/policy/types.ts';
import { policyOf } from './arbitrary.ts';

interface Vector {
  id: string;
  owner: string;
  before: unknown;
  after: unknown;
  expect: {
    gains: AccessEntry[];
    loses: AccessEntry[];
    changed: AccessEntry[];
    public: boolean;
    crossAccount: string[];
    lockout: boolean;
  };
  why: string;
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/diff.json', import.meta.url), 'utf8')) as Vector[];

/** The vectors do not say which statements stand behind an entry. */
const plain = (entries: readonly AccessEntry[]) => entries.map(({ statements: _, ...entry }) => entry);

test.each(vectors.map((vector) => [vector.id, vector] as const))(
  '%s',
  (_, { before, after, owner, expect: expected }) => {
    const { access } = compareAccess(policyOf(before), policyOf(after), { accountId: owner });
    const { gains, loses, changed, summary: __, ...facts } = access;
    expect({ gains: plain(gains), loses: plain(loses), changed: plain(changed), ...facts }).toEqual(expected);
  },
);
