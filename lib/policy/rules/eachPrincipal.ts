import type { PrincipalForm } from '../principalForm.ts';
import type { Context, Hit, PrincipalView, StatementView } from './context.ts';

type Type = PrincipalForm['type'];

/** The forms whose text tells the partition and the account. */
export const OF_ACCOUNTS: readonly Type[] = ['account', 'user', 'role', 'group', 'session', 'federatedUser'];

/** One hit for each principal of these forms that a test picks out. */
export function* eachPrincipal(
  { forms, statements }: Context,
  types: readonly Type[],
  hit: (principal: PrincipalView, view: StatementView) => Omit<Hit, 'path'> | undefined,
): Iterable<Hit> {
  if (!types.some((type) => forms.has(type))) return;
  for (const view of statements) {
    for (const principal of view.principals) {
      const found = types.includes(principal.form.type) ? hit(principal, view) : undefined;
      if (found !== undefined) yield { path: principal.path, ...found };
    }
  }
}
