/**
 * What a system that approves changes must do, in the plainest words: no facts, no folds, no lambdas. People, rules and times
 * are those of `RULES`. A step is pure: a state and an act in, what is answered and the next state out.
 */
export const RULES = `approvers:
  owners: [olu@example.com, ivy@example.com]
  security: [sam@example.com, kim@example.com, ben@example.com]
  chiefs: [cho@example.com]
delegates:
  sam@example.com: [pat@example.com]
  olu@example.com: [sam@example.com]
slack:
  channel: C0123456789
  people:
    U0SAM: sam@example.com
    U0KIM: kim@example.com
    U0OLU: olu@example.com
    U0BEN: ben@example.com
    U0CHO: cho@example.com
    U0EVE: eve@example.com
rules:
  - name: two
    match: { alias: alias/prod/ledger }
    quorum: 2
    from: [security]
    expireAfter: PT48H
  - name: staged
    match: { alias: alias/partner-exchange }
    stages:
      - { name: an owner, quorum: 1, from: [owners] }
      - { name: security, quorum: 2, from: [security] }
    expireAfter: PT48H
  - name: brief
    match: { alias: alias/reports }
    quorum: 1
    from: [owners]
    expireAfter: PT6S
    escalateAfter: PT2S
    escalateTo: [chiefs]
  - name: default
    quorum: 1
    from: [security]
    expireAfter: PT72H
`;

export const PEOPLE = ['ana', 'ben', 'olu', 'ivy', 'sam', 'kim', 'pat', 'cho', 'eve'] as const;
export type Name = (typeof PEOPLE)[number] | 'ada';
export const SLACK_USERS: Partial<Record<Name, string>> = {
  sam: 'U0SAM',
  kim: 'U0KIM',
  olu: 'U0OLU',
  ben: 'U0BEN',
  cho: 'U0CHO',
  eve: 'U0EVE',
};
const OWNERS: Name[] = ['olu', 'ivy'];
const SECURITY: Name[] = ['sam', 'kim', 'ben'];
const DELEGATES: Partial<Record<Name, Name[]>> = { sam: ['pat'], olu: ['sam'] };

/** Of each key: who must say yes, stage after stage, and who may later. */
export const KEYS = {
  payments: { stages: [{ quorum: 1, of: SECURITY }], escalateTo: [] as Name[] },
  'prod/ledger': { stages: [{ quorum: 2, of: SECURITY }], escalateTo: [] as Name[] },
  'partner-exchange': {
    stages: [
      { quorum: 1, of: OWNERS },
      { quorum: 2, of: SECURITY },
    ],
    escalateTo: [] as Name[],
  },
  reports: { stages: [{ quorum: 1, of: OWNERS }], escalateTo: ['cho'] as Name[] },
};
export type KeyName = keyof typeof KEYS;

interface Yes {
  person: Name;
  seat: Name;
}

/** A document, by the hash of its bytes and by that of its meaning. */
export interface Document {
  sha256: string;
  canonical: string;
}

export interface ModelChange {
  key: KeyName;
  submitter: Name;
  coAuthors: Name[];
  status:
    | 'pending'
    | 'approved'
    | 'applying'
    | 'applied'
    | 'stale'
    | 'uncertain'
    | 'rejected'
    | 'cancelled'
    | 'expired';
  version: number;
  base: string;
  after: Document;
  /** In the order in which they were given. */
  yes: Yes[];
  wish?: Name;
  given: { from: Name; to: Name }[];
  escalated: boolean;
}

export interface State {
  changes: Record<string, ModelChange>;
  /** Canonical hash of the live policy of each key. */
  live: Record<KeyName, string>;
  /** Each policy that was live since people began to act at once: what a submit may have read. */
  lately: Record<KeyName, string[]>;
  /** Changes whose time was over before people began to act, expired or not yet. */
  late: string[];
  /** Review links by their path: a decision was made by it, and withdrawn by it. */
  links: Record<string, 'used' | 'withdrawn'>;
}

export type Verdict = 'approve' | 'reject' | 'requestChanges' | 'withdraw' | 'comment';

