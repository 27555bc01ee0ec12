import { KmsError } from './error.ts';

/** A parsed request body. */
export type Input = Record<string, unknown>;

export interface StringShape {
  min?: number;
  max?: number;
  pattern?: RegExp;
}

/** The shapes of the botocore model `kms/2014-11-01` that several operations share. */
export const KEY_ID: StringShape = { min: 1, max: 2048 };
export const MARKER: StringShape = { min: 1, max: 1024 };
export const ALIAS_NAME: StringShape = { min: 1, max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ };

/** One member of the request that breaks its shape, in the words of AWS's front end. */
export function invalid(member: string, value: string, constraint: string): KmsError {
  const shown = value.length > 1024 ? `${value.slice(0, 1024)}...` : value;
  return new KmsError(
    'ValidationException',
    `1 validation error detected: Value '${shown}' at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}

/** An optional string; null counts as absent, as AWS reads it. */
export function optionalString(input: Input, name: string, shape: StringShape = {}): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new KmsError('SerializationException', `${name} must be a string`);
  const { min = 0, max = Number.POSITIVE_INFINITY, pattern } = shape;
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  if (value.length < min) {
    throw invalid(member, value, `Member must have length greater than or equal to ${min}`);
  }
  if (value.length > max) throw invalid(member, value, `Member must have length less than or equal to ${max}`);
  if (pattern !== undefined && !pattern.test(value)) {
    throw invalid(member, value, `Member must satisfy regular expression pattern: ${pattern.source.slice(1, -1)}`);
  }
  return value;
}

export function requiredString(input: Input, name: string, shape: StringShape = {}): string {
  const value = optionalString(input, name, shape);
  if (value === undefined) throw missing(name);
  return value;
}

export function optionalBoolean(input: Input, name: string): boolean {
  const value = input[name] ?? false;
  if (typeof value !== 'boolean') throw new KmsError('SerializationException', `${name} must be a boolean`);
  return value;
}

export function optionalInteger(input: Input, name: string, fallback: number, min: number, max: number): number {
  const value = input[name] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new KmsError('SerializationException', `${name} must be an integer`);
  }
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  if (value < min) throw invalid(member, String(value), `Member must have value greater than or equal to ${min}`);
  if (value > max) throw invalid(member, String(value), `Member must have value less than or equal to ${max}`);
  return value;
}

export function oneOf<T extends string>(input: Input, name: string, values: readonly T[]): T | undefined {
  const value = optionalString(input, name);
  if (value === undefined) return undefined;
  const known = values.find((candidate) => candidate === value);
  if (known === undefined) {
    const member = name.charAt(0).toLowerCase() + name.slice(1);
    throw invalid(member, value, `Member must satisfy enum value set: [${values.join(', ')}]`);
  }
  return known;
}

/** Bytes, which JSON 1.1 carries as base64. */
export function requiredBytes(input: Input, name: string, max: number): Buffer {
  const text = requiredString(input, name);
  const bytes = Buffer.from(text, 'base64');
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  if (bytes.length < 1 || bytes.length > max) {
    throw invalid(member, '<bytes>', `Member must have length between 1 and ${max}`);
  }
  return bytes;
}

export function missing(name: string): KmsError {
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  return new KmsError(
    'ValidationException',
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  );
}
