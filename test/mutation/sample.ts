import { createHash } from 'node:crypto';

/**
 * A Stryker plugin that runs a random sample of the mutants: a full run is hours of a machine, and a few hundred mutants taken
 * by chance say what the score is, to a few percent. A checker decides by a hash of the seed and of the mutant itself, so each
 * mutant is taken with the same chance, by itself, and the same seed takes the same ones again. The reporter counts the sample.
 *
 * Environment: `MUTANT_SHARE` (0 to 1, default 0.04), `MUTANT_SEED` (default 1).
 */
const SHARE = Number(process.env.MUTANT_SHARE ?? 0.04);
const SEED = process.env.MUTANT_SEED ?? '1';

interface Mutant {
  id: string;
  fileName: string;
  mutatorName: string;
  replacement: string;
  location: { start: { line: number; column: number } };
  status?: string;
}

const roomOf = (fileName: string): string => /lib\/.*(?=\/)/.exec(fileName)?.[0] ?? fileName;

/** By the id, a number in the order of the files, and not by the place: a checker counts lines from 0 and a reporter from 1. */
function taken({ id, mutatorName, replacement }: Mutant): boolean {
  const text = JSON.stringify([SEED, id, mutatorName, replacement]);
  return createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32 < SHARE;
}

/** The bounds of Wilson's 95 % interval of a share, in percent. */
function interval(killed: number, all: number): [number, number] {
  const z = 1.96;
  const share = killed / all;
  const middle = share + z ** 2 / (2 * all);
  const spread = z * Math.sqrt((share * (1 - share)) / all + z ** 2 / (4 * all ** 2));
  const percent = (bound: number): number => (100 * bound) / (1 + z ** 2 / all);
  return [percent(middle - spread), percent(middle + spread)];
}

class SampleChecker {
  async init(): Promise<void> {}

  async check(mutants: Mutant[]): Promise<Record<string, { status: string; reason?: string }>> {
    const left = { status: 'compileError', reason: 'not in the sample' };
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, taken(mutant) ? { status: 'passed' } : left]));
  }

  group(mutants: Mutant[]): string[][] {
    return [mutants.map(({ id }) => id)];
  }
}

class SampleReporter {
  private readonly rooms = new Map<string, { killed: number; all: number }>();

  onMutantTested(mutant: Mutant): void {
    const { status = '', fileName, location, mutatorName, replacement } = mutant;
    if (!taken(mutant) || !['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status)) return;
    // At once, so that a run which is cut short has told what it found.
    const { line, column } = location.start;
    console.log(
      `${status} ${/lib\/.*/.exec(fileName)?.[0]}:${line}:${column} ${mutatorName} ${JSON.stringify(replacement)}`,
    );
    const dead = status === 'Killed' || status === 'Timeout';
    for (const room of [roomOf(mutant.fileName), 'all']) {
      const { killed, all } = this.rooms.get(room) ?? { killed: 0, all: 0 };
      this.rooms.set(room, { killed: killed + (dead ? 1 : 0), all: all + 1 });
    }
  }

  wrapUp(): void {
    for (const [room, { killed, all }] of [...this.rooms].sort()) {
      const [low, high] = interval(killed, all).map((bound) => bound.toFixed(1));
      console.log(`${room}: ${killed} of ${all} killed, ${((100 * killed) / all).toFixed(1)} % (${low} to ${high})`);
    }
  }
}

export const strykerPlugins = [
  { kind: 'Checker', name: 'sample', factory: Object.assign(() => new SampleChecker(), { inject: [] }) },
  { kind: 'Reporter', name: 'sample', factory: Object.assign(() => new SampleReporter(), { inject: [] }) },
];
