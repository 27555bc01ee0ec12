/** A statement of an identity policy, with its intrinsics resolved. */
export interface IamStatement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: string | string[];
  Condition?: ConditionBlock;
}

type Scalar = string | number | boolean;

/** `{"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}}` */
export type ConditionBlock = Record<string, Record<string, Scalar | Scalar[]>>;

/** Condition keys of one request. An empty list: the key is known to be absent. A key that is missing here: nobody knows. */
export type RequestContext = Record<string, string[]>;

export type Verdict = 'allow' | 'explicitDeny' | 'implicitDeny';

/**
 * What the identity policies of one caller say, Deny first (IAM guide, "Policy evaluation logic"). A condition that cannot be
 * decided counts against the caller: an Allow does not apply, a Deny does.
 */
export function evaluate(
  statements: readonly IamStatement[],
  action: string,
  resource: string,
  context: RequestContext,
): Verdict {
  let verdict: Verdict = 'implicitDeny';
  for (const statement of statements) {
    if (!listOf(statement.Action).some((pattern) => matchesAction(pattern, action))) continue;
    if (!listOf(statement.Resource).some((pattern) => globMatches(pattern, resource))) continue;
    const holds = conditionHolds(statement.Condition, context);
    if (statement.Effect === 'Deny' && holds !== 'no') return 'explicitDeny';
    if (statement.Effect === 'Allow' && holds === 'yes') verdict = 'allow';
  }
  return verdict;
}

/** Actions compare without case, in ASCII only: U+212A must not become a k. */
export function matchesAction(pattern: string, action: string): boolean {
  return globMatches(asciiLower(pattern), asciiLower(action));
}

/** `*` is any run of characters, `?` is one; nothing else is special. Linear: no pattern can make it slow. */
export function globMatches(pattern: string, text: string): boolean {
  let at = 0;
  let patternAt = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const letter = pattern[patternAt];
    if (letter === '*') {
      star = patternAt;
      patternAt += 1;
      resume = at;
    } else if (letter === '?' || letter === text[at]) {
      patternAt += 1;
      at += 1;
    } else if (star >= 0) {
      patternAt = star + 1;
      resume += 1;
      at = resume;
    } else {
      return false;
    }
  }
  while (pattern[patternAt] === '*') patternAt += 1;
  return patternAt === pattern.length;
}

/** Do all lines of a Condition block hold? One that does not decides; else one that cannot be decided. */
export function conditionHolds(block: ConditionBlock | undefined, context: RequestContext): 'yes' | 'no' | 'unknown' {
  let unknown = false;
  for (const [operator, keys] of Object.entries(block ?? {})) {
    for (const [key, values] of Object.entries(keys)) {
      const line = lineHolds(operator, key, listOf(values).map(String), context);
      if (line === 'no') return 'no';
      if (line === 'unknown') unknown = true;
    }
  }
  return unknown ? 'unknown' : 'yes';
}

function lineHolds(operator: string, key: string, wanted: string[], context: RequestContext): 'yes' | 'no' | 'unknown' {
  const name = Object.keys(context).find((candidate) => asciiLower(candidate) === asciiLower(key));
  const actual = name === undefined ? undefined : context[name];
  if (actual === undefined) return 'unknown';
  const [, set = '', base = '', ifExists = ''] =
    /^(foranyvalue:|forallvalues:)?(\w+?)(ifexists)?$/.exec(asciiLower(operator)) ?? [];
  if (base === 'null') return yesNo(wanted.includes(String(actual.length === 0)));
  const negated = base.includes('not');
  const matches = COMPARISONS.get(base.replace('not', ''));
  if (matches === undefined) return 'unknown';
  if (actual.length === 0 && ifExists !== '') return 'yes';
  // An absent key: a positive operator fails, a negated one holds, ForAllValues holds, ForAnyValue fails (IAM guide).
  const resolved = wanted.map((want) => withVariables(want, context));
  if (resolved.some((want) => want.includes('${'))) return 'unknown';
  const one = (value: string) => resolved.some((want) => matches(want, value)) !== negated;
  if (set === 'forallvalues:') return yesNo(actual.every(one));
  if (set === 'foranyvalue:') return yesNo(actual.some(one));
  return yesNo(actual.length === 0 ? negated : actual.some(one));
}

/** Policy variables, such as `${aws:ResourceAccount}`, as far as the request is known to have one value for them. */
function withVariables(text: string, context: RequestContext): string {
  return text.replace(/\$\{([^{}]+)\}/g, (variable, key: string) => {
    const name = Object.keys(context).find((candidate) => asciiLower(candidate) === asciiLower(key));
    const values = name === undefined ? [] : (context[name] ?? []);
    return values.length === 1 && values[0] !== undefined ? values[0] : variable;
  });
}

const COMPARISONS = new Map<string, (want: string, value: string) => boolean>([
  ['stringequals', (want, value) => want === value],
  ['stringequalsignorecase', (want, value) => asciiLower(want) === asciiLower(value)],
  ['stringlike', globMatches],
  ['arnequals', globMatches],
  ['arnlike', globMatches],
  ['bool', (want, value) => asciiLower(want) === asciiLower(value)],
]);

function yesNo(value: boolean): 'yes' | 'no' {
  return value ? 'yes' : 'no';
}

/** Lower case in ASCII only. */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function listOf<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}
