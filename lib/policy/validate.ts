import type { ApplierUse } from './access/applierUse.ts';
import { partitionOf } from './console/consolePrincipal.ts';
import type { JsonObject } from './document/json.ts';
import { printCompact } from './document/json.ts';
import { parseKeyPolicy } from './document/parse.ts';
import { isPlain } from './rules/characters.ts';
import { contextOf, type Hit, nodeAt, type Request, type Subject, type World } from './rules/context.ts';
import { MAX_BYTES, utf8Length } from './rules/document.ts';
import type { RuleText } from './rules/structure.ts';
import { RULES } from './rules/table.ts';
import type { Finding, Guardians, Key, KeyPolicy } from './types.ts';

/** A document of 32 KB can break a rule thousands of times; nobody reads as many findings. */
const MOST_PLACES = 25;

export interface ValidateInput {
  /** The document as it came. */
  text: string;
  key: Key;
  guardians: Guardians;
  request?: Request;
  world?: World;
}

export interface Validation {
  /** In the order of the rules table. */
  findings: Finding[];
  /** Missing when the document cannot be read. */
  policy?: KeyPolicy;
  /** What the document lets the applier itself do with the key; nothing where it cannot be read. */
  applierUses: readonly ApplierUse[];
  /** What would be sent: the text as it came, or without white space when only that makes it fit. */
  text: string;
}

/**
 * Applies every rule of `rules/table.ts` to a key policy that someone wants to put on a key. A finding of severity `error`
 * means that the document must not be stored; where it has `aws`, KMS would refuse it with that error. Positions are those in
 * the text as it came. Never throws, whatever the text.
 */
export function validateKeyPolicy({ text, key, guardians, request = {}, world = {} }: ValidateInput): Validation {
  const read = parseKeyPolicy(text, partitionOf(key));
  const minified = read.ok && utf8Length(text) > MAX_BYTES ? printCompact(read.node) : text;
  const sent = utf8Length(minified) <= MAX_BYTES ? minified : text;
  const plain = isPlain(text);
  const subject: Subject = { text: sent, original: text, plain, key, guardians, request, world };
  const node = read.ok ? read.node : undefined;
  const unread: readonly Finding[] = read.findings;
  const findings: Finding[] = [];
  const context = read.ok ? contextOf(subject, read.policy, read.node) : undefined;
  for (const rule of RULES) {
    if (rule.on === 'subject') findings.push(...findingsOf(rule, rule.check(subject), node));
    else if (rule.on === 'policy' && context) findings.push(...findingsOf(rule, rule.check(context), node));
    else findings.push(...unread.filter(({ code }) => code === rule.code));
  }
  return { findings, text: sent, ...(read.ok && { policy: read.policy }), applierUses: context?.applierUses ?? [] };
}

/** Findings of one rule, with the places of the first `MOST_PLACES` breaches. */
function findingsOf(
  { code, severity, aws, fix }: RuleText,
  hits: Iterable<Hit>,
  root: JsonObject | undefined,
): Finding[] {
  const findings: Finding[] = [];
  for (const hit of hits) {
    const last = findings.at(-1);
    if (last !== undefined && findings.length === MOST_PLACES) {
      last.message += ' There are more places like this, which are not listed.';
      break;
    }
    const node = hit.path === '' ? undefined : root && nodeAt(root, hit.path);
    const place = node && { line: node.line, column: node.column };
    findings.push({ code, severity, ...place, fix, ...hit, ...(aws !== undefined && { aws }) });
  }
  return findings;
}
