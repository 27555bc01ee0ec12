import { getKeyPolicy } from '../aws/kms.ts';
import { compareAccess } from '../policy/access/access.ts';
import { canonicalOf, policyText } from '../policy/document/canonicalOf.ts';
import { parseKeyPolicy } from '../policy/document/parse.ts';
import type { MatrixCell, PolicyText } from '../policy/types.ts';
import { readDocuments } from '../store/changes.ts';
import { firstFact, type LoggedFact, listFacts, POLICY_FACTS } from '../store/log.ts';

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
 * Who had access to a key at a moment, by its policy alone: the last one that a change, or its end, had put by then, or, before the first
 * change, the one that this change found. What the next change found, or what is live when none came, tells whether
 * somebody wrote in between: then nobody can say which of the two it was.
 *
 * @param at ISO 8601; a date alone is the end of that day, UTC
 */
export async function readAccessAt(keyArn: string, at: string): Promise<AccessAt> {
  const applied = { key: keyArn, types: POLICY_FACTS };
  const [{ facts }, next] = await Promise.all([
    listFacts({ ...applied, to: at }, { limit: 1 }),
    firstFact({ ...applied, from: `${at}~` }),
  ]);
  const [last] = facts;
  const put = policyFact(last);
  const later = policyFact(next);
  const hash = put?.after ?? later?.before;
  if (hash === undefined) {
    const note = 'No change of this key was ever applied: its history here knows of no policy.';
    return { at, policy: null, since: null, change: null, certain: false, note, ...NOBODY };
  }
  const [document = '', found] = await readDocuments([hash, ...(later === undefined ? [] : [later.before])]);
  const seen = later === undefined ? await getKeyPolicy(keyArn) : found;
  const certain = put !== undefined && seen !== undefined && canonicalOf(seen) === canonicalOf(document);
  return {
    at,
    policy: policyText(document),
    since: put?.at ?? null,
    change: put?.change ?? null,
    certain,
    note: certain ? STOOD : put === undefined ? FOUND : seen === undefined ? UNREAD : MOVED,
    ...powersOf(document, keyArn),
  };
}

const policyFact = (fact: LoggedFact | undefined) =>
  fact?.type === 'APPLIED' || fact?.type === 'REVERTED' ? fact : undefined;

const STOOD = 'A change had put this policy, and it still stood when it was looked at next.';
const FOUND =
  'No change had been applied by then. This policy stood when the first one was submitted; since when, nobody here knows.';
const UNREAD =
  'A change had put this policy; the live policy cannot be read, so nobody can say whether it still stands.';
const MOVED =
  'A change had put this policy, and somebody wrote another one outside of the workflow afterwards; when, the history does not say.';

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
