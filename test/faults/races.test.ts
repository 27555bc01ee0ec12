import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../lib/change/change.ts';
import type { Outcome } from '../../lib/change/refusal.ts';
import { violations } from './invariants.ts';
import { KEYS, Lab } from './lab.ts';
import { applied } from './pairs.ts';
import type { Fault } from './proxy.ts';
import { due, HOUR } from './reverts.ts';

/** Numbers are those of the cases in the threat model: people and processes that meet. */
let lab: Lab;
let people: typeof import('../../lib/workflow/decide.ts');
let ask: typeof import('../../lib/workflow/ask.ts');
let look: typeof import('../../lib/workflow/look.ts');
beforeAll(async () => {
  lab = await Lab.open();
  people = await import('../../lib/workflow/decide.ts');
  ask = await import('../../lib/workflow/ask.ts');
  look = await import('../../lib/workflow/look.ts');
});
afterAll(() => lab.close());

const approve = (id: string, at = lab.now().toISOString(), person = 'sam@example.com') =>
  people.decideChange(id, { person, decision: 'approve', comment: '', channel: 'api' }, at);

/** The end of a change, which must hold up against what KMS was sent. The close is no part of it. */
async function ended(id: string): Promise<{ change: Change; puts: number }> {
  const { change, items } = await lab.outcome(id);
  const puts = await lab.visitor.puts();
  expect(violations(items, puts).filter((line) => !line.startsWith('I14'))).toEqual([]);
  return { change, puts: puts.filter(({ sha256 }) => sha256 === change.binding.after).length };
}

describe('#76 a no that meets the last approval', () => {
  /** The same interleavings every time: xorshift32. */
  let seed = 76;
  const random = (below: number): number => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) % below;
  };

  it('wins or comes too late, and nothing is put after it stands', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 40; round++) {
      const { id } = await lab.pending(KEYS[round % KEYS.length]);
      const later = random(100);
      const cancels = random(2) === 0;
      const no = async (): Promise<Outcome<Change>> => {
        await wait(later);
        const at = lab.now().toISOString();
        return cancels
          ? people.cancelChange(id, { person: 'ana@example.com', admin: false, comment: '' }, at)
          : people.decideChange(id, { person: 'kim@example.com', decision: 'reject', comment: '', channel: 'api' }, at);
      };
      const yes = async () => {
        await approve(id);
        await lab.attempt(id, 'one').catch(() => undefined);
      };
      const [said] = await Promise.all([no(), yes()]);
      await lab.apply(id);
      const { change, puts } = await ended(id);
      expect([change.status, puts]).toEqual(
        said.ok ? [expect.stringMatching('REJECTED|CANCELLED'), 0] : ['APPLIED', 1],
      );
      seen.add(change.status);
    }
    expect([...seen].sort()).toEqual(['APPLIED', 'CANCELLED', 'REJECTED']);
  });
});

describe('#77 the last approval at the moment of the expiry', () => {
  it.each([
    [-1, true],
    [0, false],
    [1, false],
  ])('%i ms: counts %s', async (offset, counts) => {
    const { id, expiresAt } = await lab.pending();
    const at = (milliseconds: number) => new Date(Date.parse(expiresAt) + milliseconds).toISOString();
    const decided = await approve(id, at(offset));
    expect(decided.ok ? decided.value.status : decided.refusal.code).toBe(counts ? 'APPROVED' : 'EXPIRED');
    if (!counts) expect((await look.lookAtChange(id, 0, lab.rules, at(offset))).status).toBe('EXPIRED');
    await lab.apply(id);
    const { change, puts } = await ended(id);
    expect([change.status, puts]).toEqual(counts ? ['APPLIED', 1] : ['EXPIRED', 0]);
  });

  it('of a process whose clock is 5 s behind that of the one that expires it: one of the two, never both', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, expiresAt } = await lab.pending();
      const [decided, looked] = await Promise.all([
        approve(id, new Date(Date.parse(expiresAt) - 5_000).toISOString()),
        look.lookAtChange(id, 0, lab.rules, expiresAt),
      ]);
      await lab.apply(id);
      const { change, puts } = await ended(id);
      expect([change.status, puts]).toEqual(decided.ok ? ['APPLIED', 1] : ['EXPIRED', 0]);
      expect(looked.status).toBe(decided.ok ? 'APPROVED' : 'EXPIRED');
    }
  });
});

