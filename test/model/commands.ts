import fc from 'fast-check';
import { until } from '../../local/demo/visitor.ts';
import { explain, type Meanwhile, type Said, shown } from './explain.ts';
import { type Act, isOpen, KEYS, type KeyName, moves, type Name, PEOPLE, type State, type Verdict } from './model.ts';
import { Real, type Request, type Seen } from './real.ts';

/** What the test knows: the model, and what it last saw of the system. */
export interface Knowledge {
  state: State;
  seen: Seen;
  /** How often each thing came to pass, to see that the runs get somewhere. */
  count: Record<string, number>;
}

/** What somebody is to do; which change it is about is chosen among those that there are. */
export type Plan =
  | { do: 'submit'; by: Name; key: KeyName; coAuthors: Name[] }
  | { do: 'version' | 'cancel'; by: Name; pick: number }
  | { do: 'delegate'; by: Name; to: Name; pick: number }
  | { do: Verdict; by: Name; channel: 'api' | 'link' | 'slack'; pick: number };

const name = fc.constantFrom(...PEOPLE);
const approver = fc.constantFrom<Name>('sam', 'kim', 'olu', 'ivy', 'sam', 'kim', 'olu', 'ben', 'pat', 'cho');
const channel = fc.constantFrom('api' as const, 'link' as const, 'slack' as const);
const key = fc.constantFrom(...(Object.keys(KEYS) as KeyName[]));
const pick = fc.nat(1_000);
const submits = fc.record({
  do: fc.constant('submit' as const),
  by: fc.constantFrom<Name>('ana', 'ana', 'ben'),
  key,
  coAuthors: fc.constantFrom<Name[]>([], [], [], ['ivy'], ['kim']),
});
const says = (verdict: Verdict, by: fc.Arbitrary<Name>) => fc.record({ do: fc.constant(verdict), by, channel, pick });
export const plan: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 5, arbitrary: submits },
  { weight: 14, arbitrary: says('approve', approver) },
  { weight: 2, arbitrary: says('approve', name) },
  { weight: 3, arbitrary: says('withdraw', approver) },
  { weight: 2, arbitrary: says('reject', name) },
  { weight: 2, arbitrary: says('requestChanges', approver) },
  { weight: 2, arbitrary: says('comment', name) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('version' as const), by: fc.constantFrom<Name>('ana', 'ben', 'sam'), pick }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('cancel' as const), by: fc.constantFrom<Name>('ana', 'ada', 'sam'), pick }),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom<[Name, Name]>(['sam', 'pat'], ['olu', 'sam'], ['kim', 'pat'])
      .chain(([by, to]) =>
        fc.record({ do: fc.constant('delegate' as const), by: fc.constant(by), to: fc.constant(to), pick }),
      ),
  },
);

/** The change that a plan is about: one that is open, now and then one that has ended. */
function chosen({ changes }: State, pick: number): string | undefined {
  const open = Object.keys(changes).filter((id) => isOpen(changes[id] as NonNullable<(typeof changes)[string]>));
  const among = open.length === 0 || pick % 9 === 0 ? Object.keys(changes) : open;
  return among[pick % among.length];
}

async function prepare(plan: Plan, { state, seen }: Knowledge, real: Real): Promise<Request | undefined> {
  if (plan.do === 'submit')
    return real.submit(
      plan.by,
      plan.key,
      plan.coAuthors.filter((one) => one !== plan.by),
    );
  const id = chosen(state, plan.pick);
  const change = seen.changes.find((one) => one.id === id);
  if (id === undefined || change === undefined) return undefined;
  switch (plan.do) {
    case 'version':
      return real.version(plan.by, id);
    case 'cancel':
      return real.cancel(plan.by, id);
    case 'delegate':
      return real.delegate(plan.by, id, plan.to, change.expiresAt);
    default:
      return real.say({ do: plan.do, by: plan.by, id }, plan.do, plan.channel, seen);
  }
}

