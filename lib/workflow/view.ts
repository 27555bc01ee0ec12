import { executionArn } from '../aws/executionArn.ts';
import type { Change } from '../change/change.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import { holdsToday } from '../change/rules.ts';
import { timelineEntry } from '../change/timeline.ts';
import { type ChangeSummary, type ChangeView, summary } from '../change/view.ts';
import { readWholeChange } from '../store/changes.ts';
import { loadRules } from '../store/rulesFile.ts';

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;

/** A change in a list, as it stands at a moment (ISO 8601). */
export const toSummary = (change: Change, at: string): ChangeSummary =>
  summary(change, at, holdsToday(loadRules(), change));

/** A change as people see it at a moment (ISO 8601), put together from what is stored; nothing is computed again. */
export function toView({ change, facts, proposal, before, after, execution }: Whole, at: string): ChangeView {
  const short = toSummary(change, at);
  return {
    ...short,
    before: { ...short.before, document: before },
    after: { ...short.after, document: after },
    ...proposal,
    executionArn: execution ?? executionArn(change.id),
    timeline: facts.map(timelineEntry),
  };
}

/** One change, whole. */
export async function viewChange(id: string, at: string): Promise<Outcome<ChangeView>> {
  const whole = await readWholeChange(id);
  return whole === undefined ? refuse('NOT_FOUND', 'There is no such change.') : done(toView(whole, at));
}
