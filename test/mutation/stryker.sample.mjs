import config from '../../stryker.config.json' with { type: 'json' };

/** A random sample of the mutants (sample.ts says how it is taken); of the static ones too. */
export default {
  ...config,
  plugins: ['@stryker-mutator/*', './test/mutation/sample.ts'],
  checkers: ['sample'],
  reporters: ['sample', 'clear-text', 'json'],
  clearTextReporter: { logTests: false, reportTests: false, allowColor: false },
  // On a busy machine a slow run is no endless loop.
  timeoutMS: 60_000,
  incremental: false,
  ignoreStatic: false,
};
