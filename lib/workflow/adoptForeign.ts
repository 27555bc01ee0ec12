import type { Channel } from '../change/facts.ts';
import { adopt } from '../change/foreign.ts';
import { done, type Outcome, type RefusalCode, refuse } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { readForeign, recordForeign } from '../store/foreign.ts';
import { type ForeignView, viewForeign } from './foreignView.ts';
import { noteDenial, TELLING } from './noteRefusal.ts';

/** Somebody tried what they must not: a fact of the key. */
export const noteAttempt = (
  { id, key }: { id: string; key: { arn: string } },
  what: string,
  person: string,
  code: RefusalCode | 'NOT_OUR_FORM',
  at: string,
): Promise<void> => noteDenial({ person, attempt: `${what} ${id}`, code }, at, key.arn);

/** Takes a foreign write over: it may stay. Its people say so, each by themselves; the rules file must still name them. */
export async function adoptForeign(
  id: string,
  who: { person: string; comment: string; channel: Channel },
  rules: Rules,
  at: string,
): Promise<Outcome<ForeignView>> {
  const today = Object.values(rules.approvers).flat();
  const adopted = await recordForeign(id, { person: who.person, at }, (write) =>
    today.includes(who.person)
      ? adopt(write, who)
      : refuse('NOT_AN_APPROVER', 'The rules file does not name you as an approver.'),
  );
  if (!adopted.ok && !TELLING.has(adopted.refusal.code)) return adopted;
  const stored = await readForeign(id);
  if (stored === undefined) return refuse('NOT_FOUND', `There is no foreign write ${id}.`);
  if (adopted.ok) return done(await viewForeign(stored));
  await noteAttempt(stored.write, 'adopt', who.person, adopted.refusal.code, at);
  return adopted;
}