/** What somebody does. `seen`: the document that was before their eyes; left out where the way does not tell. */
export type Act =
  | { do: 'submit'; by: Name; key: KeyName; coAuthors: Name[]; after: Document; id: string | undefined; again?: true }
  | { do: 'version'; by: Name; id: string; after: Document }
  | { do: Verdict; by: Name; id: string; seen?: string; link?: string; replayed?: true }
  | { do: 'cancel'; by: Name; id: string }
  | { do: 'delegate'; by: Name; id: string; to: Name };

const OPEN = ['pending', 'approved', 'applying'];
export const isOpen = ({ status }: ModelChange): boolean => OPEN.includes(status);
const authors = ({ submitter, coAuthors }: ModelChange): Name[] => [submitter, ...coAuthors];

function sits(change: ModelChange, seat: Name, stage: number): boolean {
  const { stages, escalateTo } = KEYS[change.key];
  const of = stages[stage]?.of ?? [];
  return !authors(change).includes(seat) && (of.includes(seat) || (change.escalated && escalateTo.includes(seat)));
}

/** How far the yeses carry, one after the other. */
function standing(change: ModelChange): { stage: number; counted: Yes[]; complete: boolean } {
  const { stages } = KEYS[change.key];
  const counted: Yes[] = [];
  let [stage, inStage] = [0, 0];
  for (const yes of change.yes) {
    const used = counted.flatMap(({ person, seat }) => [person, seat]);
    if (stage === stages.length || !sits(change, yes.seat, stage)) continue;
    if (used.includes(yes.person) || used.includes(yes.seat)) continue;
    counted.push(yes);
    inStage += 1;
    if (inStage === stages[stage]?.quorum) [stage, inStage] = [stage + 1, 0];
  }
  return { stage, counted, complete: stage === stages.length };
}

function hasASay(change: ModelChange, person: Name): boolean {
  const { stages, escalateTo } = KEYS[change.key];
  const seats = [...stages.flatMap(({ of }) => of), ...(change.escalated ? escalateTo : [])];
  const mine = (name: Name) => seats.includes(name) && !authors(change).includes(name);
  if (authors(change).includes(person)) return false;
  return mine(person) || change.given.some(({ from, to }) => to === person && mine(from));
}

/** Where a change goes when its yeses or the wish for changes are others now. */
const settled = (change: ModelChange): ModelChange => ({
  ...change,
  status: standing(change).complete && change.wish === undefined ? 'approved' : 'pending',
});

type Answer = { said: 'yes' | 'no'; next: State };

/** Every way in which the system may answer an act in this state; for most there is one. */
export function step(state: State, act: Act): Answer[] {
  if (act.do === 'submit') return submit(state, act);
  const change = state.changes[act.id];
  const no: Answer = { said: 'no', next: state };
  if (change === undefined || (state.late.includes(act.id) && change.status === 'pending' && act.do !== 'cancel'))
    return [no];
  const become = (next: ModelChange, links = state.links): Answer => ({
    said: 'yes',
    next: { ...state, changes: { ...state.changes, [act.id]: next }, links },
  });
  const free = change.status === 'pending' || change.status === 'approved';
  switch (act.do) {
    case 'version':
      if (!free || act.by !== change.submitter) return [no];
      return state.lately[change.key].map((base) => {
        const { wish: _, ...kept } = change;
        const version = change.version + 1;
        return become({ ...kept, status: 'pending', version, base, after: act.after, yes: [], escalated: false });
      });
    case 'cancel':
      return [
        free && (act.by === change.submitter || act.by === 'ada') ? become({ ...change, status: 'cancelled' }) : no,
      ];
    case 'delegate': {
      const seats = KEYS[change.key].stages.flatMap(({ of }) => of);
      const may =
        free &&
        seats.includes(act.by) &&
        DELEGATES[act.by]?.includes(act.to) === true &&
        ![act.by, act.to].some((name) => authors(change).includes(name));
      return [may ? become({ ...change, given: [...change.given, { from: act.by, to: act.to }] }) : no];
    }
    default: {
      const next = act.replayed === true ? undefined : verdict(change, act, state.links);
      if (next === undefined) return [no];
      const { link } = act;
      if (link === undefined || act.do === 'comment') return [become(next)];
      return [become(next, { ...state.links, [link]: act.do === 'withdraw' ? 'withdrawn' : 'used' })];
    }
  }
}

