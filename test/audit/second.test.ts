import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkpointText, readCheckpointText } from '../../lib/audit/archive.ts';
import { canonicalJson, chain, entryHash, genesis, readBody } from '../../lib/audit/chain.ts';
import { checkpointNote, readNote } from '../../lib/audit/checkpoint.ts';
import { type LoggedEntry, type LogRecord, Verification } from '../../lib/audit/verify.ts';
import type { Fact } from '../../lib/change/facts.ts';
import { chained, everyStory, exported, HEADER, happenings, instant, notary, STORIES } from './honest.ts';
import { deepMembers, mutated, rechained, SIGNED_AT } from './tamper.ts';

interface Case {
  name: string;
  lines: string[];
  pin?: string;
  outside?: OutsideFile;
}

/** What `countersign outside` wrote, and seconds after which an entry must be covered by it. */
interface OutsideFile {
  text: string;
  maxAge: number;
}

const ours = notary();
const thief = notary();
/** The stories with all that approvals and puts are judged by; their number makes the cases. */
const honest = chained([
  ...happenings(1, 'applied'),
  ...happenings(2, 'rejected'),
  ...happenings(3, 'expired'),
  ...happenings(4, 'applying'),
]);
const records = exported(honest, SIGNED_AT(honest), ours);
const text = (all: readonly unknown[]) => all.map((record) => JSON.stringify(record));
const factOf = ({ body }: LoggedEntry): Fact => {
  const { log: _, prev: __, seq: ___, ...fact } = readBody(body);
  return fact as Fact;
};
const note = (seq: number, hash = honest[seq - 1]?.hash ?? genesis().hash) =>
  checkpointNote({ log: 'main', seq, hash, time: instant(seq) });

/** Spellings that a lenient reader lets pass. */
const SPELLINGS: [string, (body: string) => string][] = [
  ['a blank', (body) => body.replace(':', ': ')],
  ['a fraction', (body) => body.replace(/"seq":(\d+)/, '"seq":$1.0')],
  ['an exponent', (body) => body.replace(/"seq":(\d+)/, '"seq":$1e0')],
  ['a sign', (body) => body.replace(/"seq":(\d+)/, '"seq":-0')],
  ['a huge number', (body) => body.replace(/"seq":(\d+)/, '"seq":1e400')],
  ['NaN', (body) => body.replace(/"seq":(\d+)/, '"seq":NaN')],
  ['an escape', (body) => body.replace('example', '\\u0065xample')],
  ['a lone surrogate', (body) => body.replace('example', '\\ud800')],
  ['a name twice', (body) => body.replace('{', '{"type":"x",')],
  ['a name out of order', (body) => body.replace('{', '{"zz":1,')],
  ['a name like a number', (body) => body.replace('{', '{"10":1,"9":1,')],
  ['a prototype', (body) => body.replace('{', '{"__proto__":{},')],
  [
    'numbers as ECMAScript prints them',
    (body) => body.replace('{', '{"A":[0.1,1e-7,0.000001,123456789012345680000,1e21,1.5e300],'),
  ],
  ['text that JSON prints as it is', (body) => body.replace('{', '{"A":"\u2028\u007f\u00e9\ud83d\ude00\\u0001\\b",')],
];

