import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../lib/change/change.ts';
import { post } from '../../lib/change/command.ts';
import { violations } from './invariants.ts';
import { KEYS, Lab, policyOf, type Terms, text } from './lab.ts';
import type { Call } from './proxy.ts';

/** What is put is what was proven just now, however slow the apply is: a version or a time that passes it by is not missed. */
let lab: Lab;
let changes: typeof import('../../lib/store/changes.ts');
let people: typeof import('../../lib/workflow/decide.ts');
let iam: typeof import('../../lib/aws/iam.ts');
beforeAll(async () => {
  lab = await Lab.open();
  changes = await import('../../lib/store/changes.ts');
  people = await import('../../lib/workflow/decide.ts');
  iam = await import('../../lib/aws/iam.ts');
});
afterAll(() => lab.close());

/** Another version of a change that is approved, approved as well. */
async function another({ id, key, binding, before, risk, rule, expiresAt, applyBy }: Change): Promise<Change> {
  const at = lab.now().toISOString();
  const base = text(await lab.live(key.arn));
  const after = text(policyOf(9_000 + Number(id.slice(-4))));
  const version = {
    reason: 'A smaller one.',
    ...{ before, risk, rule, expiresAt, applyBy },
    binding: { after: after.sha256, base: binding.base },
    afterCanonical: after.canonical,
  };
  const along = {
    writes: changes.versionWrites({ id, version: 2 }, { before: base, after, proposal: {} as never }),
    refusal: { code: 'BASE_MOVED', detail: '' } as const,
  };
  const posted = await changes.record(
    id,
    { person: 'ana@example.com', at },
    (now) => post(now, 'ana@example.com', version, at),
    { along },
  );
  expect(posted).toMatchObject({ ok: true, value: { version: 2, status: 'PENDING' } });
  const decided = await people.decideChange(
    id,
    { person: 'kim@example.com', decision: 'approve', comment: '', channel: 'api' },
    at,
  );
  if (!decided.ok) throw new Error(decided.refusal.detail);
  expect(decided.value.status).toBe('APPROVED');
  return decided.value;
}

async function found(id: string) {
  const { change, items } = await lab.outcome(id);
  const all = await lab.visitor.puts();
  const puts = all.filter(({ keyArn }) => keyArn === change.key.arn);
  return {
    change,
    wrong: violations(items, all).filter((line) => !line.startsWith('I14')),
    sent: puts.map(({ sha256 }) => sha256),
  };
}

async function paused(id: string, call: Call, meanwhile: () => Promise<unknown>): Promise<unknown> {
  lab.proxy.arm();
  const hold = lab.proxy.hold(call);
  const first = lab.attempt(id, 'slow').catch((error: Error) => error.name);
  await hold.held;
  await meanwhile();
  hold.letGo();
  return first;
}

describe('a version that is posted and approved while the apply of the one before is slow', () => {
  it.each<[string, Call]>([
    ['its documents', { operation: 'apply dynamodb.BatchGetItem', nth: 1 }],
    ['the lease', { operation: 'apply dynamodb.GetItem', nth: 1 }],
  ])('stopped as it read %s: nothing of the older one is put', async (_, call) => {
    const old = await lab.approved();
    let second: Change | undefined;
    const first = await paused(old.id, call, async () => {
      second = await another(old);
    });
    // It looks again at once, and proves the newer one.
    expect(first).toEqual({ status: 'APPLIED' });
    const { change, wrong, sent } = await found(old.id);
    expect([change.status, wrong]).toEqual(['APPLIED', []]);
    expect(sent).toContain(second?.binding.after);
    expect(sent).not.toContain(old.binding.after);
  });

  it('does not end because the older one was too late', async () => {
    const applyBy = new Date(lab.now().getTime() + 3_600_000).toISOString();
    const old = await lab.approved(undefined, { applyBy });
    lab.ahead += 3_600_000;
    const read = { operation: 'apply dynamodb.BatchGetItem', nth: 1 };
    // KMS has the real clock, and puts are held against it.
    const later = new Date(Date.now() + 3_600_000).toISOString();
    expect(await paused(old.id, read, () => another({ ...old, applyBy: later }))).toEqual({ status: 'APPLIED' });
    const { change, wrong } = await found(old.id);
    expect([change.status, change.version, wrong]).toEqual(['APPLIED', 2, []]);
  });
});

