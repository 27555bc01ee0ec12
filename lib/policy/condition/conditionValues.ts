import { lowerAscii } from '../ascii.ts';
import { globMatches, globSample, globsDisjoint, globWithin } from '../glob.ts';
import { type Cidr, cidrWithin, parseCidr, sampleAddress } from './cidr.ts';

/** Values are only comparable within one type. */
export type ValueType = 'string' | 'number' | 'date' | 'bool' | 'ip' | 'binary';

/**
 * One value of a condition as a set of texts.
 *
 * - `literal`: exactly this text. `fold`: this text in any ASCII case. `glob`: `*` and `?` in the whole text. `arn`: `*` and
 *   `?` within each of the six parts of an ARN. `range`: numbers or instants between two ends. `cidr`: IP addresses.
 * - `opaque`: a policy variable, or text that the operator cannot read. Nothing is known of it but that it equals itself.
 */
export type ConditionValue = { text: string } & (
  | { form: 'literal' | 'fold' | 'glob' | 'opaque' }
  | { form: 'arn'; parts: readonly string[] }
  | { form: 'range'; low: number; high: number; openLow: boolean; openHigh: boolean }
  | { form: 'cidr'; cidr: Cidr }
);

/** How an operator reads its values. */
export type Reading =
  | 'string'
  | 'fold'
  | 'like'
  | 'arn'
  | 'bool'
  | 'binary'
  | 'ip'
  | `${'number' | 'date'} ${'=' | '<' | '<=' | '>' | '>='}`;

/**
 * Reads one value as an operator means it. Equal sets get equal texts wherever that is cheap to see: `StringLike` without
 * wildcards is `StringEquals`, `1.0` is `1`.
 *
 * @param variables Whether `${…}` is a policy variable, which it is from Version 2012-10-17 on.
 */
export function readValue(raw: string, reading: Reading, variables: boolean): ConditionValue {
  if (variables && raw.includes('${')) return readVariable(raw, reading);
  switch (reading) {
    case 'string':
    case 'binary':
      return { form: 'literal', text: raw };
    case 'fold':
      return { form: 'fold', text: lowerAscii(raw) };
    case 'like':
      return /[*?]/.test(raw) ? { form: 'glob', text: oneStar(raw) } : { form: 'literal', text: raw };
    case 'arn':
      return readArn(raw);
    case 'bool': {
      const text = lowerAscii(raw);
      return text === 'true' || text === 'false' ? { form: 'literal', text } : { form: 'opaque', text: raw };
    }
    case 'ip': {
      const cidr = parseCidr(raw);
      return cidr === undefined ? { form: 'opaque', text: raw } : { form: 'cidr', text: cidr.text, cidr };
    }
    default:
      return readRange(raw, reading);
  }
}

/** `${*}`, `${?}` and `${$}` are the bare characters; every other variable has a value that only the request knows. */
function readVariable(raw: string, reading: Reading): ConditionValue {
  const other = /\$\{(?![*?$]\})/.test(raw);
  const literal = reading === 'string' || (reading === 'like' && !/(?<!\$\{)[*?]/.test(raw));
  return literal && !other
    ? { form: 'literal', text: raw.replace(/\$\{([*?$])\}/g, '$1') }
    : { form: 'opaque', text: raw };
}

function readArn(raw: string): ConditionValue {
  const text = oneStar(raw);
  const parts = arnParts(text);
  if (parts === undefined) return { form: 'opaque', text: raw };
  return isFixed(parts) ? readValue(text, 'like', false) : { form: 'arn', text, parts };
}

/** Stars in a row are one. */
function oneStar(pattern: string): string {
  return pattern.replace(/\*+/g, '*');
}

/** The parts of an ARN that `isFixed`. */
function fixedArn(text: string): readonly string[] | undefined {
  const parts = arnParts(text);
  return parts !== undefined && isFixed(parts) ? parts : undefined;
}

/** Whether wildcards are in the last part alone: ArnLike and StringLike take the same texts then. */
function isFixed(parts: readonly string[]): boolean {
  return !parts.slice(0, 5).some((part) => /[*?]/.test(part));
}

function arnParts(text: string): readonly string[] | undefined {
  const parts = text.split(':');
  if (parts.length < 7) return parts.length === 6 ? parts : undefined;
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}

function readRange(raw: string, reading: string): ConditionValue {
  const [type, comparison] = reading.split(' ');
  const at = type === 'date' ? instant(raw) : number(raw);
  if (at === undefined) return { form: 'opaque', text: raw };
  const low = comparison === '<' || comparison === '<=' ? Number.NEGATIVE_INFINITY : at;
  const high = comparison === '>' || comparison === '>=' ? Number.POSITIVE_INFINITY : at;
  const text = type === 'date' ? new Date(at).toISOString() : String(at);
  return { form: 'range', text, low, high, openLow: comparison === '>', openHigh: comparison === '<' };
}

function number(raw: string): number | undefined {
  return /^[+-]?[0-9]+(\.[0-9]+)?$/.test(raw) ? Number(raw) : undefined;
}

/** An instant in milliseconds of the Unix epoch, from ISO 8601 or from epoch seconds. */
function instant(raw: string): number | undefined {
  const seconds = number(raw);
  if (seconds !== undefined && raw.length > 4) return valid(seconds * 1000);
  if (
    !/^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2}))?)?)?$/.test(
      raw,
    )
  ) {
    return undefined;
  }
  return valid(Date.parse(raw));
}

