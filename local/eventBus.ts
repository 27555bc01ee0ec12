import type { EventPattern, EventRule } from './serverless.ts';
import type { Invocation, Invoke } from './types.ts';

/** As often as Lambda tries an asynchronous call. */
const TRIES = 3;

/**
 * The default event bus: an event goes to every function whose rule matches it, and again when the function fails, twice
 * as Lambda does it, here without the minutes between. Answers what became of each.
 */
export const eventBus =
  (rules: readonly EventRule[], invoke: Invoke) =>
  (event: object): Promise<Invocation[]> =>
    Promise.all(rules.filter(({ pattern }) => matches(pattern, event)).map((rule) => deliver(rule, event, invoke)));

const matches = (pattern: EventPattern, event: unknown): boolean =>
  typeof event === 'object' &&
  event !== null &&
  Object.entries(pattern).every(([name, wanted]) => {
    const value = (event as Record<string, unknown>)[name];
    return Array.isArray(wanted) ? wanted.includes(String(value)) : matches(wanted, value);
  });

async function deliver({ functionKey }: EventRule, event: object, invoke: Invoke): Promise<Invocation> {
  let result = await invoke(functionKey, event);
  for (let again = 1; again < TRIES && !result.ok; again++) result = await invoke(functionKey, event);
  return result;
}