it('puts nothing after the time by which it must be applied, when IAM is slow to say who a role is', async () => {
  const arn = 'arn:aws:iam::111122223333:role/countersign-local-apply';
  const terms: Terms = {
    principalIds: { [arn]: (await iam.principalId(arn)) ?? '' },
    applyBy: new Date(lab.now().getTime() + 3_600_000).toISOString(),
  };
  const change = await lab.approved(undefined, terms);
  // The lease is still held then: it is the time alone that forbids the put.
  lab.ahead += 3_600_000 - 5_000;
  await paused(change.id, { operation: 'apply iam.GetRole', nth: 1 }, async () => {
    lab.ahead += 6_000;
  });
  const { change: ended, wrong, sent } = await found(change.id);
  expect([ended.status, wrong]).toEqual(['FAILED', []]);
  expect(sent).not.toContain(change.binding.after);
});

describe('an approver who leaves the rules file before the apply begins', () => {
  const leave = (...left: string[]) => {
    const { security = [] } = lab.rules.approvers;
    lab.rules.approvers.security = security.filter((person) => !left.includes(person));
    return () => {
      lab.rules.approvers.security = security;
    };
  };

  it('has the change wait for the others, and nothing is put until one of them approves it', async () => {
    const change = await lab.approved();
    const back = leave('sam@example.com');
    await lab.apply(change.id);
    const waits = await found(change.id);
    expect([waits.change.status, waits.change.lapsed?.people, waits.wrong]).toEqual([
      'PENDING',
      ['sam@example.com'],
      [],
    ]);
    expect(waits.sent).not.toContain(change.binding.after);
    const verdict = { person: 'kim@example.com', decision: 'approve', comment: '', channel: 'api' } as const;
    await people.decideChange(change.id, verdict, lab.now().toISOString());
    await lab.apply(change.id);
    back();
    const { change: ended, wrong, sent } = await found(change.id);
    expect([ended.status, wrong]).toEqual(['APPLIED', []]);
    expect(sent).toContain(change.binding.after);
  });

  it('when a version is approved meanwhile, has that one judged, and when nobody is left, ends it', async () => {
    const old = await lab.approved();
    const back = leave('sam@example.com');
    let second: Change | undefined;
    await paused(old.id, { operation: 'apply dynamodb.BatchGetItem', nth: 1 }, async () => {
      second = await another(old);
    });
    const { change, sent } = await found(old.id);
    expect([change.status, change.lapsed]).toEqual(['APPLIED', undefined]);
    expect(sent).toContain(second?.binding.after);
    back();
    const alone = await lab.approved();
    const restore = leave('sam@example.com', 'kim@example.com', 'lee@example.com');
    await lab.apply(alone.id);
    restore();
    const ended = await found(alone.id);
    expect([ended.change.status, ended.change.outcome]).toEqual([
      'FAILED',
      '0 of 1 approvals count today. By the rules file of today that of sam@example.com does not. Too few are left who may approve it.',
    ]);
    expect(ended.sent).not.toContain(alone.binding.after);
  });
});

it('ends a change whose stored state is not what its facts add up to, whoever has left', async () => {
  const change = await lab.approved();
  const table = await import('../../lib/store/table.ts');
  const item = await table.get({ pk: `CHANGE#${change.id}`, sk: 'CHANGE' });
  const stored = item?.change as Change;
  await table.put([{ put: { ...item, pk: `CHANGE#${change.id}`, sk: 'CHANGE', change: { ...stored, reason: 'x' } } }]);
  const { security = [] } = lab.rules.approvers;
  lab.rules.approvers.security = security.filter((person) => person !== 'sam@example.com');
  await lab.apply(change.id);
  lab.rules.approvers.security = security;
  const { change: ended, sent } = await found(change.id);
  expect([ended.status, ended.outcome]).toEqual(['FAILED', 'The stored state is not what its facts add up to.']);
  expect(sent).not.toContain(change.binding.after);
});