function valid(at: number): number | undefined {
  return Number.isNaN(at) || Math.abs(at) > 8.64e15 ? undefined : at;
}

/** Whether a text of the request is of this set; `undefined` when nobody can tell. A block of addresses stands for any one of them. */
export function valueMatches(value: ConditionValue, text: string, type: ValueType): boolean | undefined {
  switch (value.form) {
    case 'opaque':
      return undefined;
    case 'literal':
      return value.text === (type === 'bool' ? lowerAscii(text) : text);
    case 'fold':
      return value.text === lowerAscii(text);
    case 'glob':
      return globMatches(value.text, text);
    case 'arn':
      return arnParts(text)?.every((part, index) => globMatches(value.parts[index] ?? '', part)) ?? false;
    case 'range': {
      const at = type === 'date' ? instant(text) : number(text);
      if (at === undefined) return false;
      return (
        (at > value.low || (at === value.low && !value.openLow)) &&
        (at < value.high || (at === value.high && !value.openHigh))
      );
    }
    case 'cidr': {
      const addresses = parseCidr(text);
      if (addresses === undefined) return false;
      if (cidrWithin(addresses, value.cidr)) return true;
      return cidrWithin(value.cidr, addresses) ? undefined : false;
    }
  }
}

/** Whether every text of `narrow` is surely one of `wide`. */
export function valueWithin(narrow: ConditionValue, wide: ConditionValue, type: ValueType): boolean {
  if (narrow.form === wide.form && narrow.text === wide.text && narrow.form !== 'range') return true;
  if (wide.form === 'glob' && wide.text === '*' && narrow.form !== 'opaque') return true;
  switch (narrow.form) {
    case 'literal':
      return valueMatches(wide, narrow.text, type) === true;
    case 'glob':
    case 'arn': {
      if (wide.form === 'glob') return globWithin(narrow.text, wide.text);
      if (wide.form !== 'arn') return false;
      const parts = narrow.form === 'arn' ? narrow.parts : fixedArn(narrow.text);
      return parts?.every((part, index) => globWithin(part, wide.parts[index] ?? '')) ?? false;
    }
    case 'range':
      return wide.form === 'range' && rangeWithin(narrow, wide);
    case 'cidr':
      return wide.form === 'cidr' && cidrWithin(narrow.cidr, wide.cidr);
    default:
      return false;
  }
}

type Range = ConditionValue & { form: 'range' };

function rangeWithin(narrow: Range, wide: Range): boolean {
  const low = narrow.low > wide.low || (narrow.low === wide.low && (narrow.openLow || !wide.openLow));
  const high = narrow.high < wide.high || (narrow.high === wide.high && (narrow.openHigh || !wide.openHigh));
  return low && high;
}

/** Whether no text can surely be of both. */
export function valuesDisjoint(a: ConditionValue, b: ConditionValue, type: ValueType): boolean {
  if (a.form === 'opaque' || b.form === 'opaque') return false;
  if (a.form === 'literal') return valueMatches(b, a.text, type) === false;
  if (b.form === 'literal') return valueMatches(a, b.text, type) === false;
  switch (a.form) {
    case 'range':
      return b.form === 'range' && (a.high < b.low || b.high < a.low || touch(a, b) || touch(b, a));
    case 'cidr':
      return b.form === 'cidr' && !cidrWithin(a.cidr, b.cidr) && !cidrWithin(b.cidr, a.cidr);
    case 'fold':
      return b.form === 'fold' && a.text !== b.text;
    default:
      return b.form !== 'fold' && globsDisjoint(a.text, b.text);
  }
}

function touch(below: Range, above: Range): boolean {
  return below.high === above.low && (below.openHigh || above.openLow);
}

/** In place of a wildcard it makes an ARN of an account, as most patterns mean it. */
const ACCOUNT = '999999999999';

/** What to put for a wildcard; a pattern such as `4444*` is to become the id of an account. */
function fillingsOf(pattern: string): string[] {
  const fixed = pattern.replace('*', '');
  const rest = /^[0-9]{1,12}$/.test(fixed) ? [ACCOUNT.slice(fixed.length)] : [];
  return ['x', '', ACCOUNT, ...rest];
}

/** Texts to try when looking for a request that tells two conditions apart: some of this set, some just outside of it. */
export function samplesOf(value: ConditionValue, type: ValueType): string[] {
  switch (value.form) {
    case 'opaque':
      return [];
    case 'literal':
      return [value.text];
    case 'fold':
      return [value.text, value.text.toUpperCase()];
    case 'glob':
    case 'arn':
      return fillingsOf(value.text).map((filling) => globSample(value.text, filling));
    case 'range': {
      const step = type === 'date' ? 1000 : 1;
      const ends = [value.low, value.high].filter(Number.isFinite);
      return ends.flatMap((end) =>
        [end - step, end, end + step].map((at) => (type === 'date' ? isoText(at) : String(at))),
      );
    }
    case 'cidr':
      return [sampleAddress(value.cidr)];
  }
}

function isoText(at: number): string {
  return new Date(Math.max(-8.64e15, Math.min(8.64e15, at))).toISOString();
}