/** Runs these requests at once, waits until the system rests, and finds the order that explains what came of it. */
async function together(
  knows: Knowledge,
  real: Real,
  requests: readonly { act: Act; channel: string; send(): Promise<Said> }[],
  label: string,
  crashAfter?: number,
): Promise<void> {
  const began = new Date().toISOString();
  const before = real.progress();
  const sent = Promise.all(requests.map(({ send }) => send().catch((): Said => 'unknown')));
  if (crashAfter !== undefined) {
    const rested = sent.then(() => real.rests().catch(() => undefined));
    let over = false;
    void rested.then(() => {
      over = true;
    });
    await until('the moment of the crash', 60, async () =>
      over || real.progress() >= before + crashAfter ? true : undefined,
    );
    await real.crash();
    await rested;
  }
  const said = await sent;
  await settle(
    knows,
    real,
    requests.map(({ act, channel }, i) => ({ act, channel, said: said[i] ?? 'unknown' })),
    {
      label,
      began,
      crashed: crashAfter !== undefined,
    },
  );
}

async function settle(
  knows: Knowledge,
  real: Real,
  done: { act: Act; channel: string; said: Said }[],
  { label, began, crashed }: { label: string; began: string; crashed: boolean },
): Promise<void> {
  const seen = await real.rests();
  const ended = new Date().toISOString();
  for (const { act } of done) {
    if (act.do === 'submit') act.id ??= Real.idOf(seen.items, act.after);
  }
  const open = knows.seen.changes.filter(({ status }) => status === 'PENDING');
  const young = seen.changes.filter(({ status }) => ['PENDING', 'EXPIRED'].includes(status));
  const times = [...open, ...young];
  const meanwhile: Meanwhile = {
    expire: times.filter(({ expiresAt }) => expiresAt <= ended).map(({ id }) => id),
    late: open.filter(({ expiresAt }) => expiresAt <= began).map(({ id }) => id),
    escalate: seen.changes.filter(({ escalated }) => escalated !== undefined).map(({ id }) => id),
    crashed,
  };
  const next = explain(knows.state, done, meanwhile, shown(seen.state));
  if (next === undefined) {
    const acts = done.map(({ act, channel, said }) => `${JSON.stringify(act)} by ${channel}: ${said}`);
    const can = moves(knows.state, meanwhile).length;
    throw new Error(
      `no order explains ${label}\n${acts.join('\n')}\n${JSON.stringify(meanwhile)} ${can}\nbefore: ${shown(knows.state)}\nnow: ${shown(seen.state)}`,
    );
  }
  const wrong = await real.wrong(seen, false);
  if (wrong.length > 0) throw new Error(`after ${label}:\n${wrong.join('\n')}`);
  knows.state = next;
  knows.seen = seen;
  for (const { act, channel, said } of done) tally(knows, `${act.do} ${said}`, `by ${channel}`);
}

function tally({ count }: Knowledge, ...names: string[]): void {
  for (const one of names) count[one] = (count[one] ?? 0) + 1;
}

type Command = fc.AsyncCommand<Knowledge, Real>;

/** One to four people act at once; with `crashAfter`, the power is cut after so many lines of progress. */
class Acts implements Command {
  readonly plans: readonly Plan[];
  readonly crashAfter: number | undefined;

  constructor(plans: readonly Plan[], crashAfter?: number) {
    this.plans = plans;
    this.crashAfter = crashAfter;
  }

  check = ({ state }: Knowledge): boolean =>
    this.plans.some((one) => one.do === 'submit') || Object.keys(state.changes).length > 0;

  async run(knows: Knowledge, real: Real): Promise<void> {
    const prepared = await Promise.all(this.plans.map((one) => prepare(one, knows, real)));
    const requests = prepared.filter((one) => one !== undefined);
    real.last = requests.at(-1) ?? real.last;
    await together(knows, real, requests, String(this), this.crashAfter);
    tally(knows, 'commands', requests.length > 1 ? 'at once' : 'alone');
    if (this.crashAfter !== undefined) tally(knows, 'crashes');
  }

