import type { Finding } from '../types.ts';
import { Refusal } from './jsonCursor.ts';
import { type JsonNode, lineAndColumn } from './jsonNode.ts';
import { type JsonLimits, JsonParser } from './jsonParser.ts';

export * from './jsonNode.ts';
export type { JsonLimits } from './jsonParser.ts';

export type JsonResult = { ok: true; node: JsonNode; text: string } | { ok: false; findings: Finding[] };

export const DEFAULT_LIMITS: Required<JsonLimits> = { maxLength: 1_048_576, maxDepth: 64, maxNodes: 100_000 };

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Reads a JSON text (RFC 8259) strictly: what two parsers could read in two ways is refused, because what was approved must
 * be what KMS reads. Refused: names given twice in one object (compared after decoding), lone surrogates, U+0000, a byte
 * order mark, invalid UTF-8, comments, text after the value, and anything beyond the limits. Never throws.
 *
 * @param input UTF-8 bytes, or a string that was decoded elsewhere.
 * @returns The tree with the text it was read from, or at least one finding. Findings here carry no `aws` name.
 * @example
 * const result = parseJson('{"Version":"2012-10-17"}');
 * if (result.ok) toValue(result.node);
 */
export function parseJson(input: string | Uint8Array, limits: JsonLimits = {}): JsonResult {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  if (input.length > bounds.maxLength) {
    const unit = typeof input === 'string' ? 'characters' : 'bytes';
    const message = `The text has ${input.length} ${unit}; at most ${bounds.maxLength} are read.`;
    return {
      ok: false,
      findings: [{ code: 'JSON_TOO_LARGE', severity: 'error', message, path: '', line: 1, column: 1 }],
    };
  }
  try {
    const text = typeof input === 'string' ? input : decode(input);
    if (!text.isWellFormed()) {
      throw new Refusal({
        code: 'JSON_LONE_SURROGATE',
        severity: 'error',
        message: 'The text holds half of a surrogate pair, which is no character.',
        path: '',
        ...lineAndColumn(text, text.search(LONE_SURROGATE)),
      });
    }
    const parser = new JsonParser(text, bounds);
    const node = parser.document();
    return parser.findings.length > 0 ? { ok: false, findings: parser.findings } : { ok: true, node, text };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, findings: [error.finding] };
    throw error;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal({
      code: 'JSON_NOT_UTF8',
      severity: 'error',
      message: 'The bytes are not valid UTF-8.',
      path: '',
      ...placeAfter(validStart(bytes)),
    });
  }
}

/** The text before the first byte that is not of UTF-8. */
function validStart(bytes: Uint8Array): string {
  let text = '';
  let low = 0;
  let high = bytes.length;
  while (low <= high) {
    const middle = (low + high) >> 1;
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, middle), {
        stream: true,
      });
      low = middle + 1;
    } catch {
      high = middle - 1;
    }
  }
  return text;
}

const placeAfter = (text: string): { line: number; column: number } => lineAndColumn(text, text.length);
