import { Buffer } from 'node:buffer';
import { type JsonNode, memberOf, parseJson } from '../../lib/policy/document/json.ts';
import { checkCondition } from './condition.ts';
import { KmsError } from './error.ts';
import { invalid } from './input.ts';
import { checkPrincipal, invalidPrincipals } from './principal.ts';
import type { PolicyCheck, Principals } from './types.ts';

/** The quota "Key policy document size". In UTF-8 bytes of the text as sent: AWS does not say of what, this is the safe reading. */
const MAX_BYTES = 32_768;
/** The model's own bound of the request member, in characters. */
const MAX_CHARACTERS = 131_072;
const CHARACTERS = /^[\t\n\r\x20-\xff]+$/;

const POLICY_ELEMENTS = new Set(['Version', 'Id', 'Statement']);
const STATEMENT_ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

/**
 * The endpoint's own check of a policy text: what CreateKey and PutKeyPolicy refuse before they look at who calls. It shares
 * the JSON parser with the validator in lib/policy and nothing else, because the two are compared with each other.
 *
 * @returns The refusal that KMS would give (ValidationException, LimitExceededException, MalformedPolicyDocumentException or
 *   InvalidArnException), or the unique ids to be stored as ARNs.
 */
export function checkPolicy(text: string, principals: Principals): PolicyCheck {
  try {
    checkShape(text);
    if (Buffer.byteLength(text, 'utf8') > MAX_BYTES) {
      throw new KmsError('LimitExceededException', `The key policy is longer than ${MAX_BYTES} bytes.`);
    }
    return { ok: true, ids: checkDocument(text, principals) };
  } catch (error) {
    if (error instanceof KmsError) return { ok: false, error };
    throw error;
  }
}

/** The front end's constraints on the member `Policy`, before anything is looked up. */
export function checkShape(text: string): void {
  if (text.length < 1) throw invalid('policy', text, 'Member must have length greater than or equal to 1');
  if (text.length > MAX_CHARACTERS) {
    throw invalid('policy', text, `Member must have length less than or equal to ${MAX_CHARACTERS}`);
  }
  if (!CHARACTERS.test(text)) {
    throw invalid(
      'policy',
      text,
      'Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
    );
  }
}

function checkDocument(text: string, principals: Principals): Record<string, string> {
  const parsed = parseJson(text);
  // Recorded from the service: not JSON is this error with no text at all.
  if (!parsed.ok) throw malformed('');
  const policy = parsed.node;
  if (policy.kind !== 'object') throw malformed('The policy must be a JSON object.');
  refuseUnknown(policy, POLICY_ELEMENTS);
  const version = memberOf(policy, 'Version');
  if (version !== undefined && !isString(version, ['2012-10-17', '2008-10-17'])) {
    throw malformed('The policy language version is not supported.');
  }
  const id = memberOf(policy, 'Id');
  if (id !== undefined && id.kind !== 'string') throw malformed('Id must be a string.');
  const statement = memberOf(policy, 'Statement');
  const statements = statement === undefined ? [] : itemsOf(statement);
  if (statements.length === 0) throw malformed('Policy contains no statement.');
  for (const one of statements) checkStatement(one);
  // Only a document of the right form has principals that can be looked up.
  const ids: Record<string, string> = {};
  for (const one of statements) Object.assign(ids, findPrincipals(one, principals));
  return ids;
}

function checkStatement(statement: JsonNode): void {
  if (statement.kind !== 'object') throw malformed('A statement must be a JSON object.');
  refuseUnknown(statement, STATEMENT_ELEMENTS);
  const sid = memberOf(statement, 'Sid');
  if (sid !== undefined && sid.kind !== 'string') throw malformed('Sid must be a string.');
  if (!isString(memberOf(statement, 'Effect'), ['Allow', 'Deny'])) throw malformed('Effect must be Allow or Deny.');
  checkPrincipals(statement);
  checkAction(statement);
  checkResource(statement);
  const condition = memberOf(statement, 'Condition');
  if (condition !== undefined) checkCondition(condition);
}

function checkPrincipals(statement: JsonNode): void {
  const principal = memberOf(statement, 'Principal');
  const notPrincipal = memberOf(statement, 'NotPrincipal');
  if (principal !== undefined && notPrincipal !== undefined) {
    throw malformed('A statement has either Principal or NotPrincipal.');
  }
  if (notPrincipal !== undefined && isString(memberOf(statement, 'Effect'), ['Allow'])) {
    throw malformed('Allow with NotPrincipal is not allowed.');
  }
  const element = principal ?? notPrincipal;
  // Only the star may stand without its kind.
  if (element?.kind === 'string' && element.value === '*') return;
  if (element?.kind === 'string' && element.value !== '') throw invalidPrincipals();
  if (element?.kind !== 'object') throw noPrincipal();
  const items = element.members.flatMap(({ value }) => itemsOf(value));
  if (items.some(({ kind }) => kind !== 'string')) throw malformed('A principal must be a string.');
  if (items.length === 0) throw noPrincipal();
}

/** The unique ids of a statement with their ARNs. */
function findPrincipals(statement: JsonNode, principals: Principals): Record<string, string> {
  const element = memberOf(statement, 'Principal') ?? memberOf(statement, 'NotPrincipal');
  const ids: Record<string, string> = {};
  for (const { name, value } of element?.kind === 'object' ? element.members : []) {
    for (const item of itemsOf(value)) {
      if (item.kind !== 'string') continue;
      const arn = checkPrincipal(name.value, item.value, principals);
      if (arn !== undefined) ids[item.value] = arn;
    }
  }
  return ids;
}

/** Since 18 August 2025 a statement without a valid Action or Resource is refused; before, it was stored without effect. */
function checkAction(statement: JsonNode): void {
  const action = memberOf(statement, 'Action');
  const notAction = memberOf(statement, 'NotAction');
  if ((action === undefined) === (notAction === undefined)) {
    throw malformed('Policy contains a statement without exactly one of Action and NotAction.');
  }
  const items = itemsOf(action ?? notAction);
  const valid = (item: JsonNode) => item.kind === 'string' && /^(?:\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/.test(item.value);
  if (items.length === 0 || !items.every(valid)) throw malformed('Policy contains a statement with an invalid action.');
}

function checkResource(statement: JsonNode): void {
  const items = itemsOf(memberOf(statement, 'Resource'));
  const star = items.length > 0 && items.every((item) => isString(item, ['*']));
  if (!star || memberOf(statement, 'NotResource') !== undefined) {
    throw malformed('Policy contains a statement with an invalid resource: in a key policy it must be "*".');
  }
}

function refuseUnknown(node: JsonNode, known: ReadonlySet<string>): void {
  if (node.kind !== 'object') return;
  const unknown = node.members.find((member) => !known.has(member.name.value));
  if (unknown !== undefined) throw malformed(`Policy contains an unknown element: ${unknown.name.value}`);
}

function itemsOf(node: JsonNode | undefined): JsonNode[] {
  if (node === undefined) return [];
  return node.kind === 'array' ? node.items : [node];
}

function isString(node: JsonNode | undefined, values: readonly string[]): boolean {
  return node?.kind === 'string' && values.includes(node.value);
}

function noPrincipal(): KmsError {
  return malformed('Policy contains a statement with no principal.');
}

function malformed(message: string): KmsError {
  return new KmsError('MalformedPolicyDocumentException', message);
}
