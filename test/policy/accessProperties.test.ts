import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import type { Access, AccessEntry } from '../../lib/policy/types.ts';
import { runs } from '../runs.ts';
import { policyOf } from './arbitrary.ts';
import { type Answer, type Caller, conditionHolds, evaluate, type Request, type SlowPolicy } from './slowAccess.ts';
import {
  ACTIONS,
  accountless,
  CALLERS,
  OWN,
  requestsOn,
  smallPair,
  smallPolicy,
  smallStatement,
} from './smallPolicies.ts';

const RUNS = runs(400);

const diff = (before: SlowPolicy, after: SlowPolicy): Access =>
  compareAccess(policyOf(before), policyOf(after), { accountId: OWN }).access;
const plain = (entries: readonly AccessEntry[]) => entries.map(({ statements: _, ...entry }) => entry);

/** Whether an entry speaks of a caller, and of how it is let in. */
function speaksOf(entry: AccessEntry, caller: Caller, kind: keyof Answer): boolean {
  if (entry.kind === 'delegated' && kind === 'direct') return false;
  const { principal } = entry;
  return (
    principal === '*' ||
    principal === caller.id ||
    principal === caller.role ||
    principal === `Service:${caller.id}` ||
    principal === `arn:aws:iam::${caller.account}:root`
  );
}

const contextOf = (caller: Caller, request: Request): Request =>
  caller.account === undefined
    ? request
    : {
        ...request,
        'kms:CallerAccount': [caller.account],
        'aws:PrincipalAccount': [caller.account],
        'aws:PrincipalArn': [caller.role ?? caller.id],
      };

interface Cell {
  caller: Caller;
  action: string;
  request: Request;
  kind: keyof Answer;
}

/** More requests than this per caller and action make a run slow without showing more. */
const MOST_REQUESTS = 250;

/** Every cell (caller × action × request) that is newly allowed, directly or in total. */
function newlyAllowed(before: SlowPolicy, after: SlowPolicy, strict: boolean): Cell[] {
  const cells: Cell[] = [];
  const ofAccounts = requestsOn([before, after]);
  const ofServices = requestsOn([before, after], accountless);
  fc.pre(ofServices.length <= MOST_REQUESTS);
  for (const caller of CALLERS) {
    for (const request of caller.account === undefined ? ofServices : ofAccounts) {
      for (const action of ACTIONS) {
        const is = evaluate(after, caller, action, request, OWN, strict);
        if (!is.total) continue;
        const was = evaluate(before, caller, action, request, OWN, strict);
        if (is.direct && !was.direct) cells.push({ caller, action, request, kind: 'direct' });
        if (!was.total) cells.push({ caller, action, request, kind: 'total' });
      }
    }
  }
  return cells;
}

/** Whether the doubt about NotPrincipal can matter. */
const doubtful = ({ Statement }: SlowPolicy): boolean =>
  Statement.some(({ NotPrincipal }) => NotPrincipal !== undefined);

const covers = (entry: AccessEntry, { caller, action, request, kind }: Cell): boolean =>
  entry.actions.includes(action) &&
  speaksOf(entry, caller, kind) &&
  conditionHolds(entry.when ?? {}, contextOf(caller, request));

test('agrees with an evaluator that asks request by request', () => {
  fc.assert(
    fc.property(smallPair, ([before, after]) => {
      const worlds = doubtful(before) || doubtful(after) ? [false, true] : [false];
      const cells = worlds.map((strict) => newlyAllowed(before, after, strict));
      const { gains, changed } = diff(before, after);
      const said = [...gains, ...changed];
      const unsaid = cells.flat().find((cell) => !said.some((entry) => covers(entry, cell)));
      if (unsaid !== undefined) throw new Error(`newly allowed, but not said: ${JSON.stringify({ unsaid, said })}`);
      for (const entry of said.filter(({ certainty }) => certainty === undefined)) {
        const kind = entry.kind === 'delegated' || entry.principal.endsWith(':root') ? 'total' : 'direct';
        for (const action of entry.actions.filter((name) => ACTIONS.includes(name))) {
          const seen = cells.every((world) =>
            world.some((cell) => cell.action === action && cell.kind === kind && covers(entry, cell)),
          );
          if (!seen) throw new Error(`said for certain, but not so: ${action} ${JSON.stringify(entry)}`);
        }
      }
    }),
    { numRuns: RUNS },
  );
});