/** Puts at other moments than the honest one, with other windows and freezes, on clocks that there are and are not. */
function* putsAt(): Generator<[string, LoggedEntry[]]> {
  const story = happenings(1, 'windowed');
  const where = (type: Fact['type']) => story.findIndex(({ fact }) => fact.type === type);
  const alter = (type: Fact['type'], change: (fact: Fact) => object): LoggedEntry[] =>
    chained(story.map((one) => (one.fact.type === type ? { ...one, fact: change(one.fact) as Fact } : one)));
  for (let at = 0; at < 65; at++) {
    yield [`about to be put at ${at}`, alter('APPLY_INTENT', (fact) => ({ ...fact, at: instant(100 + at) }))];
    yield [`put at ${at}`, alter('APPLIED', (fact) => ({ ...fact, putAt: instant(100 + at) }))];
  }
  const submitted = story[where('SUBMITTED')]?.fact as Fact & { type: 'SUBMITTED' };
  const frozen = (...freeze: object[]) =>
    alter('SUBMITTED', () => ({ ...submitted, rule: { ...submitted.rule, freeze } }));
  const once = (from: string, to: string) => frozen({ name: 'once', from, to });
  for (const from of MOMENTS) yield [`a freeze from ${from}`, once(from, '2027-01-01T00:00Z')];
  for (const to of MOMENTS) yield [`a freeze to ${to}`, once('2026-01-01T00:00Z', to)];
  for (const timeZone of ZONES) {
    for (const [from, to] of [
      ['00:00', '12:01'],
      ['12:01', '23:59'],
      ['17:31', '17:32'],
      ['13:01', '13:02'],
      ['24:00', '1:00'],
    ]) {
      yield [
        `a freeze from ${from} to ${to} of ${timeZone}`,
        frozen({ name: 'weekly', days: ['tue'], from, to, timeZone }),
      ];
    }
    yield [`a freeze on tuesdays of ${timeZone}`, frozen({ name: 'weekly', days: ['tue'], timeZone })];
    yield [`a freeze on wednesdays of ${timeZone}`, frozen({ name: 'weekly', days: ['wed'], timeZone })];
  }
  yield ['a freeze on a day that there is not', frozen({ name: 'weekly', days: ['noon'], timeZone: 'Etc/UTC' })];
  for (const today of [{}, null, { freeze: [] }, { freeze: [], windows: [] }, { freeze: [{}], windows: [] }]) {
    yield [`today ${JSON.stringify(today)}`, alter('APPLY_INTENT', (fact) => ({ ...fact, today }))];
  }
  const emergency = { reviewers: ['rae@example.com'], remindEvery: 60 };
  yield [
    'an emergency in a freeze',
    alter('SUBMITTED', () => ({
      ...submitted,
      rule: { ...submitted.rule, breakGlass: emergency, windows: [{ name: 'x', from: MOMENTS[0], to: MOMENTS[0] }] },
    })),
  ];
}

/** Copies outside: of the beginning, the middle and the end, forged and none, read at once and long after. */
function* outsides(): Generator<OutsideFile> {
  const forged = { ...ours.sign(note(7)), signature: ours.sign(note(8)).signature };
  const copies = [0, 7, 20, honest.length, honest.length + 3].map((seq) => checkpointText(ours.sign(note(seq))));
  const others = [
    checkpointText(thief.sign(note(7))),
    checkpointText(forged),
    checkpointText(ours.sign(note(7, 'f'.repeat(64)))),
  ];
  for (const copy of [...copies, ...others, 'No checkpoint lies there.\n']) {
    for (const second of [0, 105, 300, 400, 500]) {
      for (const maxAge of [1, 60]) yield { text: `${copy}Read: ${instant(second)}\n`, maxAge };
    }
  }
}

/** Approvals that are said to have lapsed, and did or did not. */
function* lapses(): Generator<[string, LoggedEntry[]]> {
  const story = happenings(1, 'lapsed');
  const at = story.findIndex(({ fact }) => fact.type === 'APPROVALS_LAPSED');
  const [told] = story.slice(at, at + 1).map(({ fact }) => fact as Fact & { type: 'APPROVALS_LAPSED' });
  const [olu, dee, max] = ['olu@example.com', 'dee@example.com', 'max@example.com'];
  const withdrawn = { type: 'APPROVAL_WITHDRAWN', comment: '', channel: 'api', person: dee, at: instant(108) };
  for (const people of [[], [dee], [olu], [max], [dee, max], [dee, olu], [dee, max, olu], [dee, dee], [olu, dee]]) {
    for (const left of [
      { stages: [], escalation: [], delegates: {} },
      { stages: [['ivy@example.com'], []], escalation: [], delegates: {} },
      { stages: [[olu]], escalation: [], delegates: {} },
      { stages: [[], ['kim@example.com'], [olu]], escalation: [max], delegates: {} },
      { stages: [[], []], escalation: [], delegates: { 'kim@example.com': [dee, olu] } },
    ]) {
      const lapsed = { ...told, people, left } as Fact;
      const name = `${people.join(' ')} lapsed without ${JSON.stringify(left)}`;
      yield [name, chained(story.with(at, { fact: lapsed }))];
      const after = { fact: { ...lapsed, ...withdrawn } as unknown as Fact };
      yield [`${name}, and withdrawn`, chained([...story.slice(0, at), { fact: lapsed }, after])];
    }
  }
}

