import { Fault } from '../fault.ts';

type Members = Record<string, unknown>;

/** Bytes of an input or an output (Step Functions quotas, "Maximum input or output size"). */
const LARGEST = 262_144;

/** StartExecution's list: white space, brackets, wildcards, special and control characters, and what is not a character. */
const NOT_IN_A_NAME = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}\p{Cs}\uFFFE\uFFFF]|\u{10FFFF}/u;

const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'];

/** A member that must be a text of 1 to `max` characters. */
export function text(members: Members, name: string, { min = 1, max }: { min?: number; max: number }): string {
  const value = members[name];
  if (typeof value !== 'string') throw invalid(name, value, 'Member must not be null');
  if (value.length < min) throw invalid(name, value, `Member must have length greater than or equal to ${min}`);
  if (value.length > max) throw invalid(name, '…', `Member must have length less than or equal to ${max}`);
  return value;
}

export function arn(members: Members, name: string): string {
  const value = text(members, name, { max: 256 });
  if (!/^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:[a-zA-Z]+:.+/.test(value)) {
    throw new Fault('InvalidArn', `Invalid Arn: '${value}'`);
  }
  return value;
}

/** The name asked for, or undefined when Step Functions is to choose one. */
export function executionName(members: Members): string | undefined {
  if (members.name === undefined || members.name === null) return undefined;
  const name = text(members, 'name', { max: 80 });
  if (NOT_IN_A_NAME.test(name)) throw new Fault('InvalidName', `Invalid Name: '${name}'`);
  return name;
}

export function executionInput(members: Members): string {
  const input = members.input === undefined ? '{}' : text(members, 'input', { min: 0, max: LARGEST });
  if (!isJson(input)) throw new Fault('InvalidExecutionInput', `Invalid State Machine Execution Input: '${input}'`);
  return input;
}

export function taskOutput(members: Members): string {
  const output = text(members, 'output', { min: 0, max: LARGEST });
  if (!isJson(output)) throw new Fault('InvalidOutput', 'Invalid Output: the output is not JSON');
  return output;
}

/** `error` and `cause` of SendTaskFailure and StopExecution. */
export function failure(members: Members): { error?: string; cause?: string } {
  return {
    ...(members.error === undefined ? {} : { error: text(members, 'error', { min: 0, max: 256 }) }),
    ...(members.cause === undefined ? {} : { cause: text(members, 'cause', { min: 0, max: 32_768 }) }),
  };
}

export function statusFilter(members: Members): string | undefined {
  const status = members.statusFilter;
  if (status === undefined || STATUSES.includes(status as string)) return status as string | undefined;
  throw invalid('statusFilter', status, `Member must satisfy enum value set: [${STATUSES.join(', ')}]`);
}

/**
 * The page of `items` that `maxResults` (1 to 1,000, default 100) and `nextToken` ask for. `position` grows along the items
 * and stays with each: so a page neither repeats nor skips one when others come or go.
 */
export function page<T>(
  members: Members,
  items: T[],
  position: (item: T) => number,
): { items: T[]; nextToken: string | undefined } {
  const asked = members.maxResults ?? 0;
  if (typeof asked !== 'number' || !Number.isInteger(asked) || asked < 0 || asked > 1000) {
    throw invalid('maxResults', asked, 'Member must have value between 0 and 1000');
  }
  const after = cursor(members.nextToken);
  const rest = items.filter((item) => position(item) > after);
  const shown = rest.slice(0, asked || 100);
  const last = shown.at(-1);
  const more = last !== undefined && rest.length > shown.length;
  return { items: shown, nextToken: more ? Buffer.from(`after ${position(last)}`).toString('base64url') : undefined };
}

function cursor(token: unknown): number {
  if (token === undefined || token === null) return Number.NEGATIVE_INFINITY;
  const [, after] = /^after (-?\d+)$/.exec(Buffer.from(String(token), 'base64url').toString()) ?? [];
  if (after === undefined) throw new Fault('InvalidToken', "Invalid Token: 'Invalid token'");
  return Number(after);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function invalid(name: string, value: unknown, constraint: string): Fault {
  return new Fault(
    'ValidationException',
    `1 validation error detected: Value '${String(value)}' at '${name}' failed to satisfy constraint: ${constraint}`,
  );
}
