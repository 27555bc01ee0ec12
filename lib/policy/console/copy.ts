import { itemsOf, type JsonNode, memberOf, membersOf, wordOf } from '../document/json.ts';
import { parseKeyPolicy } from '../document/parse.ts';
import { applySplices, literal, removeItems, replaceStrings, type Splice } from '../document/policyText.ts';
import { whyAwsManaged } from '../rules/key.ts';
import type { Finding, Key, Statement } from '../types.ts';
import { consoleFinding } from './codes.ts';
import { partitionOf } from './consolePrincipal.ts';
import { CONSOLE_SIDS, consoleStatementOf, hasGrantsStatement } from './consoleStatements.ts';
import { copyActions } from './copyActions.ts';
import { type Copied, copyConditionValue, copyPrincipal, copyServicePrincipal } from './copyIdentifier.ts';
import { statementDeviation } from './defaultView.ts';

export type CopyResult = { ok: true; text: string; findings: Finding[] } | { ok: false; findings: Finding[] };

/** The work on one document. Splices never overlap: each is one string, or one list of actions. */
interface Copy {
  from: Key;
  to: Key;
  text: string;
  splices: Splice[];
  findings: Finding[];
}

/**
 * Makes the policy of one key correct for another: the account, Region, partition, key id and alias of the source become the
 * target's wherever that is what they mean; other accounts and other keys stay what they are; actions are put right for
 * what the target is for, and the console's statement for grants goes where the console has none. Nothing else in the text changes, not even its layout.
 *
 * @param text The policy of `from`.
 * @returns The text for `to` with a finding for everything that was put right (info) or is left for a person to look at
 * (warning); or, when something cannot be put right, all findings with the errors among them. Paths point into `text`. Never
 * throws. Whether the target's account has the roles and users named is not known here.
 */
export function copyPolicy(text: string, from: Key, to: Key): CopyResult {
  const managed = whyAwsManaged(from);
  if (managed !== undefined) {
    const message = `The policy to copy is one that AWS writes for itself. ${managed}`;
    return {
      ok: false,
      findings: [
        consoleFinding('COPY_FROM_AWS_MANAGED', {
          message,
          path: '',
          fix: 'Copy the policy of a customer managed key.',
        }),
      ],
    };
  }
  const parsed = parseKeyPolicy(text, partitionOf(from));
  if (!parsed.ok) return parsed;
  const copy: Copy = { from, to, text, splices: [], findings: [] };
  const nodes = itemsOf(memberOf(parsed.node, 'Statement'));
  const { statements } = parsed.policy;
  const gone = new Set(
    nodes.filter((_, index) => statements.length > 1 && isForGrantsAlone(statements[index], from, to)),
  );
  copy.splices.push(...removeItems(nodes, (node) => gone.has(node)));
  statements.forEach((statement, index) => {
    const node = nodes[index];
    if (node === undefined) return;
    if (gone.has(node)) leftOut(copy, node);
    else copyStatement(copy, statement, node);
  });
  const { findings } = copy;
  if (findings.some(({ severity }) => severity === 'error')) return { ok: false, findings };
  return { ok: true, text: applySplices(text, copy.splices), findings };
}

/** The console's statement for grants, exactly as it writes it, on the way to a key for which it writes none. */
function isForGrantsAlone(statement: Statement | undefined, from: Key, to: Key): boolean {
  return (
    statement !== undefined &&
    consoleStatementOf(statement.sid) === 'grants' &&
    hasGrantsStatement(from) &&
    !hasGrantsStatement(to) &&
    statementDeviation(statement, 'grants', from) === undefined
  );
}

function leftOut({ to, findings }: Copy, { pointer }: JsonNode): void {
  const message = `The statement "${CONSOLE_SIDS.grants}" is left out: the console gives a ${to.spec} key none, since no AWS service takes such a key.`;
  findings.push(consoleFinding('COPY_GRANTS_LEFT_OUT', { message, path: pointer }));
}

function copyStatement(copy: Copy, statement: Statement, node: JsonNode): void {
  const { from, to } = copy;
  for (const name of ['Principal', 'NotPrincipal']) {
    for (const { name: type, value } of membersOf(memberOf(node, name))) {
      for (const id of itemsOf(value)) copyOnePrincipal(copy, statement, type.value, id);
    }
  }
  for (const resource of itemsOf(memberOf(node, 'Resource'))) {
    // KMS takes no other Resource than "*", which is the key itself.
    if (wordOf(resource) === from.arn) put(copy, resource, { change: { value: '*', code: 'COPY_KEY' } });
  }
  for (const { value: block } of membersOf(memberOf(node, 'Condition'))) {
    for (const { name: key, value } of membersOf(block)) {
      for (const item of itemsOf(value)) put(copy, item, copyConditionValue(key.value, wordOf(item), from, to));
    }
  }
  const action = memberOf(node, 'Action');
  if (action === undefined) return;
  const { actions, finding } = copyActions(statement, from, to);
  if (finding !== undefined) {
    const { code, ...found } = finding;
    copy.findings.push(consoleFinding(code, { ...found, path: action.pointer }));
  }
  if (actions !== undefined) copy.splices.push(replaceStrings(copy.text, node, action, actions));
}

function copyOnePrincipal(copy: Copy, statement: Statement, type: string, node: JsonNode): void {
  const { from, to } = copy;
  const id = wordOf(node);
  if (type === 'Service') put(copy, node, copyServicePrincipal(id, from, to));
  if (type !== 'AWS' && type !== 'Federated') return;
  put(copy, node, copyPrincipal(id, from, to));
  if (id !== to.accountId && id.split(':')[4] !== to.accountId) return;
  if (from.accountId === to.accountId || statement.effect !== 'Allow') return;
  copy.findings.push(
    consoleFinding('COPY_TARGET_WAS_EXTERNAL', {
      message: `${id} belongs to ${to.accountId}, an external account to the other key and the owner of this one.`,
      path: node.pointer,
      fix: 'Take it out if it was there for access from outside; the statement for the account itself covers its IAM policies.',
    }),
  );
}

function put(copy: Copy, node: JsonNode, { change, doubt }: Copied): void {
  if (change !== undefined) {
    const { value, code } = change;
    copy.splices.push({ start: node.start, end: node.end, text: literal(value) });
    const mustExist = /:iam::[0-9]{12}:(?:role|user)\/[^*?]+$/.test(value);
    copy.findings.push(
      consoleFinding(code, {
        message: `${wordOf(node)} is now ${value}.`,
        path: node.pointer,
        ...(mustExist && { fix: `Make sure that it exists in account ${copy.to.accountId}.` }),
      }),
    );
  }
  if (doubt === undefined) return;
  const { code, why, fix } = doubt;
  copy.findings.push(consoleFinding(code, { message: why, path: node.pointer, fix }));
}