const MOMENTS = [
  '2026-11-24T12:01Z',
  '2026-11-24T12:01:46Z',
  '2026-11-24T12:01:47Z',
  '2026-11-24T12:01:48Z',
  '2026-11-24T13:01:47+01:00',
  '2026-11-24T13:01:48+01:00',
  '2026-11-23T12:01:48-23:59',
  '2026-11-24T12:01:47.000Z',
  '2026-11-24T12:01:47',
  '2026-11-31T00:00Z',
  '2026-11-32T00:00Z',
  '2026-02-31T24:00Z',
  '2026-02-31T24:01Z',
  '2026-13-01T00:00Z',
  '2026-11-24T12:60Z',
  '2026-11-24T00:00+24:00',
  '9999-12-31T23:59:59Z',
  '0000-01-01T00:00Z',
  'tomorrow',
];
const ZONES = [
  'Etc/UTC',
  'UTC',
  'Asia/Kolkata',
  'Europe/Berlin',
  'europe/berlin',
  '+01:00',
  '-0530',
  '+24:00',
  'Mars/Olympus',
  '',
];

function cases(): Case[] {
  const all: Case[] = [{ name: 'honest', lines: text(records) }];
  const everything = everyStory();
  const [beginning] = exported([], [0], ours).filter(({ kind }) => kind === 'checkpoint');
  const unsigned = (entries: readonly LoggedEntry[]) =>
    exported(entries, [], ours).toSpliced(1, 0, beginning as LogRecord);
  const add = (name: string, list: readonly unknown[], pin?: string) =>
    all.push({ name, lines: text(list), ...(pin === undefined ? {} : { pin }) });
  for (const [i, record] of records.entries()) {
    add(`without record ${i}`, records.toSpliced(i, 1));
    add(`record ${i} twice`, records.toSpliced(i, 0, record));
    add(`record ${i} after the next`, records.toSpliced(i, 2, ...records.slice(i, i + 2).reverse()));
    add(`the first ${i}`, records.slice(0, i));
    for (const name of Object.keys(record)) {
      const value = (record as unknown as Record<string, unknown>)[name];
      for (const other of [mutated(value), null, undefined, [], 1.5]) {
        add(
          `${name} of record ${i}: ${JSON.stringify(other)}`,
          records.with(i, { ...record, [name]: other } as LogRecord),
        );
      }
    }
    if (record.kind !== 'entry') continue;
    const { documents = [] } = record;
    for (const other of [[...documents, '{}'], documents.toReversed(), documents.slice(1), {}, 'x']) {
      add(
        `documents of ${record.seq}: ${JSON.stringify(other)}`,
        records.with(i, { ...record, documents: other } as never),
      );
    }
    const opening = { salt: '00'.repeat(32), value: 'x' };
    for (const openings of [[], {}, null, 'x', [opening], { [`per_${'0'.repeat(64)}`]: opening }]) {
      add(`openings of ${record.seq}: ${JSON.stringify(openings)}`, records.with(i, { ...record, openings } as never));
    }
    const beside = (body: string) => records.with(i, { ...record, body, hash: entryHash(body) });
    for (const [j, altered] of deepMembers(readBody(record.body)).entries()) {
      add(`member ${j} of entry ${record.seq}`, beside(canonicalJson(altered)));
    }
    for (const [name, spell] of SPELLINGS) {
      add(`${name} in entry ${record.seq}`, beside(spell(record.body)));
      if (record.seq % 5 === 0) continue;
      const again = beside(spell(record.body)).filter(({ kind }) => kind !== 'checkpoint');
      add(`${name} in entry ${record.seq}, nobody signs`, again);
    }
    for (const [j, altered] of deepMembers(factOf(record)).entries()) {
      if (j % 3 !== record.seq % 3) continue;
      const forged = rechained(honest, record.seq, altered as object);
      const signedBefore = exported(forged, [], ours).flatMap((one): LogRecord[] => {
        const signed = records.find(
          (r) => r.kind === 'checkpoint' && one.kind === 'entry' && readNote(r.note)?.seq === one.seq,
        );
        return signed === undefined ? [one] : [one, signed];
      });
      add(`member ${j} of entry ${record.seq}, chained again`, signedBefore);
      add(`member ${j} of entry ${record.seq}, chained again, nobody signs`, unsigned(forged));
      if (j % 12 === 0) add(`entry ${record.seq} pinned`, unsigned(forged), note(record.seq));
    }
  }
  add('every story', unsigned(everything));
  for (const story of [
    'staged',
    'versioned',
    'emergency',
    'cancelled',
    'temporary',
    'overtaken',
    'unproven',
    'lifted',
    'windowed',
    'lapsed',
    'held',
    'takenBack',
  ] as const) {
    const facts = happenings(1, story);
    const log = chained(facts);
    for (const [i, entry] of log.entries()) {
      for (const [j, altered] of deepMembers(factOf(entry)).entries()) {
        add(`member ${j} of entry ${entry.seq} of ${story}`, unsigned(rechained(log, entry.seq, altered as object)));
      }
      add(`${story} without ${entry.seq}`, unsigned(chained(facts.toSpliced(i, 1))));
      add(`${story} with ${entry.seq} twice`, unsigned(chained(facts.toSpliced(i, 0, ...facts.slice(i, i + 1)))));
      for (let to = 1; to < facts.length; to++) {
        const moved = facts.toSpliced(i, 1).toSpliced(to, 0, ...facts.slice(i, i + 1));
        add(`${story} with ${entry.seq} at ${to}`, unsigned(chained(moved)));
      }
      for (const other of [
        'mallory',
        'ana',
        'ben',
        'dee',
        'ivy',
        'kim',
        'max',
        'olu',
        'sam',
        'lee',
        'rae',
        'countersign',
      ]) {
        const person = other === 'countersign' ? other : `${other}@example.com`;
        add(
          `${story} with ${entry.seq} by ${other}`,
          unsigned(rechained(log, entry.seq, { ...factOf(entry), person })),
        );
      }
      for (const at of [0, 3, 5, 6, 40, 50, 60, 70, 80, 90, 91]) {
        const late = { ...factOf(entry), at: instant(100 + at) };
        add(`${story} with ${entry.seq} at second ${at}`, unsigned(rechained(log, entry.seq, late)));
      }
    }
  }
  for (const [name, log] of putsAt()) add(name, unsigned(log));
  for (const [name, log] of lapses()) add(name, unsigned(log));
  // Facts in an order that nobody chose: what replay says of each must be the same.
  for (const facts of fc.sample(
    fc.shuffledSubarray([...STORIES.flatMap((s) => happenings(1, s))], { minLength: 1, maxLength: 5 }),
    { seed: 1, numRuns: 600 },
  )) {
    add('facts in any order', unsigned(chained([...happenings(1, 'pending').slice(0, 1), ...facts])));
    add('facts in any order after an approval', unsigned(chained([...happenings(1, 'applied').slice(0, 5), ...facts])));
  }
  for (const seq of [0, 1, 20, honest.length]) {
    add(`pinned at ${seq}`, records, note(seq));
    add(`pinned at ${seq} to something else`, records, note(seq, 'f'.repeat(64)));
    const forged = rechained(honest, 3, { ...factOf(honest[2] as LoggedEntry), comment: 'forged' } as object);
    for (const by of [ours, thief]) add(`forged and signed by ${by === ours}, ${seq}`, exported(forged, [0, seq], by));
  }
  for (const outside of outsides()) {
    const rolledBack = exported(honest.slice(0, 9), [0, 9], ours);
    const forged = rechained(honest, 3, { ...factOf(honest[2] as LoggedEntry), comment: 'forged' } as object);
    for (const lines of [records, rolledBack, exported(forged, [0], ours), [], records.slice(0, -1)]) {
      all.push({ name: `outside ${outside.text}, ${outside.maxAge}`, lines: text(lines), outside });
    }
    all.push({ name: 'a pin and a copy outside', lines: text(records), pin: note(3), outside });
  }
  add('pinned beyond the end', exported(honest.slice(0, 9), [0, 9], ours), note(12));
  for (const type of ['NOTARISED', '', 'toString']) {
    const later = chain(honest.at(-1) ?? genesis(), { ...factOf(honest[1] as LoggedEntry), type } as unknown as Fact);
    add(`the type ${type}`, exported([...honest, { kind: 'entry', ...later }], [0, later.seq], ours));
  }
  add('a filter', [{ ...HEADER, whole: false }, ...honest.slice(3, 9)]);
  add('a filter, and an entry altered', [
    { ...HEADER, whole: false },
    { ...honest[3], body: '{}' },
  ]);
  all.push({ name: 'a line that is no JSON', lines: [...text(records.slice(0, 4)), '{', ...text(records.slice(4))] });
  for (const [place, one] of records.entries()) {
    if (place % 7 === 0)
      add('a member that it has not', [
        ...records.slice(0, place),
        { ...one, more: null },
        ...records.slice(place + 1),
      ]);
  }
  const deep = `{"more":${'['.repeat(50_000)}${']'.repeat(50_000)},`;
  const lines = text(records);
  all.push({
    name: 'a line as deep as a well',
    lines: lines.map((line, i) => (i === 4 ? line.replace('{', deep) : line)),
  });
  all.push({ name: 'an empty line', lines: [...text(records), ''] });
  return all;
}

