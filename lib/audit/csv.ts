import { timelineEntry } from '../change/timeline.ts';
import { readBody } from './chain.ts';
import { readNote } from './checkpoint.ts';
import { unseal } from './seal.ts';
import type { LoggedEntry, LogRecord } from './verify.ts';

const COLUMNS = [
  'seq',
  'at',
  'type',
  'change',
  'key',
  'person',
  'text',
  'reason',
  'ticket',
  'comment',
  'before_sha256',
  'after_sha256',
  'before_document',
  'after_document',
  'hash',
  'body',
] as const;

type Row = Partial<Record<(typeof COLUMNS)[number], string>>;

/** What a spreadsheet takes for the beginning of a formula (OWASP ASVS 5.0, 1.2.10), and what hides one. */
const FORMULA = /^[=+\-@\t\r\n\0|%＝＋－＠]/u;

/** One cell: quoted (RFC 4180), and a text where a spreadsheet would have calculated. */
const cell = (value = ''): string => `"${(FORMULA.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`;
const line = (row: Row): string => `${COLUMNS.map((column) => cell(row[column])).join(',')}\r\n`;

/**
 * A record of an export as its line of CSV (RFC 4180, CRLF, every cell quoted). The header of the log is the header of the
 * file; its head is nothing. A cell that begins like a formula has a ' before it; `body` too, so that a program that
 * verifies reads the NDJSON instead.
 */
export function csvLine(record: LogRecord): string {
  switch (record.kind) {
    case 'log':
      return `${COLUMNS.map((column) => cell(column)).join(',')}\r\n`;
    case 'entry':
      return line(entryRow(record));
    case 'checkpoint': {
      const { seq, time, hash } = readNote(record.note) ?? {};
      const text = `Signed by the notary: ${record.signature}`;
      return line({
        seq: String(seq ?? ''),
        at: time ?? '',
        type: 'CHECKPOINT',
        text,
        hash: hash ?? '',
        body: record.note,
      });
    }
    case 'head':
      return '';
  }
}

function entryRow({ seq, hash, body, documents = [], openings = {} }: LoggedEntry): Row {
  const row: Row = { seq: String(seq), hash, body };
  try {
    const plain = new Map(Object.entries(openings).map(([seal, { value }]) => [seal, value]));
    const fact = unseal(readBody(body), plain);
    const [before, after] = fact.type === 'BASELINED' ? [undefined, ...documents] : documents;
    return {
      ...row,
      at: fact.at,
      type: fact.type,
      change: fact.change,
      key: fact.keyArn,
      person: fact.person,
      text: timelineEntry(fact).text,
      ...(fact.type === 'SUBMITTED' || fact.type === 'VERSIONED'
        ? {
            reason: fact.reason,
            ticket: fact.ticket ?? '',
            before_sha256: fact.before,
            after_sha256: fact.binding.after,
          }
        : {}),
      ...(fact.type === 'FOREIGN_WRITE' ? { before_sha256: fact.before, after_sha256: fact.after } : {}),
      ...(fact.type === 'BASELINED' ? { after_sha256: fact.after } : {}),
      ...('comment' in fact ? { comment: fact.comment } : {}),
      ...(fact.type === 'APPLIED' ? { before_sha256: fact.before, after_sha256: fact.after } : {}),
      ...(before === undefined ? {} : { before_document: before }),
      ...(after === undefined ? {} : { after_document: after }),
    };
  } catch {
    // A text that is no fact is shown as it is: whoever altered it must not be able to make the export fail.
    return row;
  }
}
