import { createHash } from 'node:crypto';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { canonicalPerson } from '../address.ts';
import { contradictions } from './contradictions.ts';
import { oddDelegates } from './identities.ts';
import { type Rules, type RulesFile, rulesSchema } from './schema.ts';

/** A thing that is wrong or odd in the rules file, at a 1-based line. */
export interface RulesError {
  line: number;
  path: string;
  message: string;
}

/**
 * Reads the rules file from its YAML text. Every error names its line; a file with any error is no rules file. What works, and
 * is likely a slip, is a warning. Addresses come out as canonical persons.
 */
export function parseRules(
  text: string,
): { ok: true; rules: Rules; warnings: RulesError[] } | { ok: false; errors: RulesError[] } {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [first] = yaml.errors;
  if (first !== undefined) {
    return { ok: false, errors: [{ line: lines.linePos(first.pos[0]).line, path: '', message: first.message }] };
  }
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? yaml.contents : yaml.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  const at = (path: readonly PropertyKey[], message: string): RulesError => ({
    line: lineOf(path),
    path: path.join('.'),
    message,
  });

  const parsed = rulesSchema.safeParse(yaml.toJS());
  if (!parsed.success) return { ok: false, errors: parsed.error.issues.flatMap(spread).map((one) => at(...one)) };
  const errors = contradictions(parsed.data, lineOf).map(([path, message]) => at(path, message));
  if (errors.length > 0) return { ok: false, errors };
  const warnings = oddDelegates(parsed.data).map(([path, message]) => at(path, message));
  return {
    ok: true,
    rules: { ...canonicalPeople(parsed.data), sha256: createHash('sha256').update(text).digest('hex') },
    warnings,
  };
}

interface Issue {
  code?: string | undefined;
  origin?: string | undefined;
  minimum?: number | bigint | undefined;
  maximum?: number | bigint | undefined;
  path: readonly PropertyKey[];
  message: string;
  expected?: string | undefined;
  keys?: readonly string[];
  errors?: readonly (readonly Issue[])[];
  issues?: readonly Issue[];
}

/** An issue at each place that it is about: the field that does not exist, or what is wrong with the likeliest of several forms. */
function spread(issue: Issue): [path: readonly PropertyKey[], message: string][] {
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => [[...issue.path, key], `there is no field ${key} here`]);
  }
  if (issue.code === 'invalid_key') return (issue.issues ?? []).map(({ message }) => [issue.path, message]);
  const forms = issue.code === 'invalid_union' ? (issue.errors ?? []).filter((form) => form.length > 0) : [];
  const [likeliest] = [...forms].sort((a, b) => a.length - b.length);
  if (likeliest === undefined) return [[issue.path, wordsOf(issue)]];
  return likeliest.flatMap((one) => spread({ ...one, path: [...issue.path, ...one.path] }));
}

/** Lists of people, by where they stand. */
const PEOPLE = new Set(['approvers', 'teams', 'delegates']);

/** The parser's own words for what is wrong say nothing; a missing field and a wrong one are one thing to it. */
function wordsOf({ code, origin, message, expected, minimum, maximum, path }: Issue): string {
  if (message !== 'Invalid input') return message;
  if (expected !== undefined) return `is missing, or is no ${expected}`;
  const [room, group] = path;
  if (code === 'too_small' && origin === 'array' && path.length === 2 && PEOPLE.has(String(room))) {
    return `${String(group)} under ${String(room)} has nobody: name at least one person, or take it out`;
  }
  if (code === 'too_small' && origin !== 'number') return 'must not be empty';
  const bound = code === 'too_small' ? `at least ${minimum}` : code === 'too_big' ? `at most ${maximum}` : undefined;
  const what = { array: ' entries', string: ' characters' }[origin ?? ''];
  return bound === undefined ? message : `must ${what === undefined ? 'be' : 'have'} ${bound}${what ?? ''}`;
}

function canonicalPeople(rules: RulesFile): RulesFile {
  const groups = (record: Record<string, string[]>) =>
    Object.fromEntries(Object.entries(record).map(([group, list]) => [group, [...new Set(list.map(canonicalPerson))]]));
  const { delegates, teams, slack, iam } = rules;
  return {
    ...rules,
    approvers: groups(rules.approvers),
    ...(rules.auditors === undefined ? {} : { auditors: [...new Set(rules.auditors.map(canonicalPerson))] }),
    ...(delegates === undefined
      ? {}
      : {
          delegates: Object.fromEntries(
            Object.entries(groups(delegates)).map(([person, list]) => [canonicalPerson(person), list]),
          ),
        }),
    ...(teams === undefined ? {} : { teams: groups(teams) }),
    ...(slack?.people === undefined
      ? {}
      : {
          slack: {
            ...slack,
            people: Object.fromEntries(
              Object.entries(slack.people).map(([user, person]) => [user, canonicalPerson(person)]),
            ),
          },
        }),
    ...(iam === undefined
      ? {}
      : {
          iam: Object.fromEntries(
            Object.entries(iam).map(([arn, who]) => [arn, { ...who, person: canonicalPerson(who.person) }]),
          ),
        }),
  };
}
