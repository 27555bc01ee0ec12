import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, chain, entryHash, genesis, readBody } from '../../lib/audit/chain.ts';
import { checkpointNote, readNote, signedBy } from '../../lib/audit/checkpoint.ts';
import {
  type LoggedEntry,
  type LogRecord,
  type Trust,
  type Verdict,
  Verification,
  verifyLog,
} from '../../lib/audit/verify.ts';
import type { Fact } from '../../lib/change/facts.ts';
import { chained, everyStory, exported, HEADER, happenings, instant, notary, STORIES } from './honest.ts';
import { deepMembers, mutated, rechained, SIGNED_AT } from './tamper.ts';

const ours = notary();
const thief = notary();
const honest = everyStory();
const records = exported(honest, SIGNED_AT(honest), ours);

function verdict(all: readonly unknown[], trust: Partial<Trust> = {}): Verdict {
  const verification = new Verification({ isSigned: ours.isSigned, ...trust });
  for (const record of all) if (!verification.take(record)) break;
  return verification.verdict();
}

/** The place up to which somebody had vouched before this entry. */
const vouchedBefore = (seq: number) => Math.max(...SIGNED_AT(honest).filter((at) => at < seq));
/** The fact of an entry, without its place. */
const factOf = (seq: number): Fact => {
  const { log: _, prev: __, seq: ___, ...fact } = readBody((honest[seq - 1] as LoggedEntry).body);
  return fact as Fact;
};
const pinOf = (seq: number) => {
  const { hash } = honest[seq - 1] ?? genesis();
  return { log: 'main', seq, hash, time: instant(seq) };
};