describe('of any two policies', () => {
  test('none differs from itself', () => {
    fc.assert(
      fc.property(smallPolicy, (policy) => {
        const { gains, loses, changed } = diff(policy, policy);
        expect([gains, loses, changed]).toEqual([[], [], []]);
      }),
      { numRuns: RUNS },
    );
  });

  test('the difference turned round is its mirror', () => {
    fc.assert(
      fc.property(smallPair, ([before, after]) => {
        fc.pre(![before, after].some(exceptsAccount));
        const there = diff(before, after);
        const back = diff(after, before);
        expect(plain(back.loses)).toEqual(plain(there.gains));
        expect(plain(back.gains)).toEqual(plain(there.loses));
        expect(plain(back.changed)).toEqual(plain(there.changed));
      }),
      { numRuns: RUNS },
    );
  });

  test('adding an Allow loses nothing, adding a Deny gains nothing', () => {
    fc.assert(
      fc.property(smallPolicy, smallStatement, fc.nat(4), (policy, statement, at) => {
        const after = { ...policy, Statement: policy.Statement.toSpliced(at, 0, statement) };
        const { gains, loses, changed } = diff(policy, after);
        expect([statement.Effect === 'Allow' ? loses : gains, changed]).toEqual([[], []]);
      }),
      { numRuns: RUNS },
    );
  });

  test('order and spelling do not matter', () => {
    fc.assert(
      fc.property(smallPair, fc.nat(), ([before, after], seed) => {
        const respelled = diff(respell(before, seed), respell(after, seed + 1));
        const { gains, loses, changed, public: isPublic, crossAccount, lockout } = diff(before, after);
        expect(plain(respelled.gains)).toEqual(plain(gains));
        expect(plain(respelled.loses)).toEqual(plain(loses));
        expect(plain(respelled.changed)).toEqual(plain(changed));
        expect(respelled).toMatchObject({ public: isPublic, crossAccount, lockout });
        expect(diff(before, respell(before, seed)).summary.at(-1)).toBe('No access changes.');
      }),
      { numRuns: RUNS },
    );
  });
});

/** A loss of those whom a NotPrincipal does not except beside their account is told in a sentence alone. */
function exceptsAccount({ Statement }: SlowPolicy): boolean {
  return Statement.some(({ NotPrincipal }) =>
    NotPrincipal?.AWS?.some((id) => id.endsWith(':root') || /^\d+$/.test(id)),
  );
}

/** The same policy in other words: order, case, single items, account ids. */
function respell(policy: SlowPolicy, seed: number): SlowPolicy {
  const turn = <T>(items: T[]): T[] =>
    seed % 2 === 0 ? items.toReversed() : [...items.slice(1), ...items.slice(0, 1)];
  const bare = (items: string[]): string[] =>
    items.length === 1 && seed % 3 === 0 ? (items[0] as unknown as string[]) : turn(items);
  const ids = (element: Record<string, string[]>): Record<string, string[]> =>
    Object.fromEntries(
      Object.entries(element).map(([type, list]) => [
        type,
        bare(list.map((id) => id.replace(/^arn:aws:iam::(\d+):root$/, '$1'))),
      ]),
    );
  const Statement = policy.Statement.map(({ Principal, NotPrincipal, Action, NotAction, Condition, ...rest }) => ({
    ...(Condition && {
      Condition: Object.fromEntries(
        turn(Object.entries(Condition)).map(([operator, block]) => [
          operator.toUpperCase(),
          Object.fromEntries(turn(Object.entries(block)).map(([key, values]) => [key.toLowerCase(), bare(values)])),
        ]),
      ),
    }),
    ...(NotAction && { NotAction: bare(NotAction.map((action) => action.toUpperCase())) }),
    ...(Action && { Action: bare(Action.map((action) => action.toLowerCase())) }),
    ...(NotPrincipal && { NotPrincipal: ids(NotPrincipal) }),
    ...(Principal && { Principal: ids(Principal) }),
    ...rest,
  }));
  return { ...policy, Statement: turn(Statement) } as SlowPolicy;
}