function submit(state: State, act: Act & { do: 'submit' }): Answer[] {
  const { id, by, key, coAuthors, after } = act;
  if (id === undefined) return [{ said: 'no', next: state }];
  if (act.again === true && state.changes[id] !== undefined) return [{ said: 'yes', next: state }];
  const change = { key, submitter: by, coAuthors, status: 'pending', version: 1, after, yes: [], given: [] } as const;
  return state.lately[key].map((base) => ({
    said: 'yes',
    next: { ...state, changes: { ...state.changes, [id]: { ...change, yes: [], given: [], base, escalated: false } } },
  }));
}

/** The change after somebody said something to it; undefined when they may not. */
function verdict(
  change: ModelChange,
  { do: what, by, seen, link }: Act & { do: Verdict },
  links: State['links'],
): ModelChange | undefined {
  const undecided = change.status === 'pending' || change.status === 'approved';
  // A link is dead once its document is not the one that stands, and decides once.
  if (link !== undefined && seen !== change.after.sha256) return undefined;
  if (what === 'comment') {
    return isOpen(change) && (authors(change).includes(by) || hasASay(change, by)) ? change : undefined;
  }
  if (!undecided || !hasASay(change, by) || (seen !== undefined && seen !== change.after.sha256)) return undefined;
  if (link !== undefined && (what === 'withdraw' ? links[link] !== 'used' : links[link] !== undefined))
    return undefined;
  const rest = change.yes.filter(({ person }) => person !== by);
  switch (what) {
    case 'reject':
      return { ...change, status: 'rejected' };
    case 'requestChanges':
      return settled({ ...change, yes: rest, wish: by });
    case 'withdraw':
      return rest.length < change.yes.length ? settled({ ...change, yes: rest }) : undefined;
    case 'approve': {
      if (change.status !== 'pending' || (change.wish !== undefined && change.wish !== by)) return undefined;
      const { stage, counted, complete } = standing(change);
      const used = counted.flatMap(({ person, seat }) => [person, seat]);
      const seats = [by, ...change.given.filter(({ to }) => to === by).map(({ from }) => from)];
      const free = seats.find((one) => sits(change, one, stage) && !used.includes(one));
      // Where only their own wish stands in the way, taking it back needs no place among those who count.
      const seat = free ?? (complete ? by : undefined);
      if (seat === undefined || used.includes(by)) return undefined;
      const { wish: _, ...kept } = change;
      return settled({ ...kept, yes: [...change.yes, { person: by, seat }] });
    }
  }
}

/** What the system may do by itself: begin an apply, end it, escalate, expire. `crashed`: an apply may have been cut off. */
export function moves(state: State, may: { expire: string[]; escalate: string[]; crashed: boolean }): State[] {
  return Object.entries(state.changes).flatMap(([id, change]) => {
    const become = (over: Partial<ModelChange>): State => ({
      ...state,
      changes: { ...state.changes, [id]: { ...change, ...over } },
    });
    // Whoever watches the keys may see that another policy is live before anybody decides.
    const overtaken = state.live[change.key] === change.base ? [] : [become({ status: 'stale' })];
    switch (change.status) {
      case 'approved': {
        const busy = Object.values(state.changes).some((one) => one.key === change.key && one.status === 'applying');
        return busy ? [] : [become({ status: 'applying' }), ...overtaken];
      }
      case 'applying': {
        const live = state.live[change.key];
        const { canonical } = change.after;
        if (live !== change.base && live !== canonical) {
          return [become({ status: 'stale' }), ...(may.crashed ? [become({ status: 'uncertain' })] : [])];
        }
        const applied = become({ status: 'applied' });
        const lately = { ...state.lately, [change.key]: [...state.lately[change.key], canonical] };
        return [{ ...applied, live: { ...state.live, [change.key]: canonical }, lately }];
      }
      case 'pending':
        return [
          ...(may.expire.includes(id) ? [become({ status: 'expired' })] : []),
          ...(may.escalate.includes(id) && !change.escalated ? [become({ escalated: true })] : []),
          ...overtaken,
        ];
      default:
        return [];
    }
  });
}
