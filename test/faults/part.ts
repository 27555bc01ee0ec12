/** A share of a sweep: the `part`th of so many. */
export interface Share {
  part: number;
  of: number;
}

/**
 * Which share of a sweep this run plays: `FAULTS_PART=2/4` is every fourth fault from the second on, so that several processes, or days,
 * play the whole between them. Without it, the whole.
 *
 * @throws Error on what is no share: a sweep that played nothing would be green
 */
export function shareOf(text: string | undefined): Share {
  if (text === undefined || text === '') return { part: 1, of: 1 };
  const [, part = 0, of = 0] = (/^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? []).map(Number);
  if (part < 1 || part > of) throw new Error(`FAULTS_PART=${text} is no share such as 2/4`);
  return { part, of };
}

/** What is of this share. */
export const shared = <T>(all: readonly T[], { part, of }: Share): T[] => all.filter((_, i) => i % of === part - 1);

/** A line each hundred runs: a sweep is long, and whoever looks wants to know how far it is. */
export const progress = (say: (line: string) => void, what: string, total: number) => {
  let done = 0;
  return () => {
    if (++done % 100 === 0) say(`${new Date().toISOString()} ${what}: ${done} of ${total}`);
  };
};
