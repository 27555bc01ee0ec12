import { generateKeyPairSync, sign } from 'node:crypto';
import { chain, genesis, type Head, sha256 } from '../../lib/audit/chain.ts';
import { checkpointNote, type SignedCheckpoint, signedBy } from '../../lib/audit/checkpoint.ts';
import type { LoggedEntry, LogRecord } from '../../lib/audit/verify.ts';
import { type Event, type Fact, type FrozenRule, WORKFLOW } from '../../lib/change/facts.ts';

/** A notary whose private key a test holds: what KMS does in its place. */
export function notary() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const isSigned = signedBy(pem);
  /** The same few checkpoints stand in thousands of cases. */
  const known = new Map<string, boolean>();
  return {
    pem,
    isSigned: (checkpoint: SignedCheckpoint): boolean => {
      const { note, signature } = checkpoint;
      const found = known.get(note + signature) ?? isSigned(checkpoint);
      known.set(note + signature, found);
      return found;
    },
    sign: (note: string): SignedCheckpoint => ({
      note,
      signature: sign('sha256', Buffer.from(note), privateKey).toString('base64'),
    }),
  };
}
export type Notary = ReturnType<typeof notary>;

export const HEADER: LogRecord = { kind: 'log', format: 'countersign-export/v1', log: 'main', whole: true };
const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
export const instant = (n: number): string => new Date(Date.UTC(2026, 10, 24, 12, 0, n)).toISOString();

/** How a change of the honest log goes. */
export const STORIES = [
  'applied',
  'rejected',
  'expired',
  'cancelled',
  'stale',
  'failed',
  'uncertain',
  'pending',
  'applying',
  'staged',
  'versioned',
  'emergency',
  'temporary',
  'overtaken',
  'unproven',
  'waiting',
  'outside',
  'lifted',
  'windowed',
  'held',
  'lapsed',
  'takenBack',
] as const;
export type Story = (typeof STORIES)[number];

/** One thing that happened in an honest log, before it is chained. */
export interface Happening {
  fact: Fact;
  documents?: string[];
}

const told = (person: string) => ({ mailed: [person], slacked: [], failed: [] });

