import { getKeyPolicy } from '../aws/kms.ts';
import { compareAccess } from '../policy/access/access.ts';
import { canonicalOf, policyText } from '../policy/document/canonicalOf.ts';
import { parseKeyPolicy } from '../policy/document/parse.ts';
import type { MatrixCell, PolicyText } from '../policy/types.ts';
import { readDocuments } from '../store/changes.ts';
import { firstFact, isPolicyFact, listFacts, type PolicyFact } from '../store/log.ts';

/** Who a key's policy let do what at one moment of the past. */
export interface AccessAt {
  at: string;
  policy: PolicyText | null;
  since: string | null;
  change: string | null;
  certain: boolean;
  note: string;
  who: { principal: string; verb: MatrixCell['verb']; may: 'conditional' | 'yes' }[];
  public: boolean;
  crossAccount: string[];
}

const NOBODY = { who: [], public: false, crossAccount: [] };

/**
 * Who had access to a key at a moment, by its policy alone: the last one that was put by then, by a change or by others, or, before
 * the first, the one that was found there. What was found next, or what is live when nothing came, tells whether somebody wrote in
 * between whom nothing here knows: then nobody can say which of the two it was.
 *
 * @param at ISO 8601; a date alone is the end of that day, UTC
 */
export async function readAccessAt(keyArn: string, at: string): Promise<AccessAt> {
  const filter = { key: keyArn, kind: 'POLICY' } as const;
  const [{ facts }, next] = await Promise.all([
    listFacts({ ...filter, to: at }, { limit: 20 }),
    firstFact({ ...filter, from: `${at}~` }),
  ]);
  // A write is recorded a moment after it was made: one that was made by then counts as put by then.
  const known = [...(next === undefined ? [] : [next]), ...facts].filter(isPolicyFact);
  const put = known.filter((fact) => writtenAt(fact) <= end(at)).find(stood);
  const later = known.find((fact) => fact !== put && fact === next);
  const found = later?.type === 'BASELINED' ? later.after : later?.before;
  const hash = put?.after ?? found;
  if (hash === undefined) {
    const note = 'Nothing was put on this key that is known here: its history knows of no policy of that time.';
    return { at, policy: null, since: null, change: null, certain: false, note, ...NOBODY };
  }
  const [document = '', before] = await readDocuments([hash, ...(found === undefined ? [] : [found])]);
  const seen = later === undefined ? await getKeyPolicy(keyArn) : before;
  const certain = put !== undefined && seen !== undefined && canonicalOf(seen) === canonicalOf(document);
  return {
    at,
    policy: policyText(document),
    since: put === undefined || put.type === 'BASELINED' ? null : writtenAt(put),
    change: put === undefined || put.type === 'BASELINED' ? null : put.change,
    certain,
    note: certain ? STOOD[put.type] : put === undefined ? FOUND : seen === undefined ? UNREAD : MOVED,
    ...powersOf(document, keyArn),
  };
}

const writtenAt = (fact: PolicyFact): string =>
  fact.type === 'FOREIGN_WRITE' ? (fact.trace?.writtenAt ?? fact.at) : fact.at;
/** A date alone is the end of that day. */
const end = (at: string): string => (at.length === 10 ? `${at}~` : at);
/** What was written over before it was recorded had gone by then. */
const stood = (fact: PolicyFact): boolean => fact.type !== 'FOREIGN_WRITE' || fact.stands;

const STOOD: Readonly<Record<PolicyFact['type'], string>> = {
  APPLIED: 'A change had put this policy, and it still stood when it was looked at next.',
  REVERTED: 'A temporary change had ended with this policy, and it still stood when it was looked at next.',
  FOREIGN_WRITE: 'Somebody had put this policy outside of the workflow, and it still stood when it was looked at next.',
  BASELINED: 'The key was first seen with this policy, and it still stood when it was looked at next.',
};
const FOUND =
  'Nothing that is known here was put by then. This policy stood when the key was looked at first; since when, nobody here knows.';
const UNREAD = 'This policy was put; the live policy cannot be read, so nobody can say whether it still stands.';
const MOVED =
  'This policy was put, and somebody wrote another one outside of the workflow afterwards; when, the history does not say.';

function powersOf(document: string, keyArn: string): Pick<AccessAt, 'who' | 'public' | 'crossAccount'> {
  const parsed = parseKeyPolicy(document);
  if (!parsed.ok) return NOBODY;
  const identity = { arn: keyArn, accountId: keyArn.split(':')[4] ?? '' };
  const { access, matrix } = compareAccess(parsed.policy, parsed.policy, identity);
  return {
    who: matrix.flatMap(({ principal, verb, after }) => (after === 'no' ? [] : [{ principal, verb, may: after }])),
    public: access.public,
    crossAccount: access.crossAccount,
  };
}
