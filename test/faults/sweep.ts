import type { Fault, Mode } from './proxy.ts';
import { every, Stage } from './stage.ts';

/** What a sweep came to. */
export interface Swept {
  stories: number;
  /** Stories whose fault came to pass. */
  happened: number;
  /** Each with the fault it came from. */
  violations: string[];
  /** The slowest stories first. */
  slowest: { fault: string; milliseconds: number }[];
}

const nameOf = ({ operation, nth, mode }: Fault) => `${mode} at ${operation} ${nth}`;

/**
 * Plays a story for each call that a story without faults makes, with that one fault, on one system, and one after the
 * other. `choose` picks the modes of the i-th call. `temporary`: the stories go on until the change is put back.
 */
export async function sweep(
  choose: (i: number) => readonly Mode[],
  say: (line: string) => void = () => undefined,
  temporary = false,
): Promise<Swept> {
  const stage = await Stage.open(temporary);
  const swept: Swept = { stories: 0, happened: 0, violations: [], slowest: [] };
  try {
    // The first finds every lambda cold; the second has the rhythm of those to come.
    await stage.play();
    const { calls, violations } = await stage.play();
    swept.violations.push(...violations);
    for (const fault of calls.flatMap((call, i) => every([call], choose(i)))) {
      const told = await stage.play(fault).catch((error: Error) => ({
        happened: true,
        violations: [`I14: ${error.message}`],
        milliseconds: 0,
      }));
      swept.stories++;
      if (told.happened) swept.happened++;
      swept.slowest.push({ fault: nameOf(fault), milliseconds: told.milliseconds });
      for (const violation of told.violations) {
        say(`${nameOf(fault)}: ${violation}`);
        swept.violations.push(`${nameOf(fault)}: ${violation}`);
      }
    }
    swept.violations.push(...(await stage.verify(true)));
  } finally {
    await stage.close();
  }
  swept.slowest = swept.slowest.sort((a, b) => b.milliseconds - a.milliseconds).slice(0, 10);
  return swept;
}
