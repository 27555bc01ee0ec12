import { progress, type Share, shared } from './part.ts';
import { type Call, type Mode, nameOf } from './proxy.ts';
import { every, type Plot, Stage } from './stage.ts';

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

/** What is swept: the modes of each call, the plot of the stories, the share of them, and where to say how it goes. */
export interface Plan {
  choose(call: Call, i: number): readonly Mode[];
  plot?: Plot;
  share?: Share;
  say?(line: string): void;
}

/** Plays a story for each call that a story without faults makes, with that one fault, on one system, and one after the other. */
export async function sweep({
  choose,
  plot = 'standing',
  share = { part: 1, of: 1 },
  say = () => undefined,
}: Plan): Promise<Swept> {
  const stage = await Stage.open(plot);
  const swept: Swept = { stories: 0, happened: 0, violations: [], slowest: [] };
  const violated = (line: string) => {
    say(line);
    swept.violations.push(line);
  };
  try {
    // The first finds every lambda cold; the second has the rhythm of those to come.
    await stage.play();
    const { calls, violations } = await stage.play();
    violations.forEach(violated);
    const faults = shared(
      calls.flatMap((call, i) => every([call], choose(call, i))),
      share,
    );
    const played = progress(say, `stories, ${plot}`, faults.length);
    for (const fault of faults) {
      const told = await stage.play(fault).catch((error: Error) => ({
        happened: true,
        violations: [`I14: ${error.message}`],
        milliseconds: 0,
      }));
      swept.stories++;
      if (told.happened) swept.happened++;
      swept.slowest.push({ fault: nameOf(fault), milliseconds: told.milliseconds });
      for (const violation of told.violations) violated(`${nameOf(fault)}: ${violation}`);
      played();
    }
    (await stage.verify(true)).forEach(violated);
  } finally {
    await stage.close();
  }
  swept.slowest = swept.slowest.sort((a, b) => b.milliseconds - a.milliseconds).slice(0, 10);
  return swept;
}
