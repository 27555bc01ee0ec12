import { type Act, type ModelChange, moves, type State, step } from './model.ts';

/** What was answered; `unknown` when no answer came, so that it may have happened or not. */
export type Said = 'yes' | 'no' | 'unknown';

export interface Done {
  act: Act;
  said: Said;
}

/** What may have happened by itself while people acted: ids of changes whose time had come. `late`: it had come before they began. */
export interface Meanwhile {
  expire: string[];
  late: string[];
  escalate: string[];
  crashed: boolean;
}

/** A state as text: what can be seen from outside. */
export const shown = ({ changes, live }: Pick<State, 'changes' | 'live'>): string =>
  JSON.stringify(
    [
      Object.keys(changes)
        .sort()
        .map((id) => [id, ...shownChange(changes[id] as ModelChange)]),
      live,
    ],
    null,
    1,
  );

const shownChange = (change: ModelChange): unknown[] => {
  const { key, submitter, coAuthors, status, version, base, after, yes, wish, escalated } = change;
  return [key, submitter, coAuthors, status, version, base, after, yes, wish ?? null, escalated];
};

/**
 * Is there an order of these acts, with what the system does by itself in between, in which the model gives each the answer
 * that it got and ends where the system stands? Gives the state at its end, or undefined when no order explains it.
 */
export function explain(from: State, done: readonly Done[], meanwhile: Meanwhile, seen: string): State | undefined {
  const dead = new Set<string>();
  const search = (state: State, left: readonly Done[]): State | undefined => {
    const mark = JSON.stringify([state, left.map(({ act }) => done.findIndex((one) => one.act === act))]);
    if (dead.has(mark)) return undefined;
    dead.add(mark);
    if (left.length === 0 && shown(state) === seen) return state;
    for (const one of left) {
      const rest = left.filter((other) => other !== one);
      for (const { said, next } of step(state, one.act)) {
        const found = said === one.said || one.said === 'unknown' ? search(next, rest) : undefined;
        if (found !== undefined) return found;
      }
      const never = one.said === 'unknown' ? search(state, rest) : undefined;
      if (never !== undefined) return never;
    }
    for (const next of moves(state, meanwhile)) {
      const found = search(next, left);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return search(begin(from, meanwhile.late), done);
}

/** People begin to act: what was live before is past. */
function begin(state: State, late: string[]): State {
  const lately = Object.fromEntries(Object.entries(state.live).map(([key, hash]) => [key, [hash]]));
  return { ...state, late, lately: lately as State['lately'] };
}
