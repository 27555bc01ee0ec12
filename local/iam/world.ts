import type { Journal } from '../types.ts';
import { uniqueIdOf } from './keys.ts';

/** What is written for each `PUT /_iam/world`: the whole of it, so that the last line is the state. */
export interface WorldState {
  /** Principals that do not exist: ARNs, unique ids, or bare names of roles and users. */
  missing: string[];
  /** Unique ids (AIDA…, AROA…) of principals that live, with the ARN of each. */
  ids: Record<string, string>;
}

/** Which principals exist. By default every well-formed one does, and no unique id does. */
export interface World {
  /** For the ARN of a user, a role or a session of one, an account root, a service name or an account id. */
  exists(principal: string): boolean;
  /** The ARN behind the unique id of a principal that lives. */
  arnOf(uniqueId: string): string | undefined;
  /** What a policy shows in place of the ARN of a principal that was deleted. */
  uniqueIdOf(arn: string): string;
  state(): WorldState;
  set(state: WorldState): void;
}

/** Opens the world as the last entry of the journal left it. */
export function openWorld(journal: Journal<WorldState>): World {
  let state: WorldState = journal.read().at(-1) ?? { missing: [], ids: {} };
  return {
    exists: (principal) => namesOf(principal).every((name) => !state.missing.includes(name)),
    arnOf: (uniqueId) => (Object.hasOwn(state.ids, uniqueId) ? state.ids[uniqueId] : undefined),
    uniqueIdOf: (arn) => Object.entries(state.ids).find(([, known]) => known === arn)?.[0] ?? uniqueIdOf(arn),
    state: () => state,
    set: (next) => {
      journal.append(next);
      state = next;
    },
  };
}

/** Every name by which `missing` may mean this principal: itself, its bare name, and for a session the role behind it. */
function namesOf(principal: string): string[] {
  const session = /^arn:aws:sts::([0-9]{12}):assumed-role\/([^/]+)\//.exec(principal);
  if (session !== null) return [principal, `arn:aws:iam::${session[1]}:role/${session[2]}`, `${session[2]}`];
  const named = /^arn:aws:iam::[0-9]{12}:(?:role|user)\/(?:.*\/)?([^/]+)$/.exec(principal);
  return named?.[1] === undefined ? [principal] : [principal, named[1]];
}
