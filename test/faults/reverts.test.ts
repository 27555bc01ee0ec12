import { KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../lib/change/change.ts';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import { violations } from './invariants.ts';
import { KEYS, Lab } from './lab.ts';
import { type Call, type Fault, MODES, type Mode } from './proxy.ts';

/** The second job of the apply step, under the same faults as the first: a temporary change is put back. */
let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
});
afterAll(() => lab.close());

const HOUR = 3_600_000;

/** A temporary change that is applied, and whose time is over. */
async function due(key?: string): Promise<Change> {
  const { id } = await lab.approved(key, { revertAfter: 'PT1H' });
  await lab.apply(id);
  const { change } = await lab.outcome(id);
  expect(change.status).toBe('APPLIED');
  lab.ahead += HOUR;
  return change;
}

/** Puts a change back with these faults on the way, and says what is wrong with the outcome. */
async function putBack(change: Change, ...faults: Fault[]) {
  const { calls, happened, attempts } = await lab.apply(change.id, ...faults);
  const { change: ended, items } = await lab.outcome(change.id);
  const twice = faults.some(({ operation, mode }) => operation === 'apply kms.PutKeyPolicy' && mode === 'duplicate');
  // The close is no part of the step.
  const found = violations(items, await lab.visitor.puts(), twice).filter((line) => !line.startsWith('I14'));
  return { calls, happened: happened.length, ended, found, attempts };
}

it('one fault at each of its calls: put back once, and nothing stuck', async () => {
  // Every key has had policies before, so that a stale read has something to give.
  for (const _ of [...KEYS, ...KEYS]) await putBack(await due());
  const { calls, ended, found } = await putBack(await due());
  expect([ended.status, found]).toEqual(['REVERTED', []]);
  const faults = calls.flatMap((call: Call) => MODES.map((mode: Mode) => ({ ...call, mode })));
  const wrong: string[] = [];
  let happened = 0;
  for (const fault of faults) {
    const went = await putBack(await due(), fault);
    happened += went.happened;
    const name = `${fault.mode} at ${fault.operation} ${fault.nth}`;
    wrong.push(...went.found.map((line) => `${name}: ${line}`));
    if (went.ended.status !== 'REVERTED') wrong.push(`${name}: after ${went.attempts} attempts ${went.ended.status}`);
  }
  expect(wrong).toEqual([]);
  expect(happened).toBeGreaterThan(faults.length / 2);
}, 300_000);

describe('with somebody else who writes', () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const put = async (change: Change, Policy: string) => {
    const kms = new KMSClient({ endpoint: lab.visitor.system.aws, region: 'us-east-1', credentials });
    await kms.send(new PutKeyPolicyCommand({ KeyId: change.key.arn, Policy }));
  };
  const live = async ({ key }: Change) => canonicalOf(await lab.live(key.arn));
  /** Another policy; gives its canonical hash. */
  const foreign = async (change: Change) => {
    const document = JSON.stringify({ ...JSON.parse(await lab.live(change.key.arn)), Id: `foreign ${change.id}` });
    await put(change, document);
    return canonicalOf(document);
  };

  it('before it began: STALE, and nothing of theirs is lost', async () => {
    const change = await due();
    const theirs = await foreign(change);
    const { ended, found } = await putBack(change);
    expect([ended.status, found, await live(change)]).toEqual(['STALE', [], theirs]);
  });

  it('after a put that may have landed: UNCERTAIN, and nothing of theirs is lost', async () => {
    const change = await due();
    lab.proxy.arm({ operation: 'apply kms.PutKeyPolicy', nth: 1, mode: 'crash-after' });
    await lab.attempt(change.id, 'first').catch(() => undefined);
    lab.proxy.dead = false;
    const theirs = await foreign(change);
    lab.ahead += HOUR;
    const { ended, found } = await putBack(change);
    expect([ended.status, found, await live(change)]).toEqual(['UNCERTAIN', [], theirs]);
  });

  it('who put the policy from before back already: REVERTED, without a put', async () => {
    const change = await due();
    const undo = await lab.outcome(change.id);
    const before = undo.items.find(({ pk }) => pk === `DOC#${change.before}`)?.document as string;
    await put(change, before);
    const count = (await lab.visitor.puts()).length;
    const { ended, found } = await putBack(change);
    expect([ended.status, found, (await lab.visitor.puts()).length]).toEqual(['REVERTED', [], count]);
  });
});

it('one temporary change on another is put back first, and then the other', async () => {
  const key = KEYS[1];
  const below = await due(key);
  const above = await due(key);
  expect((await putBack(above)).ended.status).toBe('REVERTED');
  expect((await putBack(below)).ended.status).toBe('REVERTED');
});

it('one that another change was applied on is STALE, and names it', async () => {
  const key = KEYS[2];
  const below = await due(key);
  const { id } = await lab.approved(key);
  await lab.apply(id);
  const { ended, found } = await putBack(below);
  expect([ended.status, found]).toEqual(['STALE', []]);
  expect(ended.outcome).toContain(id);
});

it('many at once are one put', async () => {
  const change = await due();
  await Promise.all([1, 2, 3].map((n) => lab.attempt(change.id, `same ${n}`).catch(() => undefined)));
  const { ended, found } = await putBack(change);
  expect([ended.status, found]).toEqual(['REVERTED', []]);
});
