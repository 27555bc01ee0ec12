import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import { escapePointer, type JsonNode, memberOf, parseJson, printCompact, toValue } from '../policy/document/json.ts';
import type { Finding } from '../policy/types.ts';

/** Bytes of a request body; a policy of the largest size fits in, escaped, with room to spare. */
export const MAX_BODY = 262_144;

/** The bytes of a request body as they were sent. */
export const bodyBytes = (event: APIGatewayProxyEventV2): Uint8Array =>
  Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');

/**
 * Reads a JSON body strictly (duplicate names, lone surrogates and the like are refused, since the policy is part of it)
 * and holds it against the schema. Each finding names its place. A `policy` that was sent as an object comes out as its
 * text, printed compactly from what was sent, so that no parser stands between the sender and the document.
 */
export function readBody<S extends z.core.$ZodType>(event: APIGatewayProxyEventV2, schema: S): Outcome<z.infer<S>> {
  const bytes = bodyBytes(event);
  if (bytes.length > MAX_BODY)
    return refuse('TOO_LARGE', `The body has ${bytes.length} bytes; at most ${MAX_BODY} are read.`);
  const json = parseJson(bytes);
  if (!json.ok) return refuse('BAD_REQUEST', sentence(json.findings), { findings: json.findings });
  const value = toValue(json.node);
  const policy = memberOf(json.node, 'policy');
  if (policy?.kind === 'object') (value as Record<string, unknown>).policy = printCompact(policy);
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return done(parsed.data);
  const findings = parsed.error.issues.flatMap((issue) => shapeFindings(issue, json.node));
  return refuse('BAD_REQUEST', sentence(findings), { findings });
}

const sentence = ([first]: readonly Finding[]): string =>
  first === undefined ? 'The body is wrong.' : `${first.path === '' ? '' : `${first.path}: `}${first.message}`;

function shapeFindings(issue: z.core.$ZodIssue, root: JsonNode): Finding[] {
  const names = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  return names.map((path) => {
    const place = nodeAt(root, path);
    return {
      code: 'BODY_SHAPE',
      severity: 'error',
      message: issue.code === 'unrecognized_keys' ? 'There is no such field; leave it out.' : issue.message,
      path: path.map((step) => `/${escapePointer(String(step))}`).join(''),
      ...(place === undefined ? {} : { line: place.line, column: place.column }),
    };
  });
}

function nodeAt(root: JsonNode, path: readonly PropertyKey[]): JsonNode | undefined {
  let node: JsonNode | undefined = root;
  for (const step of path) {
    node = node?.kind === 'array' ? node.items[Number(step)] : node && memberOf(node, String(step));
  }
  return node;
}