/** What happens in a change whose number is `n`: two of three must approve. */
export function happenings(n: number, story: Story): Happening[] {
  const before = `{"Id":"before ${n}"}`;
  const after = `{"Id":"after ${n}, “é”"}`;
  const binding = { after: sha256(after), base: sha256(`base ${n}`) };
  const rule: FrozenRule = {
    name: 'default',
    quorum: 2,
    approvers: ['ana@example.com', 'kim@example.com', 'lee@example.com', 'sam@example.com'],
    remindEvery: 3600.5,
    rulesSha256: sha256('rules'),
  };
  const second = n * 100;
  const fact = (person: string, at: number, event: Event): Happening => ({
    fact: { ...event, change: `chg_${n}`, keyArn: KEY, person, at: instant(second + at) },
  });
  const approve = (person: string, at: number) =>
    fact(person, at, { type: 'APPROVAL_GIVEN', binding, comment: 'ok\n"', channel: 'link' });
  const submit: Happening = {
    ...fact('ana@example.com', 0, {
      type: 'SUBMITTED',
      key: { arn: KEY, keyId: KEY.split('/')[1] ?? '', accountId: '111122223333', region: 'us-east-1', aliases: [] },
      reason: 'The app needs to decrypt.',
      binding,
      before: sha256(before),
      afterCanonical: sha256(`after ${n}`),
      risk: 'medium',
      rule,
      expiresAt: instant(second + 50),
      applyBy: instant(second + 60),
    }),
    documents: [before, after],
  };
  const ask = fact(WORKFLOW, 1, { type: 'ASKED', ...told('sam@example.com') });
  const close = fact(WORKFLOW, 90, { type: 'CLOSED', ...told('ana@example.com') });
  const refused = fact('eve@example.com', 3, { type: 'REFUSED', attempt: 'approve', code: 'NOT_AN_APPROVER' });
  const approvers = ['kim@example.com', 'sam@example.com'];
  const intent = fact(WORKFLOW, 6, { type: 'APPLY_INTENT', binding, approvers, fence: n, attempt: 'request' });
  const approved = [submit, ask, approve('sam@example.com', 2), refused, approve('kim@example.com', 5)];
  const applying = [...approved, intent];
  const live = sha256(`live ${n}`);
  const ended = (event: Event) => [...applying, fact(WORKFLOW, 8, event), close];
  /** Owners first, then security, with somebody who stands in and somebody it was escalated to. */
  const staged = (): Happening[] => {
    const owners = ['olu@example.com', 'ivy@example.com'];
    const security = ['kim@example.com', 'sam@example.com', 'ana@example.com'];
    const stages = [
      { name: 'owners', quorum: 1, from: ['owners'], approvers: owners },
      { name: 'security', quorum: 2, from: ['security'], approvers: security },
    ];
    const frozen: FrozenRule = {
      ...rule,
      quorum: 3,
      approvers: [...owners, ...security].sort(),
      stages,
      delegates: { 'kim@example.com': ['dee@example.com'] },
      escalate: { after: 5, approvers: ['max@example.com'] },
    };
    const named = ['dee@example.com', 'max@example.com', 'olu@example.com'];
    const standIn = {
      type: 'APPROVAL_GIVEN',
      binding,
      comment: '',
      channel: 'api',
      onBehalfOf: 'kim@example.com',
    } as const;
    return [
      { ...submit, fact: { ...submit.fact, rule: frozen, coAuthors: ['ben@example.com'] } as Fact },
      ask,
      approve('olu@example.com', 2),
      fact('kim@example.com', 3, { type: 'DELEGATED', to: 'dee@example.com', until: instant(second + 40) }),
      fact('dee@example.com', 4, standIn),
      fact('ben@example.com', 4, { type: 'COMMENTED', comment: 'Thanks.', channel: 'api' }),
      fact('ada@example.com', 4, { type: 'LINKS_REVOKED', of: 'sam@example.com' }),
      fact(WORKFLOW, 5, { type: 'ESCALATED', to: ['max@example.com'] }),
      approve('max@example.com', 6),
      fact(WORKFLOW, 7, { type: 'APPLY_INTENT', binding, approvers: named, fence: n, attempt: 'request' }),
      fact(WORKFLOW, 8, { type: 'FAILED', error: 'AccessDeniedException', detail: 'No.' }),
      close,
    ];
  };
  /** As staged, but who stands in for somebody who left the rules file counts no more, and another approves in their place. */
  const lapsed = (): Happening[] => {
    const approvedThen = staged().slice(0, 9);
    const left = {
      stages: [['ivy@example.com'], ['kim@example.com']],
      escalation: [],
      delegates: { 'kim@example.com': ['dee@example.com'] },
    };
    const lapse: Event = {
      type: 'APPROVALS_LAPSED',
      people: ['dee@example.com'],
      left,
      rulesSha256: sha256('later'),
    };
    const named = ['max@example.com', 'olu@example.com', 'sam@example.com'];
    return [
      ...approvedThen,
      fact(WORKFLOW, 7, lapse),
      approve('sam@example.com', 8),
      fact(WORKFLOW, 9, { type: 'APPLY_INTENT', binding, approvers: named, fence: n, attempt: 'request' }),
      fact(WORKFLOW, 10, { type: 'APPLIED', before: sha256(before), after: binding.after, live, put: true }),
      close,
    ];
  };
  /** Asked for changes, given them, approved, taken back, approved again. */
  const versioned = (): Happening[] => {
    const better = `{"Id":"better ${n}"}`;
    const newer = { after: sha256(better), base: binding.base };
    const again = (person: string, at: number) =>
      fact(person, at, { type: 'APPROVAL_GIVEN', binding: newer, comment: '', channel: 'slack' });
    const version = fact('ana@example.com', 5, {
      type: 'VERSIONED',
      version: 2,
      reason: 'As asked.',
      binding: newer,
      before: sha256(before),
      afterCanonical: sha256(`better ${n}`),
      risk: 'low',
      rule,
      expiresAt: instant(second + 70),
      applyBy: instant(second + 80),
    });
    const named = ['kim@example.com', 'lee@example.com'];
    return [
      submit,
      ask,
      approve('kim@example.com', 2),
      fact('sam@example.com', 3, { type: 'CHANGES_REQUESTED', binding, comment: 'Narrower.', channel: 'link' }),
      fact(WORKFLOW, 4, { type: 'CHANGES_TOLD', ...told('ana@example.com') }),
      { ...version, documents: [before, better] },
      again('sam@example.com', 6),
      again('kim@example.com', 7),
      fact('sam@example.com', 8, { type: 'APPROVAL_WITHDRAWN', comment: 'Wait.', channel: 'api' }),
      again('lee@example.com', 9),
      fact(WORKFLOW, 10, { type: 'APPLY_INTENT', binding: newer, approvers: named, fence: n, attempt: 'request' }),
      fact(WORKFLOW, 11, {
        type: 'APPLIED',
        before: sha256(before),
        after: newer.after,
        live: newer.after,
        put: false,
      }),
      close,
    ];
  };
  /** Applied not before a moment and for a time, told, and about to be put back. */
  const lasting = (): Happening[] => {
    const timed = { applyAfter: instant(second + 6), revertAfter: 'PT1M23S' };
    const back = { after: sha256(before), base: sha256(`after ${n}`) };
    return [
      {
        ...submit,
        fact: {
          ...submit.fact,
          ...timed,
          reverts: 'chg_0',
          set: { id: 'set_x', changes: [`chg_${n}`], asOne: true },
        } as Fact,
      },
      ...applying.slice(1),
      fact(WORKFLOW, 8, { type: 'APPLIED', before: sha256(before), after: binding.after, live, put: true }),
      close,
      fact(WORKFLOW, 91, { type: 'REVERT_INTENT', binding: back, fence: n, attempt: 'request' }),
    ];
  };
  /** Put in one of its windows, in none of its freezes, as they were frozen into it and as they were on the day. */
  const windowed = (): Happening[] => {
    const moment = (at: number) => instant(second + at).replace('.000Z', 'Z');
    const freeze = [
      { name: 'release', from: moment(10), to: moment(15) },
      { name: 'nights', days: ['tue' as const], from: '22:00', timeZone: 'Etc/UTC' },
    ];
    const windows = [
      { name: 'this minute', from: moment(6), to: moment(20) },
      { name: 'mondays', days: ['mon' as const], from: '09:00', to: '17:00', timeZone: 'Europe/Berlin' },
    ];
    const today = {
      freeze: [{ name: 'audit', from: moment(15), to: moment(18) }],
      windows: [{ name: 'afternoons', days: ['tue' as const], from: '17:00', to: '19:30', timeZone: 'Asia/Kolkata' }],
    };
    const held = { ...submit.fact, applyAfter: instant(second + 5), rule: { ...rule, freeze, windows } } as Fact;
    return [
      { ...submit, fact: held },
      ...applying.slice(1, -1),
      fact(WORKFLOW, 6, { type: 'APPLY_INTENT', binding, approvers, fence: n, attempt: 'request', today }),
      fact(WORKFLOW, 8, {
        type: 'APPLIED',
        before: sha256(before),
        after: binding.after,
        live,
        put: true,
        putAt: instant(second + 7),
      }),
      close,
    ];
  };
  /** A freeze of the day begins between the intent and the put; it is put after it. */
  const takenBack = (): Happening[] => {
    const today = { freeze: [], windows: [] };
    const audit = { name: 'audit', from: instant(second + 7), to: instant(second + 10) };
    const freeze = [audit].map(({ from, to, ...one }) => ({
      ...one,
      from: from.replace('.000Z', 'Z'),
      to: to.replace('.000Z', 'Z'),
    }));
    const began = (at: number, attempt: string) =>
      fact(WORKFLOW, at, { type: 'APPLY_INTENT', binding, approvers, fence: n, attempt, today });
    return [
      ...approved,
      began(6, 'first'),
      fact(WORKFLOW, 7, {
        type: 'APPLY_HELD',
        by: 'the freeze audit',
        fence: n,
        attempt: 'first',
        today: { freeze, windows: [] },
      }),
      fact(WORKFLOW, 8, { type: 'HELD_TOLD', by: 'the freeze audit', until: audit.to, ...told('ana@example.com') }),
      began(11, 'second'),
      fact(WORKFLOW, 13, {
        type: 'APPLIED',
        before: sha256(before),
        after: binding.after,
        live,
        put: true,
        putAt: instant(second + 12),
      }),
      close,
    ];
  };
  switch (story) {
    case 'takenBack':
      return takenBack();
    case 'applied':
      return ended({ type: 'APPLIED', before: sha256(before), after: binding.after, live: binding.after, put: true });
    case 'stale':
      return ended({ type: 'STALE', live, detail: 'It moved.' });
    case 'failed':
      return ended({ type: 'FAILED', error: 'AccessDeniedException', detail: 'No.' });
    case 'uncertain':
      return ended({ type: 'UNCERTAIN', detail: 'Look.', live });
    // It takes longer than it should, and somebody asks.
    case 'applying':
      return [...applying, fact('kim@example.com', 70, { type: 'COMMENTED', comment: 'Still?', channel: 'api' })];
    // Approved, and held for good by a freeze that came after the submit.
    case 'held':
      return [
        ...approved,
        fact(WORKFLOW, 6, { type: 'HELD_TOLD', by: 'the freeze year end', ...told('ana@example.com') }),
        fact(WORKFLOW, 60, { type: 'EXPIRED' }),
        close,
      ];
    case 'rejected':
      return [
        submit,
        ask,
        approve('lee@example.com', 2),
        fact('sam@example.com', 4, { type: 'REJECTED', binding, comment: 'No.', channel: 'api' }),
        close,
        { ...refused },
      ];
    case 'expired':
      return [
        submit,
        fact(WORKFLOW, 20, { type: 'REMINDED', ...told('sam@example.com') }),
        fact(WORKFLOW, 50, { type: 'EXPIRED' }),
        close,
        ask,
        fact(WORKFLOW, 95, {
          type: 'BOUNCED',
          to: 'lee@example.com',
          bounceType: 'Permanent',
          detail: 'no such mailbox',
        }),
        fact(WORKFLOW, 96, { type: 'COMPLAINED', to: 'lee@example.com', detail: 'abuse' }),
      ];
    case 'cancelled':
      return [submit, ask, fact('ada@example.com', 4, { type: 'CANCELLED', comment: '' }), close];
    case 'pending':
      return [submit, ask, approve('kim@example.com', 4)];
    // A wish for changes, of a version that took it without words, taken back when the others were enough; then the approval that it took is withdrawn, and changes nothing.
    case 'lifted':
      return [
        submit,
        ask,
        approve('sam@example.com', 2),
        approve('kim@example.com', 3),
        fact('lee@example.com', 4, { type: 'CHANGES_REQUESTED', binding, comment: '', channel: 'link' }),
        approve('lee@example.com', 5),
        fact('lee@example.com', 5, { type: 'APPROVAL_WITHDRAWN', comment: '', channel: 'api' }),
        intent,
        fact(WORKFLOW, 8, { type: 'UNCERTAIN', live, detail: 'Somebody wrote.' }),
        close,
      ];
    case 'staged':
      return staged();
    case 'lapsed':
      return lapsed();
    case 'versioned':
      return versioned();
    case 'temporary':
      return [
        ...lasting(),
        fact(WORKFLOW, 93, { type: 'REVERTED', before: binding.after, after: sha256(before), live, put: true }),
        fact(WORKFLOW, 95, { type: 'CLOSED', ...told('ana@example.com') }),
      ];
    case 'overtaken':
      return [
        ...lasting(),
        fact(WORKFLOW, 93, { type: 'STALE', live, detail: 'Somebody wrote.' }),
        fact(WORKFLOW, 95, { type: 'CLOSED', ...told('ana@example.com') }),
      ];
    case 'unproven':
      return [
        ...lasting().slice(0, -1),
        fact(WORKFLOW, 92, { type: 'FAILED', error: 'StateAltered', detail: 'No.' }),
        fact(WORKFLOW, 95, { type: 'CLOSED', ...told('ana@example.com') }),
      ];
    case 'waiting':
      return [
        submit,
        ask,
        approve('kim@example.com', 4),
        fact(WORKFLOW, 5, { type: 'STALE', live, detail: 'It moved.', by: 'chg_1' }),
        close,
      ];
    case 'windowed':
      return windowed();
    case 'outside': {
      const { key } = submit.fact as Fact & { type: 'SUBMITTED' };
      const arn = `${KEY}-${n}`;
      const theirs = { ...key, arn };
      const trace = {
        caller: 'arn:aws:sts::111122223333:assumed-role/Ops/kim@example.com',
        writtenAt: instant(second),
        eventId: `e${n}`,
      };
      const about = (id: string, person: string, at: number, event: Event, ...documents: string[]): Happening => ({
        fact: { ...event, change: id, keyArn: arn, person, at: instant(second + at) },
        ...(documents.length === 0 ? {} : { documents }),
      });
      const write = {
        type: 'FOREIGN_WRITE',
        key: theirs,
        before: sha256(before),
        after: sha256(after),
        canonical: sha256(`after ${n}`),
        foundBy: 'comparison',
        stands: true,
        risk: 'high',
        rule: 'default',
        approvers,
      } as const;
      const undo = { ...submit.fact, keyArn: arn, key: theirs, undoes: `out_${n}b` } as Fact;
      return [
        about(
          `out_${n}`,
          WORKFLOW,
          1,
          { type: 'BASELINED', after: sha256(before), canonical: sha256(`base ${n}`) },
          before,
        ),
        about(`out_${n}a`, WORKFLOW, 2, write, before, after),
        about(`out_${n}a`, WORKFLOW, 3, { type: 'FOREIGN_TRACED', trace }),
        about(`out_${n}a`, 'sam@example.com', 4, {
          type: 'FOREIGN_ADOPTED',
          comment: 'It was asked for by phone.',
          channel: 'link',
        }),
        about(`out_${n}a`, WORKFLOW, 5, { type: 'FOREIGN_TOLD', ...told('kim@example.com') }),
        about(`out_${n}b`, WORKFLOW, 6, { ...write, foundBy: 'event', trace, byApplier: true }, before, after),
        { ...submit, fact: undo },
      ];
    }
    case 'emergency': {
      const breakGlass = { reviewers: ['lee@example.com', 'rae@example.com'], remindEvery: 60 };
      const [, ...rest] = ended({
        type: 'APPLIED',
        before: sha256(before),
        after: binding.after,
        live: binding.after,
        put: true,
      });
      const review = { type: 'REVIEWED', verdict: 'accept', comment: 'It had to be.' } as const;
      const reviewed = [
        fact(WORKFLOW, 91, { type: 'REVIEW_ASKED', ...told('rae@example.com') }),
        fact('rae@example.com', 95, review),
      ];
      return [
        { ...submit, fact: { ...submit.fact, rule: { ...rule, breakGlass } } as Fact },
        ...rest.slice(0, -1),
        ...(n % 2 === 0 ? [...reviewed, close] : [close, ...reviewed]),
      ];
    }
  }
}

/** Chains what happened, in this order. */
export function chained(all: readonly Happening[]): LoggedEntry[] {
  let head: Head = genesis();
  return all.map(({ fact, documents }) => {
    const entry = chain(head, fact);
    head = entry;
    return { kind: 'entry', ...entry, ...(documents === undefined ? {} : { documents }) };
  });
}

/** Puts the checkpoints of these places, and the header and the head, around entries. */
export function exported(entries: readonly LoggedEntry[], at: readonly number[], by: Notary): LogRecord[] {
  const checkpoint = ({ seq, hash }: Head): LogRecord => ({
    kind: 'checkpoint',
    ...by.sign(checkpointNote({ log: 'main', seq, hash, time: instant(seq) })),
  });
  const last = entries.at(-1) ?? genesis();
  return [
    HEADER,
    ...(at.includes(0) ? [checkpoint(genesis())] : []),
    ...entries.flatMap((entry): LogRecord[] => (at.includes(entry.seq) ? [entry, checkpoint(entry)] : [entry])),
    { kind: 'head', seq: last.seq, hash: last.hash },
  ];
}

/** Every story once, their facts one after the other. */
export const everyStory = (): LoggedEntry[] => chained(STORIES.flatMap((story, i) => happenings(i + 1, story)));
