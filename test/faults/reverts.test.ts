import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../lib/change/change.ts';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import { KEYS, Lab } from './lab.ts';
import { MODES } from './proxy.ts';
import { due, HOUR, putBack, sweepReverts } from './reverts.ts';

/** The second job of the apply step, under the same faults as the first: a temporary change is put back. */
let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
});
afterAll(() => lab.close());

it('a crash at each moment, and one more fault at each call: put back once, and nothing stuck', async () => {
  const others = MODES.filter((mode) => !mode.startsWith('crash'));
  const swept = await sweepReverts(lab, (i) => ['crash-before', 'crash-after', others[i % others.length] ?? 'fail']);
  expect(swept.wrong).toEqual([]);
  expect(swept.happened).toBeGreaterThan(swept.faults / 2);
}, 300_000);

describe('with somebody else who writes', () => {
  const live = async ({ key }: Change) => canonicalOf(await lab.live(key.arn));
  /** Another policy; gives its canonical hash. */
  const foreign = async (change: Change) => {
    const document = JSON.stringify({ ...JSON.parse(await lab.live(change.key.arn)), Id: `foreign ${change.id}` });
    await lab.put(change.key.arn, document);
    return canonicalOf(document);
  };

  it('before it began: STALE, and nothing of theirs is lost', async () => {
    const change = await due(lab);
    const theirs = await foreign(change);
    const { ended, found } = await putBack(lab, change);
    expect([ended.status, found, await live(change)]).toEqual(['STALE', [], theirs]);
  });

  it('after a put that may have landed: UNCERTAIN, and nothing of theirs is lost', async () => {
    const change = await due(lab);
    lab.proxy.arm({ operation: 'apply kms.PutKeyPolicy', nth: 1, mode: 'crash-after' });
    await lab.attempt(change.id, 'first').catch(() => undefined);
    lab.proxy.dead = false;
    const theirs = await foreign(change);
    lab.ahead += HOUR;
    const { ended, found } = await putBack(lab, change);
    expect([ended.status, found, await live(change)]).toEqual(['UNCERTAIN', [], theirs]);
  });

  it('who put the policy from before back already: REVERTED, without a put', async () => {
    const change = await due(lab);
    const undo = await lab.outcome(change.id);
    const before = undo.items.find(({ pk }) => pk === `DOC#${change.before}`)?.document as string;
    await lab.put(change.key.arn, before);
    const count = (await lab.visitor.puts()).length;
    const { ended, found } = await putBack(lab, change);
    expect([ended.status, found, (await lab.visitor.puts()).length]).toEqual(['REVERTED', [], count]);
  });
});

it('one temporary change on another is put back first, and then the other', async () => {
  const key = KEYS[1];
  const below = await due(lab, key);
  const above = await due(lab, key);
  expect((await putBack(lab, above)).ended.status).toBe('REVERTED');
  expect((await putBack(lab, below)).ended.status).toBe('REVERTED');
});

it('one that another was applied on, and was undone by hand, is put back', async () => {
  const key = KEYS[1];
  const below = await due(lab, key);
  const above = await due(lab, key);
  const { id } = await lab.approved(key, {}, above);
  await lab.apply(id);
  expect((await putBack(lab, below)).ended.status).toBe('REVERTED');
});

it('one that another change was applied on is STALE, and names it', async () => {
  const key = KEYS[2];
  const below = await due(lab, key);
  const { id } = await lab.approved(key);
  await lab.apply(id);
  const { ended, found } = await putBack(lab, below);
  expect([ended.status, found]).toEqual(['STALE', []]);
  expect(ended.outcome).toContain(id);
});

it('one whose access was approved anew a moment before, which the index does not have yet, is STALE', async () => {
  const { appliedSince } = await import('../../lib/workflow/since.ts');
  const change = await due(lab);
  // What the index says then is what it still says in the attempt that follows.
  expect(await appliedSince(change)).toEqual([]);
  const { id } = await lab.approved(change.key.arn, { document: `${await lab.live(change.key.arn)}\n` });
  await lab.apply(id);
  const faults = [1, 2, 3].map((nth) => ({ operation: 'apply dynamodb.Query', nth, mode: 'stale' }) as const);
  const { ended, found, happened } = await putBack(lab, change, ...faults);
  expect([ended.status, found, happened]).toEqual(['STALE', [], 1]);
  expect(ended.outcome).toContain(id);
});

it('many at once are one put', async () => {
  const change = await due(lab);
  await Promise.all([1, 2, 3].map((n) => lab.attempt(change.id, `same ${n}`).catch(() => undefined)));
  const { ended, found } = await putBack(lab, change);
  expect([ended.status, found]).toEqual(['REVERTED', []]);
});

describe('a revert that is a year away', () => {
  const DAY = 86_400;
  it('is waited for by executions of which none grows older than 300 days', async () => {
    const { lookAtChange } = await import('../../lib/workflow/look.ts');
    const { id } = await lab.approved(KEYS[0], { revertAfter: 'P365D' });
    await lab.apply(id);
    lab.proxy.arm();
    const now = lab.now();
    const look = (age: number) =>
      lookAtChange(id, 0, lab.rules, now.toISOString(), {
        startedAt: new Date(now.getTime() - age * DAY * 1000).toISOString(),
      });
    expect((await look(0)).waitSeconds).toBe(300 * DAY);
    expect((await look(299)).waitSeconds).toBe(DAY);
    // No state machine is there to start: that it is asked to is seen.
    await expect(look(300)).rejects.toThrow();
    expect(lab.proxy.calls().some(({ operation }) => operation === 'apply states.StartExecution')).toBe(true);
  });
});
