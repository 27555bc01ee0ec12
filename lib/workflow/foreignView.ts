import type { ForeignWrite } from '../change/foreign.ts';
import { compareAccess } from '../policy/access/access.ts';
import { policyText } from '../policy/document/canonicalOf.ts';
import { parseKeyPolicy } from '../policy/document/parse.ts';
import type { Access, MatrixCell, PolicyText } from '../policy/types.ts';
import { readDocuments } from '../store/changes.ts';
import type { StoredForeign } from '../store/foreign.ts';

/** A foreign write as its owners see it. */
export interface ForeignView extends Omit<ForeignWrite, 'before' | 'after' | 'canonical' | 'told'> {
  before: PolicyText;
  after: PolicyText;
  /** The newest change that was to undo it. */
  undo?: string;
  access: Access;
  matrix: MatrixCell[];
}

const UNREAD = 'One of the two policies cannot be read: nobody can say who gained or lost access.';
const NOTHING: Access = {
  gains: [],
  loses: [],
  changed: [],
  public: false,
  crossAccount: [],
  lockout: false,
  summary: [UNREAD],
};

/** A foreign write with both documents, and who gained and lost what by it. */
export async function viewForeign({ write, undo }: StoredForeign): Promise<ForeignView> {
  const { before: _, after: __, canonical: ___, told: ____, ...rest } = write;
  const [before = '', after = ''] = await readDocuments([write.before, write.after]);
  const [was, is] = [parseKeyPolicy(before), parseKeyPolicy(after)];
  const { access, matrix } =
    was.ok && is.ok ? compareAccess(was.policy, is.policy, write.key) : { access: NOTHING, matrix: [] };
  return {
    ...rest,
    before: policyText(before),
    after: policyText(after),
    ...(undo === undefined ? {} : { undo }),
    access,
    matrix,
  };
}
