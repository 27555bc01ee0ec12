import { expect, test } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import { KEY_ACTIONS } from '../../lib/policy/actions.ts';
import type { AccessEntry } from '../../lib/policy/types.ts';
import { policyOf } from './arbitrary.ts';
import { DIFF_CASES } from './diffCases.ts';

const document = (statements: object[]) => policyOf({ Version: '2012-10-17', Statement: statements });
const listed = (names: string): string[] => names.split(' ').map((name) => `kms:${name}`);
const actionsOf = (text: string): string[] =>
  text.startsWith('all but ')
    ? KEY_ACTIONS.filter((name) => !listed(text.slice('all but '.length)).includes(name))
    : listed(text);

test.each(DIFF_CASES.map((one) => [one.id, one] as const))('%s', (_, one) => {
  const { access } = compareAccess(document(one.before), document(one.after), { accountId: '111122223333' });
  for (const side of ['gains', 'loses', 'changed'] as const) {
    const wanted = one[side] ?? [];
    const told = (entries: readonly AccessEntry[]) =>
      entries.map(({ statements: _statements, when, ...entry }, index) =>
        wanted[index]?.when === undefined ? entry : { ...entry, when },
      );
    expect(told(access[side]), side).toEqual(
      wanted.map(({ actions, ...rest }) => ({ ...rest, actions: actionsOf(actions) })),
    );
  }
  expect([access.public, access.crossAccount, access.lockout]).toEqual([
    one.public ?? false,
    one.crossAccount ?? [],
    one.lockout ?? false,
  ]);
});