  toString(): string {
    const crash = this.crashAfter === undefined ? '' : `, power cut after ${this.crashAfter}`;
    return `${this.plans.map((one) => JSON.stringify(one)).join(' + ')}${crash}`;
  }
}

/** The last request again, as a client does that got no answer. */
class DuplicateLast implements Command {
  check = (): boolean => true;
  async run(knows: Knowledge, real: Real): Promise<void> {
    if (real.last === undefined) return;
    const { again, channel, send } = real.last;
    await together(knows, real, [{ act: again, channel, send }], String(this));
    tally(knows, 'commands', 'duplicates');
  }
  toString = () => 'the last request again';
}

/** A request of Slack that somebody recorded, again. */
class ReplaySlack implements Command {
  check = (): boolean => true;
  async run(knows: Knowledge, real: Real): Promise<void> {
    if (real.captured === undefined) return;
    const { act } = real.captured;
    await together(knows, real, [{ act, channel: 'slack', send: () => real.replay() }], String(this));
    tally(knows, 'commands', 'replays');
  }
  toString = () => 'the captured request of Slack again';
}

/** Somebody writes the policy of a key past the workflow. */
class ForeignPut implements Command {
  readonly key: KeyName;
  constructor(key: KeyName) {
    this.key = key;
  }
  check = (): boolean => true;
  async run(knows: Knowledge, real: Real): Promise<void> {
    const live = { ...knows.state.live, [this.key]: await real.foreignPut(this.key) };
    knows.state = { ...knows.state, live };
    await together(knows, real, [], String(this));
    tally(knows, 'commands', 'foreign puts');
  }
  toString = () => `a foreign put to ${this.key}`;
}

/** Time goes on until something is due: an escalation, or an expiry. */
class Tick implements Command {
  check = ({ state }: Knowledge): boolean =>
    Object.values(state.changes).some(({ key, status }) => key === 'reports' && status === 'pending');
  async run(knows: Knowledge, real: Real): Promise<void> {
    const waiting = knows.seen.changes.find(
      ({ id, status }) => status === 'PENDING' && knows.state.changes[id]?.key === 'reports',
    );
    if (waiting === undefined) return;
    await until('the next moment of the change', 30, async () => {
      const { changes } = await real.rests();
      const now = changes.find(({ id }) => id === waiting.id);
      return now?.status !== 'PENDING' || now.escalated !== waiting.escalated ? true : undefined;
    });
    await together(knows, real, [], String(this));
    tally(knows, 'commands', 'ticks');
  }
  toString = () => 'time goes on';
}

/** The system verifies its own history. */
class Verify implements Command {
  check = (): boolean => true;
  async run(knows: Knowledge, real: Real): Promise<void> {
    const wrong = await real.verify();
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    tally(knows, 'commands', 'verifications');
  }
  toString = () => 'the history is verified';
}

const several = fc.array(plan, { minLength: 2, maxLength: 4 });
/** Several acts on one and the same change. */
const contended = fc
  .tuple(several, pick)
  .map(([plans, same]) => plans.map((one) => (one.do === 'submit' ? one : { ...one, pick: same })));
const alone = plan.map((one) => new Acts([one]));
const atOnce = contended.map((plans) => new Acts(plans));
const apart = several.map((plans) => new Acts(plans));

/** Commands, each as often as it stands here. */
export const commands: fc.Arbitrary<Command>[] = [
  ...[alone, alone, alone, alone, atOnce, atOnce, atOnce, apart, apart],
  submits.map((one) => new Acts([one])),
  fc.constant(new DuplicateLast()),
  fc.constant(new ReplaySlack()),
  key.map((one) => new ForeignPut(one)),
  fc.constant(new Tick()),
  fc.constant(new Verify()),
];

/** There is something to act on. */
export const first: fc.Arbitrary<Command> = submits.map((one) => new Acts([one]));

/** The power is cut while people act. */
export const crashes: fc.Arbitrary<Command> = fc
  .tuple(fc.oneof(contended, several), fc.nat(14))
  .map(([plans, after]) => new Acts(plans, after));
