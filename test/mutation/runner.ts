import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { InstrumenterContext } from '@stryker-mutator/api/core';
import type { Logger } from '@stryker-mutator/api/logging';
import {
  type CompleteDryRunResult,
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import fc from 'fast-check';
import { dependents, hookModules, load } from './modules.ts';
import { collected, type Test } from './vitest.ts';

/**
 * A test runner for Stryker that loads the tests of the pure rooms once and then runs them as plain functions, so that a mutant
 * which dies costs milliseconds (docs/mutation.md). It works in Stryker's sandbox, its working directory.
 */
const TESTS = 'test/{policy,change}/**/*.test.ts';
/** What the dry run tells the processes that come after it. */
const LEARNED = 'learned.json';
/** Node never lets a module go. After so many test files, each with what it imports, the process is given back. */
const MOST_LOADS = 1_000;
/** A test this much slower than the average would cost more than all others, for the few mutants that only it kills. */
const TOO_SLOW = Number(process.env.MUTATION_TOO_SLOW ?? 200);
const LOOP = 'The test goes on and on.';

interface Learned {
  /** The tests that can be run again and again, and the milliseconds that each takes. */
  times: [id: string, milliseconds: number][];
  /** By the id of a mutant that loading the modules reaches: the tests that reach it too, by their place in `times`. */
  covering: Record<string, number[]>;
}

interface Failure {
  /** None, if the modules could not even be loaded. */
  test?: Test;
  message: string;
}

/** Milliseconds of the processor that this process has had. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Ends a test that goes on and on: the instrumented code asks in every turn of a loop which mutant is switched on. */
const watch = { mutant: undefined as string | undefined, asked: 0, until: Number.POSITIVE_INFINITY, rang: false };
/** What the instrumented code reads and counts. */
const stryker: { [name in keyof InstrumenterContext]: InstrumenterContext[name] | undefined } = {
  get activeMutant() {
    if ((++watch.asked & 0xffff) === 0 && spent() > watch.until) {
      watch.rang = true;
      throw new Error(LOOP);
    }
    return watch.mutant;
  },
  set activeMutant(mutant) {
    watch.mutant = mutant;
  },
};
Object.assign(globalThis, { __stryker__: stryker });

class PureRunner implements TestRunner {
  private readonly log: Logger;
  private tests: Test[] = [];
  private endings: (() => unknown)[] = [];
  private times = new Map<string, number>();
  private covering: Learned['covering'] = {};
  private rounds = 0;
  private loads = 0;
  /** By test file, the mutants of tables and names that it killed when it was loaded with them. */
  private kills = new Map<string, number>();
  /** Tests run for the mutant at hand. */
  private ran = 0;
  /** Whether the modules are as they are without a mutant. */
  private clean = false;

  constructor(log: Logger) {
    this.log = log;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    Error.stackTraceLimit = 0;
    hookModules();
  }

  async dispose(): Promise<void> {
    for (const ending of this.endings) await ending();
  }

  /** Runs each test twice: all depends on its doing the same again. What does not, and what is too slow, is left out, and said. */
  async dryRun(): Promise<DryRunResult> {
    await this.load();
    const ran: CompleteDryRunResult['tests'] = [];
    for (const { id, file, run } of this.tests) {
      stryker.currentTestId = id;
      const failureMessage = await failureOf(run);
      stryker.currentTestId = 'again';
      // The time of the processor: a busy machine makes no test slower than another.
      const from = spent();
      const repeatable = failureMessage === undefined && (await failureOf(run)) === undefined;
      const result = { id, name: id, timeSpentMs: spent() - from, fileName: resolve(file) };
      if (failureMessage !== undefined) ran.push({ ...result, status: TestStatus.Failed, failureMessage });
      else if (repeatable) ran.push({ ...result, status: TestStatus.Success });
      else this.log.warn('Left out, since it passes only once in a process: %s', id);
    }
    stryker.currentTestId = undefined;
    const most = (TOO_SLOW * ran.reduce((sum, { timeSpentMs }) => sum + timeSpentMs, 0)) / ran.length;
    const tests = ran.filter(({ timeSpentMs }) => timeSpentMs <= most);
    for (const { id } of ran.filter((test) => !tests.includes(test)))
      this.log.warn('Left out, since it is slow: %s', id);

    const { static: loading, perTest: all } = stryker.mutantCoverage ?? { static: {}, perTest: {} };
    const perTest = Object.fromEntries(tests.map(({ id }) => [id, all[id] ?? {}]));
    const covering: Learned['covering'] = Object.fromEntries(Object.keys(loading).map((mutant) => [mutant, []]));
    for (const [index, { id }] of tests.entries()) {
      for (const mutant of Object.keys(perTest[id] ?? {})) covering[mutant]?.push(index);
    }
    const learned: Learned = { times: tests.map(({ id, timeSpentMs }) => [id, timeSpentMs]), covering };
    await writeFile(LEARNED, JSON.stringify(learned));
    return { status: DryRunStatus.Complete, tests, mutantCoverage: { static: loading, perTest } };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    if (this.loads > MOST_LOADS) throw new Error('So that Stryker asks another process.');
    if (this.times.size === 0) {
      const { times, covering }: Learned = JSON.parse(await readFile(LEARNED, 'utf8'));
      this.times = new Map(times);
      this.covering = covering;
    }
    this.ran = 0;
    const failure = await this.judge(options);
    const nrOfTests = this.ran;
    if (failure === undefined) return { status: MutantRunStatus.Survived, nrOfTests };
    const { test, message } = failure;
    if (message === LOOP) return { status: MutantRunStatus.Timeout, reason: message };
    return { status: MutantRunStatus.Killed, killedBy: test ? [test.id] : [], failureMessage: message, nrOfTests };
  }

  private async judge(options: MutantRunOptions): Promise<Failure | undefined> {
    if (!this.clean) await this.load();
    const ids = [...this.times.keys()];
    const atLoading = options.mutantActivation === 'static';
    const covering = atLoading
      ? (this.covering[options.activeMutant.id] ?? []).map((index) => ids[index])
      : options.testFilter;
    const wanted = new Set(covering);

    let failure = await this.attempt(options, ({ id }) => wanted.has(id));
    const killer = failure?.test;
    const dirty = killer !== undefined && (await failureOf(killer.run)) !== undefined;
    // Where the killer fails without the mutant too, one of them left something behind. Where the mutant was never
    // reached, what it would have changed was kept from before. Both are judged again with nothing kept.
    if (dirty || (wanted.size > 0 && stryker.hitCount === 0)) {
      await this.load();
      failure = await this.attempt(options, ({ id }) => wanted.has(id));
      this.clean = !dirty;
    }
    if (failure !== undefined || !atLoading) return failure;

    return this.attemptAnew(options);
  }

  /** The first of the tests, cheapest first, that fails with the mutant switched on. */
  private async attempt(
    { activeMutant, hitLimit = Number.POSITIVE_INFINITY }: MutantRunOptions,
    wanted: (test: Test) => boolean,
    from: readonly Test[] = this.tests,
  ): Promise<Failure | undefined> {
    const time = ({ id }: Test): number => this.times.get(id) ?? 0;
    const tests = from.filter((test) => this.times.has(test.id) && wanted(test));
    Object.assign(stryker, { hitCount: 0, hitLimit });
    for (const test of tests.sort((a, b) => time(a) - time(b))) {
      this.ran++;
      Object.assign(watch, { mutant: activeMutant.id, rang: false, until: spent() + 3_000 + 50 * time(test) });
      const message = await failureOf(test.run);
      Object.assign(watch, { mutant: undefined, until: Number.POSITIVE_INFINITY });
      if (watch.rang || (stryker.hitCount ?? 0) > hitLimit) return { test, message: LOOP };
      if (message !== undefined) return { test, message };
    }
    return undefined;
  }

  /**
   * The first test that fails when the modules are loaded with the mutant switched on: one test file after the other, those first
   * that killed most in this way, so that a mutant which dies needs few of them. The tests that were loaded without it stay.
   */
  private async attemptAnew(options: MutantRunOptions): Promise<Failure | undefined> {
    const reached = dependents(options.sandboxFileName);
    const files = globSync(TESTS).sort(
      (a, b) => (this.kills.get(b) ?? 0) - (this.kills.get(a) ?? 0) || (a < b ? -1 : 1),
    );
    this.rounds++;
    for (const file of files.filter((one) => reached.has(one))) {
      const failure = await this.attemptFile(options, file);
      if (failure === undefined) continue;
      this.kills.set(file, (this.kills.get(file) ?? 0) + 1);
      return failure;
    }
    return undefined;
  }

  private async attemptFile(options: MutantRunOptions, file: string): Promise<Failure | undefined> {
    Object.assign(stryker, { hitCount: 0, hitLimit: options.hitLimit, activeMutant: options.activeMutant.id });
    try {
      const { tests, endings } = await this.loadFile(file);
      const failure = await this.attempt(options, () => true, tests);
      for (const ending of endings) await ending();
      return failure;
    } catch (error) {
      return { message: String(error) };
    } finally {
      stryker.activeMutant = undefined;
    }
  }

  /** Loads all modules anew. */
  private async load(): Promise<void> {
    await this.dispose();
    this.rounds++;
    this.clean = true;
    [this.tests, this.endings] = [[], []];
    await load('test/seed.ts', this.rounds);
    // A property that failed has said enough.
    fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
    for (const file of globSync(TESTS).sort()) {
      const { tests, endings } = await this.loadFile(file);
      this.tests.push(...tests);
      this.endings.push(...endings);
    }
  }

  private async loadFile(file: string): Promise<ReturnType<typeof collected>> {
    this.loads++;
    collected(file);
    await load(file, this.rounds);
    return collected('');
  }
}

async function failureOf(run: Test['run']): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return String(error).slice(0, 500);
  }
}

export const strykerPlugins = [
  {
    kind: 'TestRunner',
    name: 'pure',
    factory: Object.assign((log: Logger) => new PureRunner(log), { inject: ['logger'] }),
  },
];