describe('a freeze that begins while the apply is under way', () => {
  const role = 'arn:aws:iam::111122223333:role/countersign-local-apply';
  const freezeIn = (milliseconds: number) => {
    const from = new Date(lab.now().getTime() + milliseconds).toISOString();
    lab.rules.freeze = [{ name: 'year end', from, to: '2100-01-01T00:00:00Z' }];
  };
  const slowIam = { operation: 'apply iam.GetRole', nth: 1 };
  const newRole = async (): Promise<Terms> => ({ principalIds: { [role]: (await iam.principalId(role)) ?? '' } });
  const passes = async () => {
    lab.ahead += 6_000;
  };

  it('takes the intent back: nothing is put, the key is free, and the change is applied when it is over', async () => {
    const change = await lab.approved(KEYS[0], await newRole());
    freezeIn(5_000);
    expect(await paused(change.id, slowIam, passes)).toEqual({ status: 'HELD' });
    const held = await found(change.id);
    expect([held.change.status, held.change.applyingSince, held.wrong]).toEqual(['APPROVED', undefined, []]);
    expect(held.sent).not.toContain(change.binding.after);
    expect(await lab.attempt(change.id, 'in the freeze')).toEqual({ status: 'HELD' });
    delete lab.rules.freeze;
    // The lease would last for seconds yet.
    expect(await lab.attempt(change.id, 'after it')).toEqual({ status: 'APPLIED' });
    const { change: ended, wrong, sent } = await found(change.id);
    expect([ended.status, wrong]).toEqual(['APPLIED', []]);
    expect(sent.filter((one) => one === change.binding.after)).toHaveLength(1);
  });

  it('leaves it to be rejected, and another change of the key to be put', async () => {
    const change = await lab.approved(KEYS[0], await newRole());
    const other = await lab.approved(KEYS[0]);
    freezeIn(5_000);
    await paused(change.id, slowIam, passes);
    delete lab.rules.freeze;
    expect(await lab.attempt(other.id, 'at once')).toEqual({ status: 'APPLIED' });
    const no = { person: 'kim@example.com', decision: 'reject', comment: 'No.', channel: 'api' } as const;
    expect(await people.decideChange(change.id, no, lab.now().toISOString())).toMatchObject({ ok: true });
    await lab.apply(change.id);
    const { change: ended, wrong, sent } = await found(change.id);
    expect([ended.status, wrong]).toEqual(['REJECTED', []]);
    expect(sent).not.toContain(change.binding.after);
  });

  it.each(['throttle', 'reply-lost', 'duplicate', 'fail'] as const)(
    'is recorded once, or leaves it to a person, when the record of it meets %s',
    async (mode) => {
      const change = await lab.approved(undefined, await newRole());
      freezeIn(5_000);
      lab.proxy.arm({ operation: 'apply dynamodb.TransactWriteItems', nth: 2, mode });
      const hold = lab.proxy.hold(slowIam);
      const first = lab.attempt(change.id, 'slow').catch(() => undefined);
      await hold.held;
      await passes();
      hold.letGo();
      await first;
      expect(lab.proxy.happened()).toHaveLength(1);
      await lab.apply(change.id);
      delete lab.rules.freeze;
      const { change: ended, wrong, sent } = await found(change.id);
      expect(wrong).toEqual([]);
      expect(['APPROVED', 'UNCERTAIN']).toContain(ended.status);
      expect(sent).not.toContain(change.binding.after);
    },
  );

  it('after a crash that may have put it says that nobody knows', async () => {
    const change = await lab.approved();
    lab.proxy.arm({ operation: 'apply kms.PutKeyPolicy', nth: 1, mode: 'crash-before' });
    await lab.attempt(change.id, 'dies').catch(() => undefined);
    lab.proxy.dead = false;
    freezeIn(0);
    lab.ahead += 60_000;
    await lab.apply(change.id);
    delete lab.rules.freeze;
    const { change: ended, wrong, sent } = await found(change.id);
    expect([ended.status, ended.outcome, wrong]).toEqual([
      'UNCERTAIN',
      'A put may have landed before Held: the freeze year end holds it since the apply began.',
      [],
    ]);
    expect(sent).not.toContain(change.binding.after);
  });
});
