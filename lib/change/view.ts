import type { Assessment, PolicyText } from '../policy/types.ts';
import { reviewersOf } from './command.ts';
import type { Fact } from './facts.ts';
import type { Preflight } from './preflight.ts';
import { hold } from './push.ts';
import { authorsOf, stagesOf, standing } from './quorum.ts';
import { revertIsOverdue } from './revert.ts';
import type { Holds } from './rules/freeze.ts';
import type { Change } from './state.ts';

/** What a submit stores beside the facts: the assessment that the approvers see, never computed again. */
export type Proposal = Pick<Assessment, 'findings' | 'access' | 'matrix' | 'riskReasons' | 'externalPolicies'> & {
  /** Left out by changes of an earlier version. */
  preflight?: Preflight;
};

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

/** A change without what is stored beside it, as it stands at a moment (ISO 8601). `today`: what of today's rules file holds it. */
export const summary = (change: Change, at: string, today: Holds) => ({
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
  version: change.version ?? 1,
  ...(change.coAuthors === undefined ? {} : { coAuthors: change.coAuthors }),
  ...(change.set === undefined ? {} : { set: change.set }),
  ...(change.rebases === undefined ? {} : { rebases: change.rebases }),
  ...(change.undoes === undefined ? {} : { undoes: change.undoes }),
  approval: approval(change),
  ...(change.changesRequested === undefined ? {} : { changesRequested: requested(change.changesRequested) }),
  ...(change.rule.breakGlass === undefined ? {} : { breakGlass: emergency(change) }),
  ...times(change, at),
  ...held(change, at, today),
  ...(change.outcome === undefined ? {} : { outcome: change.outcome }),
});

/** When it may be applied, when it is put back and whether that is overdue, and what it undoes. */
const times = (change: Change, at: string) => ({
  ...(change.applyAfter === undefined ? {} : { applyAfter: change.applyAfter }),
  ...(change.rule.windows === undefined ? {} : { windows: change.rule.windows.map(({ name }) => name) }),
  ...(change.revertAfter === undefined
    ? {}
    : { revertAfter: change.revertAfter, revertOverdue: revertIsOverdue(change, at) }),
  ...(change.revertAt === undefined ? {} : { revertAt: change.revertAt }),
  ...(change.reverts === undefined ? {} : { reverts: change.reverts }),
});

/** What holds it although it is approved: a freeze, a window that is not open, or its own applyAfter. Without `until`: to `applyBy` and longer. */
export interface Held {
  by: string;
  until?: string;
  /** No put starts at or after this moment. */
  applyBy: string;
}

function held(change: Change, at: string, today: Holds): { held?: Held } {
  const { applyBy } = change;
  const holding = hold(change, Date.parse(at), today);
  if (holding === undefined) return {};
  const { name: by, until = applyBy } = holding;
  return { held: { by, ...(until < applyBy ? { until } : {}), applyBy } };
}

function approval(change: Change) {
  const { rule, escalated } = change;
  const { counted, stage } = standing(change);
  const more = escalated === undefined ? [] : (rule.escalate?.approvers ?? []);
  return {
    rule: rule.name,
    quorum: rule.quorum,
    approvers: eligible(change, [...rule.approvers, ...more]),
    decisions: change.decisions.map(({ binding: _, ...decision }) => decision),
    /** The people whose approval counts, and one entry for each stage in its order. */
    counted: counted.map(({ person }) => person).sort(),
    stages: stagesOf(rule).map(({ name, quorum, approvers }, i) => ({
      name,
      quorum,
      approvers: eligible(change, approvers),
      counted: counted.filter((one) => one.stage === i).map(({ person }) => person),
      state: i < stage ? ('complete' as const) : i === stage ? ('waiting' as const) : ('later' as const),
    })),
    signIn: rule.signIn === true,
    ...(escalated === undefined ? {} : { escalatedAt: escalated }),
    ...(change.lapsed === undefined ? {} : { lapsed: { people: change.lapsed.people, at: change.lapsed.at } }),
    ...(change.delegations === undefined ? {} : { delegations: change.delegations }),
  };
}

const eligible = (change: Change, people: readonly string[]): string[] =>
  [...new Set(people)].filter((person) => !authorsOf(change).includes(person)).sort();

const requested = ({ person, comment, at }: NonNullable<Change['changesRequested']>) => ({ person, comment, at });

/** An emergency, and whether somebody has looked at it afterwards. */
const emergency = (change: Change) => ({
  reviewers: reviewersOf(change),
  ...(change.reviewed === undefined ? {} : { reviewed: change.reviewed }),
});
