import type { Change } from '../change/change.ts';
import { post } from '../change/command.ts';
import { type Outcome, refuse } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { carriedTimes } from '../change/times.ts';
import { readChange, versionWrites } from '../store/changes.ts';
import { act } from './decide.ts';
import { noteRefusal } from './noteRefusal.ts';
import { propose } from './propose.ts';
import { proposal, type Submission, terms, withinRate } from './submit.ts';

/** What a new version says; what it leaves out stays as it was. */
export type VersionInput = Omit<
  Submission,
  'key' | 'reason' | 'breakGlass' | 'coAuthors' | 'reverts' | 'rebases' | 'undoes'
> & {
  reason?: string | undefined;
};

/**
 * Posts another document in the place of the one before, for the same key, on the policy that is live now, with the rule
 * that its own risk asks for. Document, proposal and fact are one transaction; every approval is void with it.
 */
export async function postVersion(
  id: string,
  input: VersionInput,
  person: string,
  rules: Rules,
  at: string,
): Promise<Outcome<Change>> {
  const stored = await readChange(id);
  if (stored === undefined) return refuse('NOT_FOUND', 'There is no such change.');
  const { change } = stored;
  if (person !== change.submitter) {
    return act(id, 'post a version', { person, at }, undefined, () =>
      refuse('NOT_IN_GROUP', 'Only the submitter may post a new version.'),
    );
  }
  if (!(await withinRate(person, Date.parse(at)))) {
    return refuse('TOO_MANY_REQUESTS', 'You have submitted too many changes in this minute; wait for the next one.');
  }
  const { coAuthors, rule } = change;
  const breakGlass = rule.breakGlass !== undefined;
  const times = carriedTimes(change, input, at);
  const proposed = await propose({ ...input, ...times, key: change.key.arn, breakGlass, coAuthors }, person, rules, at);
  if (!proposed.ok) {
    const { code } = proposed.refusal;
    if (code === 'NOT_IN_GROUP') await noteRefusal(id, { person, attempt: 'post a version', code }, at);
    return proposed;
  }
  const { reason = change.reason, ticket = change.ticket } = input;
  const version = terms(proposed.value, { reason, ticket }, at);
  const next = (change.version ?? 1) + 1;
  const { before, after } = proposed.value.assessment;
  const along = {
    writes: versionWrites({ id, version: next }, { before, after, proposal: proposal(proposed.value) }),
    refusal: refuse('BASE_MOVED', 'Another version was posted at the same moment; look at it first.').refusal,
  };
  return act(id, 'post a version', { person, at }, along, (now) =>
    (now.version ?? 1) + 1 === next ? post(now, person, version, at) : { ok: false, refusal: along.refusal },
  );
}