describe('#79 an execution that asks about a change whose time is over', () => {
  it('wakes itself at once, and asks nobody', async () => {
    const { id, expiresAt } = await lab.pending();
    lab.proxy.arm();
    await ask.askApprovers(id, `AQC${'A'.repeat(64)}`, lab.rules, expiresAt);
    const called = lab.proxy.calls().map(({ operation }) => operation);
    expect(called).toContain('apply states.SendTaskSuccess');
    expect((await lab.outcome(id)).change).toMatchObject({ status: 'PENDING', asked: false });
  });
});

describe('#80 two approved changes of one key', () => {
  it('one is put, the other is STALE, whoever begins', async () => {
    for (let round = 0; round < 5; round++) {
      const one = await lab.approved(KEYS[0]);
      const two = await lab.approved(KEYS[0]);
      const meet = [one, two].map(({ id }) => lab.attempt(id, `first of ${id}`).catch(() => undefined));
      await Promise.all(meet);
      for (const { id } of [one, two]) await lab.apply(id);
      const ends = await Promise.all([one, two].map(({ id }) => ended(id)));
      expect(ends.map(({ change, puts }) => `${change.status} ${puts}`).sort()).toEqual(['APPLIED 1', 'STALE 0']);
      const items = (await Promise.all([one, two].map(({ id }) => lab.outcome(id)))).flatMap(
        (outcome) => outcome.items,
      );
      expect(violations(items, await lab.visitor.puts()).filter((line) => line.startsWith('I6'))).toEqual([]);
    }
  });
});

describe('#80 a holder of the key that was paused', () => {
  it('goes on when the lease is another change’s: it puts nothing, and a person must look, since it may have put before', async () => {
    const one = await lab.approved(KEYS[0]);
    const two = await lab.approved(KEYS[0]);
    lab.proxy.arm();
    const paused = lab.proxy.hold({ operation: 'apply dynamodb.GetItem', nth: 2 });
    const first = lab.attempt(one.id, 'paused').catch((error: Error) => error.name);
    await paused.held;
    expect(await lab.attempt(two.id, 'too early').catch((error: Error) => error.name)).toBe('LeaseHeld');
    lab.ahead += 60_000;
    expect(await lab.attempt(two.id, 'next')).toEqual({ status: 'APPLIED' });
    paused.letGo();
    expect(await first).toBe('LeaseHeld');
    expect((await lab.visitor.puts()).map(({ sha256 }) => sha256)).not.toContain(one.binding.after);
    await lab.apply(one.id);
    expect((await ended(two.id)).puts).toBe(1);
    const { change, puts } = await ended(one.id);
    expect([change.status, puts]).toEqual(['UNCERTAIN', 0]);
  });
});

describe('#87 50 approvals at once', () => {
  it('are all recorded, each once', async () => {
    const changes: Change[] = [];
    for (let i = 0; i < 50; i++) changes.push(await lab.pending(KEYS[0]));
    const decided = await Promise.all(changes.map(({ id }) => approve(id)));
    expect(decided.map((outcome) => (outcome.ok ? outcome.value.status : outcome.refusal.code))).toEqual(
      changes.map(() => 'APPROVED'),
    );
    for (const { id } of changes) expect((await ended(id)).change.decisions).toHaveLength(1);
  });
});

describe('#98 the apply of one change, many times at once', () => {
  it('is one put', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await lab.approved();
      await Promise.all([1, 2, 3, 4].map((n) => lab.attempt(id, `same ${n}`).catch(() => undefined)));
      await lab.apply(id);
      const { change, puts } = await ended(id);
      expect([change.status, puts]).toEqual(['APPLIED', 1]);
    }
  });
});

