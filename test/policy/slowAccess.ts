/**
 * An evaluator that asks for each request by itself, straight from the document, with no thought of speed. It shares no code
 * with lib/policy, so that the two can only agree by both being right (or by one error of understanding made twice).
 */

export interface SlowStatement {
  Effect: 'Allow' | 'Deny';
  Principal?: Record<string, string[]>;
  NotPrincipal?: Record<string, string[]>;
  Action?: string[];
  NotAction?: string[];
  Resource: string;
  Condition?: Record<string, Record<string, string[]>>;
}

export interface SlowPolicy {
  Version: string;
  Statement: SlowStatement[];
}

export interface Caller {
  type: 'AWS' | 'Service';
  /** ARN or service name. */
  id: string;
  account?: string;
  /** ARN of the role of a session. */
  role?: string;
}

/** Values of each key in the request; a key that is not there is absent. */
export type Request = Record<string, string[]>;

/** `direct`: by the key policy alone. `total`: also by an IAM policy that agrees. Outside of the own account there is one answer. */
export interface Answer {
  direct: boolean;
  total: boolean;
}

/** @param strict NotPrincipal in a Deny also hits those whom it excepts without their account. */
export function evaluate(
  policy: SlowPolicy,
  caller: Caller,
  action: string,
  request: Request,
  ownAccount: string,
  strict: boolean,
): Answer {
  const context: Request = { ...request };
  if (caller.account !== undefined) {
    context['kms:CallerAccount'] = [caller.account];
    context['aws:PrincipalAccount'] = [caller.account];
    context['aws:PrincipalArn'] = [caller.role ?? caller.id];
  }
  let direct = false;
  let delegated = false;
  for (const statement of policy.Statement) {
    if (!actionMatches(statement, action)) continue;
    if (!conditionHolds(statement.Condition ?? {}, context)) continue;
    const who = principalMatches(statement, caller, strict);
    if (who === 'no') continue;
    if (statement.Effect === 'Deny') return { direct: false, total: false };
    if (who === 'itself') direct = true;
    else delegated = true;
  }
  if (caller.account !== ownAccount) return { direct: direct || delegated, total: direct || delegated };
  return { direct, total: direct || delegated };
}

function principalMatches(statement: SlowStatement, caller: Caller, strict: boolean): 'no' | 'itself' | 'account' {
  const named = (element: Record<string, string[]>): boolean =>
    (element[caller.type] ?? []).some((id) => id === caller.id || id === caller.role);
  const root = (element: Record<string, string[]>): boolean =>
    caller.account !== undefined &&
    (element.AWS ?? []).some((id) => id === caller.account || id === `arn:aws:iam::${caller.account}:root`);
  if (statement.NotPrincipal) {
    if (!named(statement.NotPrincipal)) return 'itself';
    const hit = strict && statement.Effect === 'Deny' && !root(statement.NotPrincipal) && caller.account !== undefined;
    return hit ? 'itself' : 'no';
  }
  const element = statement.Principal ?? {};
  if ((element.AWS ?? []).includes('*') || named(element)) return 'itself';
  return root(element) ? 'account' : 'no';
}

function actionMatches(statement: SlowStatement, action: string): boolean {
  const among = (patterns: string[]): boolean =>
    patterns.some((pattern) => like(pattern.toLowerCase(), action.toLowerCase()));
  return statement.NotAction ? !among(statement.NotAction) : among(statement.Action ?? []);
}

export function conditionHolds(condition: Record<string, Record<string, string[]>>, request: Request): boolean {
  return Object.entries(condition).every(([operator, block]) =>
    Object.entries(block).every(([key, values]) => lineHolds(operator, values, request[key])),
  );
}

function lineHolds(written: string, values: string[], have: string[] | undefined): boolean {
  let operator = written;
  if (operator === 'Null') return values.some((value) => (value === 'true') === (have === undefined));
  const each = operator.startsWith('ForAllValues:');
  const any = operator.startsWith('ForAnyValue:');
  operator = operator.replace(/^For(All|Any)Values?:/, '');
  const ifExists = operator.endsWith('IfExists');
  operator = operator.replace(/IfExists$/, '');
  const negative = /Not(?!hing)/.test(operator);
  if (have === undefined) return ifExists || each || (negative && !any);
  const one = (value: string): boolean => {
    const some = values.some((pattern) => matches(operator.replace('Not', ''), pattern, value));
    return negative ? !some : some;
  };
  if (each) return have.every(one);
  if (any) return have.some(one);
  return have.length === 1 && one(have[0] as string);
}

function matches(operator: string, pattern: string, value: string): boolean {
  const [, type, comparison] = /^(Numeric|Date)(.*)$/.exec(operator) ?? [];
  if (type !== undefined) return compares(comparison ?? '', type === 'Date' ? Date.parse : Number, value, pattern);
  switch (operator) {
    case 'StringEquals':
      return pattern === value;
    case 'StringEqualsIgnoreCase':
      return pattern.toLowerCase() === value.toLowerCase();
    case 'StringLike':
      return like(pattern, value);
    case 'ArnEquals':
    case 'ArnLike': {
      const parts = (text: string): string[] => [...text.split(':').slice(0, 5), text.split(':').slice(5).join(':')];
      return parts(pattern).every((part, index) => like(part, parts(value)[index] ?? ''));
    }
    case 'Bool':
      return pattern === value;
    case 'IpAddress':
      return inBlock(pattern, value);
    default:
      throw new Error(`the slow evaluator does not know ${operator}`);
  }
}

function compares(comparison: string, read: (text: string) => number, value: string, limit: string): boolean {
  const [a, b] = [read(value), read(limit)];
  const answers: Record<string, boolean> = {
    Equals: a === b,
    LessThan: a < b,
    LessThanEquals: a <= b,
    GreaterThan: a > b,
    GreaterThanEquals: a >= b,
  };
  return answers[comparison] ?? false;
}

function inBlock(block: string, address: string): boolean {
  const bits = (text: string): string =>
    text
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  const [network = '', length = '32'] = block.split('/');
  return bits(network).slice(0, Number(length)) === bits(address).slice(0, Number(length));
}

const expressions = new Map<string, RegExp>();

function like(pattern: string, text: string): boolean {
  const known = expressions.get(pattern);
  if (known !== undefined) return known.test(text);
  const source = [...pattern].map((char) =>
    char === '*' ? '.*' : char === '?' ? '.' : char.replace(/[.+^${}()|[\]\\]/g, '\\$&'),
  );
  expressions.set(pattern, new RegExp(`^${source.join('')}$`, 's'));
  return like(pattern, text);
}