describe('an honest log', () => {
  it('is clean, with what is not over told', () => {
    expect(verdict(records)).toEqual({
      verdict: 'clean',
      entries: honest.length,
      checkpoints: SIGNED_AT(honest).length,
      protectedTo: honest.length,
      dangling: ['chg_9'],
    });
  });

  it('is clean as every prefix that the notary signed, and with every pin of it', () => {
    for (let to = 0; to <= honest.length; to++) {
      const prefix = exported(honest.slice(0, to), [0, to], ours);
      expect(verdict(prefix, { pin: pinOf(Math.floor(to / 2)) })).toMatchObject({ verdict: 'clean', protectedTo: to });
    }
  });

  it('is clean in every interleaving of its changes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...STORIES), { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat(1000)),
        (stories, picks) => {
          const queues = stories.map((story, i) => happenings(i + 1, story));
          const mixed = [];
          for (const pick of picks) {
            const waiting = queues.filter((queue) => queue.length > 0);
            const next = waiting[pick % Math.max(waiting.length, 1)]?.shift();
            if (next === undefined) break;
            mixed.push(next);
          }
          expect(verdict(exported(chained(mixed), [0, mixed.length], ours))).toMatchObject({
            verdict: 'clean',
            entries: mixed.length,
          });
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('each entry', () => {
  const places = honest.map(({ seq }) => seq);
  const withEntries = (entries: LoggedEntry[]) => exported(entries, SIGNED_AT(honest), ours);
  /** Entries altered, the checkpoints and the head those of the honest log. */
  const beside = (alter: (all: LogRecord[], at: number) => void, seq: number) => {
    const all = [...records];
    alter(
      all,
      all.findIndex((record) => record.kind === 'entry' && record.seq === seq),
    );
    return all;
  };

  it.each(['seq', 'hash', 'body'] as const)('with another %s is the first bad one', (field) => {
    for (const seq of places) {
      const altered = beside((all, at) => {
        const entry = all[at] as LoggedEntry;
        all[at] = { ...entry, [field]: mutated(entry[field]) };
      }, seq);
      expect(verdict(altered)).toMatchObject({ verdict: 'tampered', firstBad: seq });
    }
  });

  it('with any member of its text altered is the first bad one, with and without its own hash made right', () => {
    let cases = 0;
    for (const seq of places) {
      const entry = honest[seq - 1] as LoggedEntry;
      for (const altered of deepMembers(JSON.parse(entry.body))) {
        const body = canonicalJson(altered);
        for (const hash of [entry.hash, entryHash(body)]) {
          const all = beside((list, at) => list.splice(at, 1, { ...entry, body, hash }), seq);
          const { verdict: found, ...rest } = verdict(all);
          expect(found).toBe('tampered');
          // With its own hash made right the entry may hang together: then the next one, or a signature, tells.
          const { firstBad } = rest as { firstBad: number };
          if (hash === entry.hash) expect(firstBad).toBe(seq);
          expect(firstBad).toBeGreaterThan(vouchedBefore(seq));
          expect(firstBad).toBeLessThanOrEqual(seq + 1);
          cases++;
        }
      }
    }
    expect(cases).toBeGreaterThan(2_000);
  }, 400_000);

  it('with any member altered and everything after it chained again is caught by the next checkpoint', () => {
    for (const seq of places) {
      const next = Math.min(...SIGNED_AT(honest).filter((at) => at >= seq));
      for (const altered of deepMembers(factOf(seq))) {
        const forged = withEntries(rechained(honest, seq, altered as object)).map((record, i) =>
          record.kind === 'checkpoint' ? (records[i] as LogRecord) : record,
        );
        const found = verdict(forged);
        expect(found).toMatchObject({ verdict: 'tampered' });
        // The first that is not vouched for, unless what was altered made a later one impossible before that.
        expect((found as { firstBad: number }).firstBad).toBeGreaterThan(vouchedBefore(seq));
        expect((found as { firstBad: number }).firstBad).toBeLessThanOrEqual(next);
      }
    }
  }, 400_000);

  it('signed again with another key is caught, and with the stolen key by whoever kept a checkpoint', () => {
    for (const seq of places) {
      const altered = { ...JSON.parse((honest[seq - 1] as LoggedEntry).body), person: 'mallory@example.com' };
      const entries = rechained(honest, seq, altered);
      expect(verdict(exported(entries, SIGNED_AT(honest), thief))).toMatchObject({ verdict: 'tampered' });
      const signedAgain = exported(entries, SIGNED_AT(honest), ours);
      expect(verdict(signedAgain, { pin: pinOf(seq) })).toMatchObject({ verdict: 'tampered' });
    }
  });

  it('deleted, swapped, doubled, inserted or spelled another way is the first bad one', () => {
    for (const seq of places) {
      const gone = beside((all, at) => all.splice(at, 1), seq);
      expect(verdict(gone)).toMatchObject({ verdict: 'tampered', firstBad: seq });
      const doubled = beside((all, at) => all.splice(at, 0, all[at] as LogRecord), seq);
      expect(verdict(doubled)).toMatchObject({ verdict: 'tampered', firstBad: seq + 1 });
      const spelled = beside((all, at) => {
        const entry = all[at] as LoggedEntry;
        const body = JSON.stringify(JSON.parse(entry.body), null, 1);
        all[at] = { ...entry, body, hash: entryHash(body) };
      }, seq);
      expect(verdict(spelled)).toMatchObject({ verdict: 'tampered', firstBad: seq });
      const inserted = beside((all, at) => {
        const before = honest[seq - 2] ?? genesis();
        all.splice(at, 0, {
          kind: 'entry',
          ...chain(before, { ...factOf(1), type: 'REFUSED', attempt: 'x', code: 'y' } as Fact),
        });
      }, seq);
      expect(verdict(inserted)).toMatchObject({ verdict: 'tampered' });
      if (seq === honest.length) continue;
      const swapped = beside((all, at) => {
        const other = all.findIndex((record) => record.kind === 'entry' && record.seq === seq + 1);
        [all[at], all[other]] = [all[other] as LogRecord, all[at] as LogRecord];
      }, seq);
      expect(verdict(swapped)).toMatchObject({ verdict: 'tampered', firstBad: seq });
    }
  });

  it('is missed when the log is cut before it and its head written back, for every cut below a checkpoint', () => {
    for (const seq of places) {
      const cut = exported(honest.slice(0, seq - 1), SIGNED_AT(honest), ours);
      const signatures = records
        .filter((record) => record.kind === 'checkpoint')
        .slice(cut.filter((r) => r.kind === 'checkpoint').length);
      const kept: unknown[] = [...cut.slice(0, -1), ...signatures, cut.at(-1)];
      expect(verdict(kept)).toMatchObject({ verdict: 'tampered', firstBad: seq });
      // Its newer checkpoints cut off as well: only who kept one can tell, or the copies outside.
      expect(verdict(cut)).toMatchObject({ verdict: 'clean' });
      expect(verdict(cut, { pin: pinOf(seq) })).toMatchObject({ verdict: 'tampered', firstBad: seq });
    }
  });

  it('lacks a document, or has another one or one too many, and is the first bad one', () => {
    for (const { seq, documents } of honest) {
      const more = beside(
        (all, at) => all.splice(at, 1, { ...(all[at] as LoggedEntry), documents: [...(documents ?? []), '{}'] }),
        seq,
      );
      expect(verdict(more)).toMatchObject({ verdict: 'tampered', firstBad: seq });
      for (const i of documents?.keys() ?? []) {
        const withDocuments = (list: string[]) =>
          beside((all, at) => all.splice(at, 1, { ...(all[at] as LoggedEntry), documents: list }), seq);
        const gone = withDocuments(documents?.toSpliced(i, 1) ?? []);
        const other = withDocuments(documents?.with(i, '{}') ?? []);
        for (const all of [gone, other]) expect(verdict(all)).toMatchObject({ verdict: 'tampered', firstBad: seq });
      }
    }
  });
});

describe('checkpoints', () => {
  const altered = (alter: (note: string, signature: string) => object, nth = 1) => {
    let seen = -1;
    return records.map((record) => {
      if (record.kind !== 'checkpoint' || ++seen !== nth) return record;
      return { ...record, ...alter(record.note, record.signature) };
    });
  };

  it.each<[string, Parameters<typeof altered>[0]]>([
    ['with another signature', (_, signature) => ({ signature: mutated(signature) })],
    ['without a signature', () => ({ signature: '' })],
    ['signed by another key', (note) => thief.sign(note)],
    ['with another note', (note) => ({ note: note.replace('\nmain\n', '\nother\n') })],
    ['that is no note', () => ours.sign('countersign-audit/v1\n')],
    ['of another log', (note) => ours.sign(note.replace('\nmain\n', '\nother\n'))],
    ['with another hash, signed', (note) => ours.sign(note.replace(/[0-9a-f]{64}/, entryHash))],
    ['of another place, signed', (note) => ours.sign(note.replace(/main\n\d+/, 'main\n1'))],
    ['of a later place, signed', (note) => ours.sign(note.replace(/main\n\d+/, 'main\n999'))],
  ])('%s are told', (_, alter) => {
    expect(verdict(altered(alter))).toMatchObject({ verdict: 'tampered' });
    expect(verdict(altered(alter, 0))).toMatchObject({ verdict: 'tampered' });
  });

  it('that go back, in place or in time, are told', () => {
    const again = records.flatMap((record): LogRecord[] =>
      record.kind === 'checkpoint' ? [record, record] : [record],
    );
    expect(verdict(again)).toMatchObject({ verdict: 'tampered' });
    const earlier = altered((note) => ours.sign(note.replace(/2026-11-24T.*Z/, '2020-01-01T00:00:00.000Z')), 2);
    expect(verdict(earlier)).toMatchObject({ verdict: 'tampered' });
  });

  it('are read in one spelling only', () => {
    const checkpoint = { log: 'main', seq: 7, hash: 'a'.repeat(64), time: instant(0) };
    const note = checkpointNote(checkpoint);
    expect(note).toBe(`countersign-audit/v1\nmain\n7\n${'a'.repeat(64)}\n2026-11-24T12:00:00.000Z\n`);
    expect(readNote(note)).toEqual(checkpoint);
    for (const other of [
      note.trimEnd(),
      `${note}\n`,
      note.replace('\n7\n', '\n07\n'),
      note.replaceAll('\n', '\r\n'),
      ` ${note}`,
    ]) {
      expect(readNote(other)).toBeUndefined();
    }
  });

  it('need a key on P-256', () => {
    expect(() => signedBy('nothing')).toThrow();
    expect(signedBy(ours.pem.replace(/-----.*-----|\n/g, ''))(ours.sign('x'))).toBe(true);
    expect(signedBy(ours.pem)({ ...ours.sign('x'), signature: ` ${ours.sign('x').signature}` })).toBe(false);
  });
});

describe('what cannot be read', () => {
  it.each<[string, unknown[]]>([
    ['nothing at all', []],
    ['only a header', [HEADER]],
    ['no header', records.slice(1)],
    ['two headers', [HEADER, ...records]],
    ['no head', records.slice(0, -1)],
    ['something after the head', [...records, records[1]]],
    ['a line that is no JSON', [...records.slice(0, 5), undefined, ...records.slice(5)]],
    ['a record of another kind', [...records.slice(0, 5), { kind: 'x' }, ...records.slice(5)]],
    [
      'a member that no entry has',
      records.map((one) => (one.kind === 'entry' && one.seq === 3 ? { ...one, x: '' } : one)),
    ],
    ['a member that no checkpoint has', records.map((one) => (one.kind === 'checkpoint' ? { ...one, seq: 1 } : one))],
    ['a member that no head has', records.map((one) => (one.kind === 'head' ? { ...one, x: [] } : one))],
    ['another format', [{ ...HEADER, format: 'x' }, ...records.slice(1)]],
    ['another log', [{ ...HEADER, log: 'x' }, ...records.slice(1)]],
    ['no checkpoint', records.filter(({ kind }) => kind !== 'checkpoint')],
    ['a filter', [{ ...HEADER, whole: false }, ...records.slice(1)]],
  ])('is never clean: %s', (_, all) => {
    expect(verdict(all)).toMatchObject({ verdict: 'incomplete' });
  });

  it('is never clean: a source that fails, at any place', async () => {
    for (let at = 0; at <= records.length; at++) {
      async function* failing() {
        yield* records.slice(0, at);
        throw new Error('throttled');
      }
      expect(await verifyLog(failing(), ours)).toMatchObject({ verdict: 'incomplete', why: 'throttled' });
    }
  });

  it('is never clean: a fact of a later version, though tampering beside it is still told', () => {
    const later = chain(honest.at(-1) ?? genesis(), { ...factOf(2), type: 'NOTARISED' } as unknown as Fact);
    const entries: LoggedEntry[] = [...honest, { kind: 'entry', ...later }];
    expect(verdict(exported(entries, [0, later.seq], ours))).toMatchObject({ verdict: 'incomplete' });
    const cut = exported(entries, [0, later.seq], ours).filter((record) => record.kind !== 'head');
    expect(verdict([...cut, { kind: 'head', seq: later.seq, hash: 'x' }])).toMatchObject({ verdict: 'tampered' });
  });

  it('but a filtered export still tells an entry whose hash is not its own', () => {
    const some = [{ ...HEADER, whole: false }, honest[4], { ...honest[9], body: (honest[8] as LoggedEntry).body }];
    expect(verdict(some)).toMatchObject({ verdict: 'tampered', firstBad: 10 });
  });
});

describe('the limits', () => {
  it('nothing after the newest checkpoint is protected, and the verdict says how far it reaches', () => {
    const last = honest.length;
    const altered = { ...JSON.parse((honest[last - 1] as LoggedEntry).body), fence: 99 };
    const forged = exported(rechained(honest, last, altered), [0, last - 1], ours);
    expect(verdict(forged)).toMatchObject({ verdict: 'clean', protectedTo: last - 1 });
  });
});

it('tells ten thousand random tamperings', () => {
  const kinds = ['member', 'byte', 'delete', 'swap', 'double', 'move', 'hash', 'note', 'rechain'] as const;
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.nat(), fc.nat(), (kind, a, b) => {
      const all = [...records];
      const entries = all.flatMap((record, i) => (record.kind === 'entry' ? [i] : []));
      const at = entries[a % entries.length] ?? 0;
      const other = entries[b % entries.length] ?? 0;
      const entry = all[at] as LoggedEntry;
      if (kind === 'member' || kind === 'rechain') {
        const members = deepMembers(factOf(entry.seq));
        const altered = members[b % members.length];
        if (kind === 'member') all[at] = { ...entry, body: canonicalJson(altered) };
        else {
          const forged = rechained(honest, entry.seq, altered as object);
          for (const [i, place] of entries.entries()) all[place] = forged[i] as LogRecord;
        }
      } else if (kind === 'byte') {
        const place = b % entry.body.length;
        const byte = String.fromCharCode((entry.body.charCodeAt(place) ^ (1 << (b % 7))) & 0xffff);
        all[at] = { ...entry, body: entry.body.slice(0, place) + byte + entry.body.slice(place + 1) };
      } else if (kind === 'delete') all.splice(at, 1);
      else if (kind === 'double') all.splice(other, 0, entry);
      else if (kind === 'hash') all[at] = { ...entry, hash: mutated(entry.hash) as string };
      else if (kind === 'note') {
        const notes = all.flatMap((record, i) => (record.kind === 'checkpoint' ? [i] : []));
        const place = notes[a % notes.length] ?? 0;
        const record = all[place] as LogRecord & { kind: 'checkpoint' };
        all[place] = {
          ...record,
          note: record.note.replace(/\n(\d+)\n/, (_, seq) => `\n${Number(seq) + 1 + (b % 9)}\n`),
        };
      } else {
        fc.pre(at !== other);
        if (kind === 'swap') [all[at], all[other]] = [all[other] as LogRecord, entry];
        else all.splice(other, 0, ...all.splice(at, 1));
      }
      expect(verdict(all).verdict).toBe('tampered');
    }),
    { numRuns: 10_000 },
  );
}, 120_000);
