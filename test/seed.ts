import fc from 'fast-check';

/**
 * Where a run decides something (CI, mutation testing) the properties try the same cases each time, so that a red one is the
 * fault of the change; elsewhere each run tries others, and a counterexample prints the seed that gives it again.
 */
if (process.env.CI === 'true' || process.env.FC_SEED !== undefined) {
  fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20261124) });
}
