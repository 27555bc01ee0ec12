import { compareAccess } from './access/access.ts';
import type { KeyIdentity } from './access/coverage.ts';
import { type Conflict, mergePolicies, type Read } from './document/merge.ts';
import { parseKeyPolicy } from './document/parse.ts';
import { quote } from './document/visible.ts';
import type { AccessEntry, Finding, KeyPolicy } from './types.ts';

/** The three texts of a rebase: what was edited, what it was edited to, and what stands now. */
export interface RebaseInput {
  base: string;
  proposed: string;
  live: string;
}

export type Rebased = { ok: true; text: string } | { ok: false; findings: Finding[] };

/**
 * Brings a change onto the policy that is live now: what the change did to its base, done to that. Refused where both did something
 * about the same statement that is no clean merge of its lists, and where the two together would give access that neither of them gave: one took a Deny away, the
 * other added an Allow that the Deny had made void.
 *
 * @returns The merged text, or a finding for each conflict that says what both sides did. Never throws.
 */
export function rebasePolicy({ base, proposed, live }: RebaseInput, key: KeyIdentity): Rebased {
  const reads: Read[] = [];
  for (const [text, whose] of [
    [base, 'it was submitted on'],
    [proposed, 'it proposed'],
    [live, 'is live now'],
  ] as const) {
    const read = parseKeyPolicy(text);
    if (!read.ok) {
      return {
        ok: false,
        findings: [conflict(`The policy that ${whose} cannot be read: nothing can be merged with it.`)],
      };
    }
    reads.push(read);
  }
  const [was, mine, theirs] = reads as [Read, Read, Read];
  const merged = mergePolicies(was, mine, theirs);
  if (!merged.ok) return { ok: false, findings: merged.conflicts.map(findingOf) };
  const result = parseKeyPolicy(merged.text);
  if (!result.ok) return { ok: false, findings: result.findings };
  const beyond = beyondBoth(was.policy, mine.policy, theirs.policy, result.policy, key);
  return beyond.length === 0 ? { ok: true, text: merged.text } : { ok: false, findings: beyond.map(beyondFinding) };
}

/** What the merged policy gives over the base that neither side gave: each entry with the actions that nobody asked for. */
function beyondBoth(
  base: KeyPolicy,
  mine: KeyPolicy,
  theirs: KeyPolicy,
  merged: KeyPolicy,
  key: KeyIdentity,
): AccessEntry[] {
  const gained = (after: KeyPolicy): AccessEntry[] => {
    const { gains, changed } = compareAccess(base, after, key).access;
    return [...gains, ...changed];
  };
  const given = [...gained(mine), ...gained(theirs)];
  return gained(merged).flatMap((entry) => {
    const actions = entry.actions.filter((action) => !given.some((one) => covers(one, entry, action)));
    return actions.length === 0 ? [] : [{ ...entry, actions }];
  });
}

/** Did one side give this action to this caller, under this condition or under none, as certainly as both together do? */
function covers(one: AccessEntry, entry: AccessEntry, action: string): boolean {
  return (
    one.principal === entry.principal &&
    one.kind === entry.kind &&
    (one.certainty === undefined || entry.certainty !== undefined) &&
    (one.when === undefined || JSON.stringify(one.when) === JSON.stringify(entry.when)) &&
    one.actions.includes(action)
  );
}

const SAID: Readonly<Record<Conflict['kind'], string>> = {
  'both-changed': 'your change and the live policy both changed it, each in another way',
  'removed-and-changed': 'one of the two removed it and the other changed it',
  'both-added': 'both added it, and not the same',
  'cannot-follow':
    'both removed it and added other statements, so nobody can say whether one of those is it, rewritten; give statements a Sid of their own',
};

function findingOf({ what, kind, base, mine, theirs }: Conflict): Finding {
  const side = (title: string, text: string | undefined) => ({ title, document: text ?? null });
  const both = kind === 'cannot-follow' ? [] : [side('In your change', mine), side('Live now', theirs)];
  return { ...conflict(`${what}: ${SAID[kind]}.`), documents: [side('As it was', base), ...both] };
}

const beyondFinding = ({ principal, actions }: AccessEntry): Finding =>
  conflict(
    `Together they would give ${quote(principal)} ${actions.join(', ')}, which neither your change nor the live policy gave by itself.`,
  );

const conflict = (message: string): Finding => ({
  code: 'REBASE_CONFLICT',
  severity: 'error',
  message,
  path: '',
  fix: 'Read the live policy, make your change on it by hand, and submit that.',
});
