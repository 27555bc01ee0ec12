import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Event, WORKFLOW } from '../../lib/change/facts.ts';
import { done } from '../../lib/change/refusal.ts';
import { KEYS, Lab, policyOf } from './lab.ts';

/** A foreign write of a key with access for a time on it, as its owners hear of it and answer. */
let lab: Lab;
let changes: typeof import('../../lib/store/changes.ts');
let foreign: typeof import('../../lib/workflow/foreign.ts');
let settle: typeof import('../../lib/workflow/settleForeign.ts');
let answer: typeof import('../../lib/workflow/answerForeign.ts');
beforeAll(async () => {
  lab = await Lab.open('trail');
  changes = await import('../../lib/store/changes.ts');
  foreign = await import('../../lib/workflow/foreign.ts');
  settle = await import('../../lib/workflow/settleForeign.ts');
  answer = await import('../../lib/workflow/answerForeign.ts');
});
afterAll(() => lab.close());

const at = () => lab.now().toISOString();

it('they are told at once that it cannot be put back, and who has left the rules file undoes nothing by the link', async () => {
  const [key = ''] = KEYS;
  await foreign.compareKeys(lab.rules, at());
  const change = await lab.approved(key, { revertAfter: 'P7D' });
  const { binding, before } = change;
  const events: Event[] = [
    { type: 'APPLY_INTENT', binding, approvers: ['sam@example.com'], fence: 1, attempt: 'x' },
    { type: 'APPLIED', before, after: binding.after, live: binding.after, put: true },
  ];
  for (const event of events) {
    expect(await changes.record(change.id, { person: WORKFLOW, at: at() }, () => done(event))).toMatchObject({
      ok: true,
    });
  }
  const policy = policyOf(70_001);
  await lab.put(key, policy);
  const found = await foreign.takeTrailWrite(
    {
      ...{ eventId: 'event-70001', eventName: 'PutKeyPolicy', keyArn: key, policy },
      ...{ writtenAt: at().replace(/\.\d+Z$/, '.000Z'), caller: 'arn:aws:sts::111122223333:assumed-role/Ops/x' },
    },
    lab.rules,
    at(),
  );
  await settle.settleForeign(found ?? '', at(), () => undefined);
  const [mail] = await lab.visitor.mails('sam@example.com');
  expect(mail?.Body.text_part.replace(/\s+/g, ' ')).toContain(`${change.id} of ana@example.com is in force for a time`);

  const token = /\/foreign\/([\w-]{43})/.exec(mail?.Body.text_part ?? '')?.[1] ?? '';
  const form = { act: 'undo', reason: 'Not ours.', confirm: KEYS[0]?.split('/')[1]?.slice(0, 8) ?? '' } as const;
  const { security = [] } = lab.rules.approvers;
  const left = { ...lab.rules, approvers: { security: security.filter((one) => one !== 'sam@example.com') } };
  expect(await answer.answerForeign(token, form, left, at())).toMatchObject({
    ok: false,
    refusal: { code: 'NOT_AN_APPROVER' },
  });
});
