import { createHash } from 'node:crypto';
import { isNode, LineCounter, parseDocument } from 'yaml';
import * as z from 'zod/mini';
import type { Key, Risk } from '../policy/types.ts';
import { durationSeconds } from './duration.ts';
import type { FrozenRule } from './facts.ts';

const email = z
  .string()
  .check(z.regex(/^[^\s@<>"(),;:\\]+@[^\s@<>"(),;:\\]+\.[^\s@<>"(),;:\\]+$/, 'must be an email address'));
const duration = z
  .string()
  .check(z.refine((text) => durationSeconds(text) !== undefined, 'must be an ISO 8601 duration such as PT48H or P7D'));
const risk = z.enum(['low', 'medium', 'high', 'critical']);
const groupName = z.enum(['submitters', 'approvers', 'auditors', 'admins']);

const match = z.strictObject({
  alias: z.optional(z.string()),
  key: z.optional(z.string()),
  account: z.optional(z.string()),
  tags: z.optional(z.record(z.string(), z.string())),
  risk: z.optional(z.array(risk)),
});

const rule = z.strictObject({
  name: z.string().check(z.minLength(1)),
  match: z.optional(match),
  quorum: z.int().check(z.minimum(1)),
  from: z.array(z.string()).check(z.minLength(1)),
  expireAfter: duration,
  remindEvery: z.optional(duration),
});

/** The rules file. The schema is the single source: types, checks and the published JSON Schema come from it. */
export const rulesSchema = z.strictObject({
  approvers: z.record(z.string(), z.array(email).check(z.minLength(1))),
  groups: z.optional(z.partialRecord(groupName, z.string())),
  /** Who is handed the signed checkpoints of the history. */
  auditors: z.optional(z.array(email)),
  breakGlass: z.optional(z.array(z.string().check(z.regex(/^arn:aws[\w-]*:iam::\d{12}:(role|user)\//)))),
  slack: z.optional(
    z.strictObject({ channel: z.optional(z.string()), people: z.optional(z.record(z.string(), email)) }),
  ),
  iam: z.optional(z.record(z.string(), z.strictObject({ person: email, groups: z.array(groupName) }))),
  rules: z.array(rule).check(z.minLength(1)),
});

export type Rules = z.infer<typeof rulesSchema> & { sha256: string };
export type GroupName = z.infer<typeof groupName>;

/** A thing that is wrong in the rules file, at a 1-based line. */
export interface RulesError {
  line: number;
  path: string;
  message: string;
}

/** One person has one spelling: the email, trimmed and in lower case. */
export const canonicalPerson = (address: string): string => address.trim().toLowerCase();

/**
 * Reads the rules file from its YAML text. Every error names its line; a file with any error is no rules file.
 * Addresses come out as canonical persons.
 */
export function parseRules(text: string): { ok: true; rules: Rules } | { ok: false; errors: RulesError[] } {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [first] = yaml.errors;
  if (first !== undefined) {
    return { ok: false, errors: [{ line: lines.linePos(first.pos[0]).line, path: '', message: first.message }] };
  }
  const lineOf = (path: PropertyKey[]): number => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? yaml.contents : yaml.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  const error = (path: PropertyKey[], message: string): RulesError => ({
    line: lineOf(path),
    path: path.join('.'),
    message,
  });

  const parsed = rulesSchema.safeParse(yaml.toJS());
  if (!parsed.success) {
    return { ok: false, errors: parsed.error.issues.map((issue) => error(issue.path, issue.message)) };
  }
  const errors = contradictions(parsed.data).map(([path, message]) => error(path, message));
  if (errors.length > 0) return { ok: false, errors };
  return {
    ok: true,
    rules: { ...canonicalPeople(parsed.data), sha256: createHash('sha256').update(text).digest('hex') },
  };
}

/** What the schema cannot say: groups that exist, quorums that can be met, a last rule that matches everything. */
function contradictions(rules: z.infer<typeof rulesSchema>): [PropertyKey[], string][] {
  const found: [PropertyKey[], string][] = [];
  const names = new Set<string>();
  rules.rules.forEach((one, i) => {
    if (names.has(one.name)) found.push([['rules', i, 'name'], `two rules are named ${one.name}`]);
    names.add(one.name);
    for (const [j, group] of one.from.entries()) {
      if (!Object.hasOwn(rules.approvers, group)) {
        found.push([['rules', i, 'from', j], `${group} is not a group under approvers`]);
      }
    }
    const people = approversOf(rules, one.from);
    if (people.length < one.quorum) {
      found.push([['rules', i, 'quorum'], `quorum ${one.quorum} cannot be met by ${people.length} approvers`]);
    }
  });
  const last = rules.rules.at(-1);
  if (last?.match !== undefined && Object.keys(last.match).length > 0) {
    found.push([
      ['rules', rules.rules.length - 1, 'match'],
      'the last rule must match everything: leave its match out',
    ]);
  }
  return found;
}

const approversOf = (rules: Pick<Rules, 'approvers'>, groups: readonly string[]): string[] =>
  [...new Set(groups.flatMap((group) => rules.approvers[group] ?? []).map(canonicalPerson))].sort();

function canonicalPeople(rules: z.infer<typeof rulesSchema>): z.infer<typeof rulesSchema> {
  const people = <T extends Record<string, string>>(record: T) =>
    Object.fromEntries(Object.entries(record).map(([id, address]) => [id, canonicalPerson(address)]));
  return {
    ...rules,
    approvers: Object.fromEntries(
      Object.entries(rules.approvers).map(([group, list]) => [group, [...new Set(list.map(canonicalPerson))]]),
    ),
    ...(rules.auditors === undefined ? {} : { auditors: [...new Set(rules.auditors.map(canonicalPerson))] }),
    ...(rules.slack?.people === undefined ? {} : { slack: { ...rules.slack, people: people(rules.slack.people) } }),
    ...(rules.iam === undefined
      ? {}
      : {
          iam: Object.fromEntries(
            Object.entries(rules.iam).map(([arn, who]) => [arn, { ...who, person: canonicalPerson(who.person) }]),
          ),
        }),
  };
}

/** The rule that decides about a change to `key` of this risk, frozen: the first that matches, with its people by name. */
export function ruleFor(rules: Rules, key: Key, level: Risk): FrozenRule & { expireAfter: number } {
  const found = rules.rules.find((one) => matches(one.match, key, level));
  if (found === undefined) throw new Error('the last rule matches everything');
  const expireAfter = durationSeconds(found.expireAfter) ?? 0;
  return {
    name: found.name,
    quorum: found.quorum,
    approvers: approversOf(rules, found.from),
    remindEvery: durationSeconds(found.remindEvery ?? found.expireAfter) ?? expireAfter,
    rulesSha256: rules.sha256,
    expireAfter,
  };
}

/** Everybody who may approve anything today: a person who has left the rules file counts no more. */
export const currentApprovers = (rules: Rules, ruleName: string): string[] => {
  const found = rules.rules.find((one) => one.name === ruleName);
  return found === undefined ? [] : approversOf(rules, found.from);
};

function matches(condition: z.infer<typeof match> | undefined, key: Key, level: Risk): boolean {
  if (condition === undefined) return true;
  const { alias, key: arn, account, tags, risk: levels } = condition;
  return (
    (alias === undefined || key.aliases.some((one) => glob(alias, one))) &&
    (arn === undefined || glob(arn, key.arn)) &&
    (account === undefined || account === key.accountId) &&
    (levels === undefined || levels.includes(level)) &&
    Object.entries(tags ?? {}).every(([name, value]) => key.tags[name] === value)
  );
}

const glob = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text);
