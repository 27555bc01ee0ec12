import type { PrincipalForm } from '../principalForm.ts';
import type { Context, Hit, PrincipalView, StatementView } from './context.ts';

type Type = PrincipalForm['type'];

/** What is known of a principal of one of these forms. */
type FormOf<T extends Type, F = PrincipalForm> = F extends { type: infer U }
  ? [U & T] extends [never]
    ? never
    : F
  : never;

export type PrincipalOf<T extends Type> = PrincipalView & { form: FormOf<T> };

/** The forms whose text tells the partition and the account. */
export const OF_ACCOUNTS = ['account', 'user', 'role', 'group', 'session', 'federatedUser'] as const;

/** One hit for each principal of these forms that a test picks out. */
export function* eachPrincipal<T extends Type>(
  { forms, statements }: Context,
  types: readonly T[],
  hit: (principal: PrincipalOf<T>, view: StatementView) => Omit<Hit, 'path'> | undefined,
): Iterable<Hit> {
  if (!types.some((type) => forms.has(type))) return;
  for (const view of statements) {
    for (const principal of view.principals) {
      const found = isOf(principal, types) ? hit(principal, view) : undefined;
      if (found !== undefined) yield { path: principal.path, ...found };
    }
  }
}

function isOf<T extends Type>(principal: PrincipalView, types: readonly T[]): principal is PrincipalOf<T> {
  const all: readonly Type[] = types;
  return all.includes(principal.form.type);
}