describe('#99 a process that was stopped before its put, and goes on when its lease is another one’s', () => {
  it.each([
    ['the live policy', { operation: 'apply kms.GetKeyPolicy', nth: 1 }],
    ['the change once more', { operation: 'apply dynamodb.Query', nth: 2 }],
    ['its facts', { operation: 'apply dynamodb.BatchGetItem', nth: 3 }],
    ['the lease', { operation: 'apply dynamodb.GetItem', nth: 2 }],
  ])('stopped as it read %s: puts nothing', async (_, call) => {
    const { id } = await lab.approved();
    lab.proxy.arm();
    const stopped = lab.proxy.hold(call);
    const first = lab.attempt(id, 'stopped').catch((error: Error) => error.name);
    await stopped.held;
    lab.ahead += 60_000;
    expect(await lab.attempt(id, 'next')).toEqual({ status: 'APPLIED' });
    stopped.letGo();
    await first;
    expect((await ended(id)).puts).toBe(1);
  });
});

describe('#90 to #93 what is found after a crash', () => {
  const put = { operation: 'apply kms.PutKeyPolicy', nth: 1 };
  const read = (nth: number) => ({ operation: 'apply kms.GetKeyPolicy', nth });
  it.each<[string, Fault[]]>([
    ['an intent and no put', [{ ...put, mode: 'crash-before' }]],
    ['a put whose reply was lost', [{ ...put, mode: 'reply-lost' }]],
    ['a put without its result', [{ ...put, mode: 'crash-after' }]],
    [
      'a put that does not show yet',
      [
        { ...put, mode: 'crash-after' },
        { ...read(2), mode: 'stale' },
      ],
    ],
    [
      'a put whose reply was lost and that does not show yet',
      [
        { ...put, mode: 'reply-lost' },
        { ...read(2), mode: 'stale' },
      ],
    ],
    ['a policy that is older than the base', [{ ...read(1), mode: 'stale' }]],
  ])('%s: one put, and APPLIED', async (_, faults) => {
    // The key has had other policies, which a read that is behind can give.
    for (const __ of KEYS) await applied(lab);
    const went = await applied(lab, ...faults);
    expect([went.happened, went.violations]).toEqual([true, []]);
  });
});

describe('what is left between two steps', () => {
  it('holds up nothing else: the sweep goes on after a change that it cannot help', async () => {
    const { sweep } = await import('../../lib/workflow/sweep.ts');
    const late = await due(lab, KEYS[1]);
    lab.ahead += HOUR;
    for (let i = 0; i < 2; i++) await lab.pending();
    // No state machine is there to start: none of them can be helped.
    lab.proxy.arm();
    let overdue: string[] = [];
    const swept = sweep(lab.now().getTime() + 60_000, lab.rules, (changes) => {
      overdue = changes;
    });
    await expect(swept).rejects.toThrow(/\d+ changes could not be helped/);
    expect(overdue).toEqual([late.id]);
    const starts = lab.proxy.calls().filter(({ operation }) => operation === 'apply states.StartExecution');
    expect(starts.length).toBeGreaterThanOrEqual(2);
  });

  it('a transaction that DynamoDB cancels because it is throttled is tried again, and nobody hears of it', async () => {
    const { id } = await lab.pending();
    lab.proxy.arm({ operation: 'apply dynamodb.TransactWriteItems', nth: 1, mode: 'throttle' });
    expect(await approve(id)).toMatchObject({ ok: true, value: { status: 'APPROVED' } });
    expect(lab.proxy.happened()).toHaveLength(1);
  });

  it.each(['throttle', 'fail', 'reply-lost', 'hang', 'duplicate'] as const)(
    'the task token is kept, %s or not: without it nobody could wake the execution',
    async (mode) => {
      const { id } = await lab.pending();
      const { readTaskToken, storeTaskToken } = await import('../../lib/store/tokens.ts');
      lab.proxy.arm({ operation: 'apply dynamodb.TransactWriteItems', nth: 1, mode });
      await storeTaskToken(id, 'a token');
      expect([lab.proxy.happened().length, await readTaskToken(id)]).toEqual([1, 'a token']);
    },
  );
});
