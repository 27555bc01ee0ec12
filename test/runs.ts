/**
 * How often a property is tried: `usual` times the environment's `FC_TIMES`, at least once. Mutation testing runs every test
 * thousands of times and tries fewer cases each time (`FC_TIMES=0.03`); a long search for a counterexample tries more.
 */
export function runs(usual: number): number {
  return Math.max(1, Math.ceil(usual * Number(process.env.FC_TIMES ?? 1)));
}
