import { listed } from '../access/verbs.ts';
import { quote } from '../document/visible.ts';
import type { When } from './when.ts';

const WORDS: Readonly<Record<string, string>> = {
  StringEquals: 'is',
  StringNotEquals: 'is not',
  StringEqualsIgnoreCase: 'is, in any case,',
  StringNotEqualsIgnoreCase: 'is not, in any case,',
  StringLike: 'is like',
  StringNotLike: 'is not like',
  ArnEquals: 'is like',
  ArnNotEquals: 'is not like',
  ArnLike: 'is like',
  ArnNotLike: 'is not like',
  NumericEquals: 'is',
  NumericNotEquals: 'is not',
  NumericLessThan: 'is under',
  NumericLessThanEquals: 'is at most',
  NumericGreaterThan: 'is over',
  NumericGreaterThanEquals: 'is at least',
  DateEquals: 'is',
  DateNotEquals: 'is not',
  DateLessThan: 'is before',
  DateLessThanEquals: 'is at the latest',
  DateGreaterThan: 'is after',
  DateGreaterThanEquals: 'is at the earliest',
  Bool: 'is',
  BinaryEquals: 'is',
  IpAddress: 'is in',
  NotIpAddress: 'is not in',
};

/** More values than this are counted, not read out. */
const MOST_VALUES = 6;

/** A Condition block in words: `kms:ViaService is s3.us-east-1.amazonaws.com and kms:CallerAccount is 111122223333`. */
export function conditionWords(when: When): string {
  const lines = Object.entries(when).flatMap(([operator, block]) =>
    Object.entries(block).map(([key, values]) => line(operator, key, values)),
  );
  return listed(lines, 'and');
}

function line(written: string, key: string, values: readonly string[]): string {
  const name = shown(key);
  if (written === 'Null' && values.join() === 'true') return `the request has no ${name}`;
  if (written === 'Null' && values.join() === 'false') return `the request has ${name}`;
  const operator = written.replace('ForAnyValue:', '').replace('ForAllValues:', '').replace('IfExists', '');
  const any = written.startsWith('ForAnyValue:') ? 'any of ' : '';
  const each = written.startsWith('ForAllValues:') ? 'each of ' : '';
  const some = values.slice(0, MOST_VALUES).map(shown);
  const more = values.length - some.length;
  const negative = /not/i.test(operator);
  const list = more > 0 ? `${some.join(', ')} ${negative ? 'or any' : 'or one'} of ${more} more` : listed(some, 'or');
  const absent = written.endsWith('IfExists') ? ', or missing' : '';
  return `${any}${each}${name} ${WORDS[operator] ?? operator} ${list}${absent}`;
}

/** A piece of the document as it is, unless it holds something that a reader could not see for what it is. */
export function shown(text: string): string {
  return /^[\x21-\x7e]+$/.test(text) ? text : quote(text);
}