const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status === 0;

/** Our own verdict on a case, without its reason. */
function verdictOn({ lines, pin, outside }: Case): Record<string, unknown> {
  const verification = new Verification({
    isSigned: ours.isSigned,
    pin: pin === undefined ? undefined : readNote(pin),
    outside: outside && {
      signed: readCheckpointText(outside.text),
      readAt: Date.parse(/^Read: (.*)$/m.exec(outside.text)?.[1] ?? ''),
      maxAge: outside.maxAge * 1000,
    },
  });
  for (const one of lines) if (!verification.take(parse(one))) break;
  const { why: _, ...verdict } = { why: '', ...verification.verdict() };
  return verdict;
}

// Node and npm are all that the repository asks for: where Python is not there, our verdicts alone are held against what they must be.
it(`${hasPython ? 'the second verifier comes to the same verdict' : 'there is a verdict'} on every case`, async () => {
  const all = cases();
  const seen: Record<string, number> = {};
  const count = (verdict: Record<string, unknown>) => {
    seen[String(verdict.verdict)] = (seen[String(verdict.verdict)] ?? 0) + 1;
  };
  if (hasPython) await compareAll(all, count);
  else for (const one of all) count(verdictOn(one));
  expect(seen.tampered).toBeGreaterThan(2_500);
  expect(seen.incomplete).toBeGreaterThan(50);
  expect(seen.clean).toBeGreaterThan(50);
}, 300_000);

async function compareAll(all: readonly Case[], count: (verdict: Record<string, unknown>) => void): Promise<void> {
  const python = spawn('python3', ['test/audit/second.py', 'docs/verify.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const reading = (async () => {
    let i = 0;
    for await (const line of createInterface({ input: python.stdout })) {
      const one = all[i++] as Case;
      const first = verdictOn(one);
      const { why: _, ...second } = JSON.parse(line);
      expect({ name: one.name, ...second }).toEqual({ name: one.name, ...first });
      count(first);
    }
    expect(i).toBe(all.length);
  })();
  const asked = all.map(
    ({ lines, pin = '', outside }) => `${JSON.stringify({ key: ours.pem, lines, pin, outside })}\n`,
  );
  await Promise.all([reading, pipeline(Readable.from(asked), python.stdin)]);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
