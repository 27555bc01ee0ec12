import { partitionOf } from './consolePrincipal.ts';
import type { JsonObject } from './json.ts';
import { printCompact } from './json.ts';
import { parseKeyPolicy } from './parse.ts';
import { contextOf, type Hit, nodeAt, type Request, type Subject, type World } from './rules/context.ts';
import { MAX_BYTES, utf8Length } from './rules/document.ts';
import type { RuleText } from './rules/structure.ts';
import { RULES } from './rules/table.ts';
import type { Finding, Guardians, Key, KeyPolicy } from './types.ts';

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
  const subject: Subject = { text: sent, original: text, key, guardians, request, world };
  const node = read.ok ? read.node : undefined;
  const findings: Finding[] = [];
  const context = read.ok ? contextOf(subject, read.policy, read.node) : undefined;
  for (const rule of RULES) {
    if (rule.on === 'subject') findings.push(...rule.check(subject).map((hit) => findingOf(rule, hit, node)));
    else if (rule.on === 'policy' && context)
      findings.push(...rule.check(context).map((hit) => findingOf(rule, hit, node)));
    else if (rule.on === 'reading' && !read.ok)
      findings.push(...read.findings.filter(({ code }) => code === rule.code));
  }
  return { findings, text: sent, ...(read.ok && { policy: read.policy }) };
}

function findingOf(rule: RuleText, hit: Hit, root: JsonObject | undefined): Finding {
  const { code, severity, aws, fix } = rule;
  const node = root && nodeAt(root, hit.path);
  const place = node && hit.path !== '' ? { line: node.line, column: node.column } : {};
  return { code, severity, ...place, fix, ...hit, ...(aws !== undefined && { aws }) };
}
