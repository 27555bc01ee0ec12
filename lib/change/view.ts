import type { Assessment, PolicyText } from '../policy/types.ts';
import type { Change } from './change.ts';
import type { Fact } from './facts.ts';

/** What a submit stores beside the facts: the assessment that the approvers see, never computed again. */
export type Proposal = Pick<Assessment, 'findings' | 'access' | 'matrix' | 'riskReasons' | 'externalPolicies'>;

/** A change as people and programs see it: `GET /changes/{id}`, the review page, the mail. */
export interface ChangeView extends Omit<ChangeSummary, 'before' | 'after'>, Proposal {
  before: PolicyText;
  after: PolicyText;
  executionArn: string;
  timeline: TimelineEntry[];
}

/** One line of a change's story. `seq` is its place in the log. */
export interface TimelineEntry {
  seq: number;
  at: string;
  type: Fact['type'];
  person: string;
  text: string;
}

/** A change in a list: everything but its documents and what was found about them. */
export type ChangeSummary = ReturnType<typeof summary>;

/** A change without what is stored beside it. */
export const summary = (change: Change) => ({
  id: change.id,
  status: change.status,
  key: change.key,
  submitter: change.submitter,
  reason: change.reason,
  ...(change.ticket === undefined ? {} : { ticket: change.ticket }),
  submittedAt: change.submittedAt,
  expiresAt: change.expiresAt,
  before: { sha256: change.before, canonical: change.binding.base },
  after: { sha256: change.binding.after, canonical: change.afterCanonical },
  risk: change.risk,
  approval: {
    rule: change.rule.name,
    quorum: change.rule.quorum,
    approvers: change.rule.approvers.filter((person) => person !== change.submitter),
    decisions: change.decisions.map(({ binding: _, ...decision }) => decision),
  },
  ...(change.outcome === undefined ? {} : { outcome: change.outcome }),
});
