import { hash as digest } from 'node:crypto';
import type { Fact } from '../change/facts.ts';

/** Sets the hashes of this log apart from every other use of SHA-256. */
export const DOMAIN = 'countersign-audit/v1';

/** The name of the one log. */
export const LOG = 'main';

/** The newest entry of a log: what the next one is chained to. `seq` 0 is the genesis, before any entry. */
export interface Head {
  seq: number;
  /** Lower-case hex SHA-256. */
  hash: string;
}

/** One entry as it is stored: `body` is the exact string that was hashed, and is never printed again from its parts. */
export interface Entry extends Head {
  body: string;
}

/** Lower-case hex SHA-256 of a text's UTF-8 bytes. */
export const sha256 = (text: string): string => digest('sha256', text, 'hex');

/** The head of a log that has no entry yet. */
export const genesis = (log: string = LOG, domain: string = DOMAIN): Head => ({
  seq: 0,
  hash: sha256(`${domain}\0genesis\0${log}`),
});

/** The hash of an entry with this body: SHA-256 of the domain, two NULs and the exact body. */
export const entryHash = (body: string, domain: string = DOMAIN): string => sha256(`${domain}\0\0${body}`);

/**
 * Chains a fact to the head of its log. The body is canonical JSON (keys sorted, no white space) of the fact with its
 * place: `log`, `seq`, and `prev`, the hash of the entry before it.
 */
export function chain(head: Head, fact: Fact, log: string = LOG): Entry {
  const seq = head.seq + 1;
  const body = canonicalJson({ ...fact, log, prev: head.hash, seq });
  return { seq, body, hash: entryHash(body) };
}

/** The fact in a body, with its place in the log. */
export const readBody = (body: string): Fact & { log: string; prev: string; seq: number } => JSON.parse(body);

/** JSON with sorted keys and no white space; undefined members are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
