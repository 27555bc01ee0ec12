import { authorsOf, seatCounts, stagesOf, standing, standsInFor } from './quorum.ts';
import { type Refusal, refuse } from './refusal.ts';
import { type Change, isOpen } from './state.ts';

type Refused = { ok: false; refusal: Refusal };

/** Why an author may not decide, with the way out while there is one. */
export function ownChange(change: Change, person: string): Refused {
  const mayCancel = person === change.submitter && isOpen(change.status) && change.status !== 'APPLYING';
  const rest = mayCancel ? ' To take it back, cancel it.' : '';
  return refuse('OWN_CHANGE', `You wrote this change; somebody else must decide.${rest}`);
}

/** Why somebody has no say: a delegation that is over or never was, an escalation to come, or no rule that names them. */
export function noSay(change: Change, person: string, at: string): Refused {
  const { rule, escalated, delegations = [] } = change;
  const over = delegations.findLast(({ to, until }) => to === person && at >= until);
  if (over !== undefined) {
    return refuse('NOT_AN_APPROVER', `You stood in for ${over.person} until ${over.until}, and that is over.`);
  }
  if (escalated === undefined && rule.escalate?.approvers.includes(person)) {
    return refuse('NOT_AN_APPROVER', 'You may decide once this change is escalated, and it is not yet.');
  }
  const seat = Object.entries(rule.delegates ?? {}).find(
    ([approver, list]) => list.includes(person) && !authorsOf(change).includes(approver),
  )?.[0];
  if (seat !== undefined) {
    return refuse('NOT_AN_APPROVER', `You may stand in for ${seat}, who has not asked you to.`);
  }
  return refuse('NOT_AN_APPROVER', `Rule ${rule.name} does not name you as an approver of this change.`);
}

/**
 * Why an approval of somebody with a say would take no place in the stage that waits: their place, or that of whom they stand in
 * for, has been counted, or their stage is another one.
 */
export function noSeat(change: Change, person: string, at: string): Refused {
  const { counted, stage } = standing(change);
  const stages = stagesOf(change.rule);
  const lent = (change.delegations ?? []).filter(({ person: seat }) => standsInFor(change, person, seat, at));
  const seats = [...new Set([person, ...lent.map((one) => one.person)])].map((seat) => ({
    seat,
    by: counted.find((one) => one.seat === seat || one.person === seat)?.person,
  }));
  const taken = seats.filter(({ by }) => by !== undefined);
  const needed = taken.find(({ seat }) => seatCounts(change, seat, stage, at));
  const free = stages.findIndex(
    ({ approvers }, i) => i !== stage && seats.some(({ seat, by }) => by === undefined && approvers.includes(seat)),
  );
  const gone = needed ?? (free < 0 ? taken[0] : undefined);
  if (gone !== undefined) {
    return refuse(
      'ALREADY_DECIDED',
      gone.seat === person
        ? `${gone.by} approved on your behalf already, and nobody counts twice.`
        : gone.seat === gone.by
          ? `${gone.seat}, for whom you stand in, has approved already.`
          : `${gone.by} approved on behalf of ${gone.seat} already, for whom you stand in too.`,
    );
  }
  const waits = stages[stage]?.name;
  const yours = stages[free]?.name;
  return refuse(
    'NOT_YOUR_STAGE',
    free > stage
      ? `It waits for ${waits}, which does not name you; your stage, ${yours}, comes after it.`
      : `It waits for ${waits}, which does not name you; your stage, ${yours}, was completed by others.`,
  );
}

/** Why there is no approval to take back. */
export function nothingToWithdraw(change: Change, person: string): Refused {
  const delegate = change.decisions.find(({ onBehalfOf }) => onBehalfOf === person)?.person;
  return refuse(
    'NOTHING_TO_WITHDRAW',
    delegate === undefined
      ? 'No approval of yours stands on this change.'
      : `${delegate} approved on your behalf, and alone can take that back; you can still reject.`,
  );
}
