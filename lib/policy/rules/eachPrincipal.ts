import type { Context, Hit, PrincipalView, StatementView } from './context.ts';

/** One hit for each principal of the document that a test picks out. */
export function* eachPrincipal(
  context: Context,
  hit: (principal: PrincipalView, view: StatementView) => Omit<Hit, 'path'> | undefined,
): Iterable<Hit> {
  for (const view of context.statements) {
    for (const principal of view.principals) {
      const found = hit(principal, view);
      if (found !== undefined) yield { path: principal.path, ...found };
    }
  }
}
