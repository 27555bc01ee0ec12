import { CRYPTOGRAPHIC, operationsOf, possibleFor } from '../operations.ts';
import type { Finding, Key, Statement } from '../types.ts';
import type { CopyCode } from './codes.ts';
import {
  ADMINISTRATOR_OPTIONS,
  actionSet,
  actionsDiffer,
  consoleStatementOf,
  keyClass,
  userActions,
} from './consoleStatements.ts';
import { statementDeviation } from './defaultView.ts';

/** What becomes of the actions of one statement. Without `actions` they stay as they are. */
export interface CopiedActions {
  actions?: string[];
  finding?: Pick<Finding, 'message' | 'fix'> & { code: CopyCode };
}

/**
 * Puts the actions of a statement right for another key, or says why that takes a person: the console's lists become those
 * of the other key; from other lists, actions that this key cannot do are dropped as long as some use of the key is left.
 *
 * @param statement One with an Action; NotAction already means the rest of whatever the key can do.
 */
export function copyActions(statement: Statement, from: Key, to: Key): CopiedActions {
  const isAdministration = consoleStatementOf(statement.sid) === 'administrators';
  if (isAdministration && statementDeviation(statement, 'administrators', from) === undefined) {
    return copyAdministration(statement, from, to);
  }
  const [before, after] = [keyClass(from), keyClass(to)];
  if (before !== after) {
    const list = userActions(from);
    if (statement.effect === 'Allow' && list !== undefined && actionsDiffer(statement.actions, list) === undefined) {
      const actions = userActions(to);
      return actions === undefined ? unknownUsage(statement, to) : replaced(statement, [...actions], to);
    }
    if (before === 'keyEncapsulation' || after === 'keyEncapsulation') {
      return statement.effect === 'Allow' && statement.actions.some(isUse) ? unknownUsage(statement, to) : {};
    }
  }
  return dropUnfit(statement, from, to);
}

function copyAdministration(statement: Statement, from: Key, to: Key): CopiedActions {
  const have = actionSet(statement.actions);
  const gone: string[] = [];
  const added: string[] = [];
  for (const option of ADMINISTRATOR_OPTIONS) {
    const present = option.actions.some((action) => have.has(action.toLowerCase()));
    const fits = option.fits(to) && option.today(to) !== false;
    if (present && !fits) gone.push(...option.actions);
    if (!present && fits && !option.fits(from)) added.push(...option.actions);
  }
  if (gone.length + added.length === 0) return {};
  const leave = actionSet(gone);
  return replaced(statement, [...statement.actions.filter((action) => !leave.has(action.toLowerCase())), ...added], to);
}

/** GetPublicKey comes with every asymmetric key and says nothing of what a statement is meant for, so it is no use here. */
function dropUnfit(statement: Statement, from: Key, to: Key): CopiedActions {
  const uses = (key: Key) => (name: string) => CRYPTOGRAPHIC.has(name) && possibleFor(name, key);
  const unfit = statement.actions.filter((action) => {
    const names = matching(action);
    // What the other key could not do either was a mistake before, and is not this copy's to mend.
    return !names.some((name) => possibleFor(name, to)) && names.some((name) => possibleFor(name, from));
  });
  if (unfit.length === 0) return {};
  const left = statement.actions.filter((action) => !unfit.includes(action));
  const lostUse = unfit.some((action) => matching(action).some(uses(from)));
  const keepsUse = left.some((action) => matching(action).some(uses(to)));
  const instead = [...CRYPTOGRAPHIC].filter(uses(to)).join(', ');
  const title = titleOf(statement);
  const what = `${unfit.join(', ')} cannot be done with ${kindOf(to)}`;
  if (statement.effect === 'Deny') {
    if (keepsUse || !lostUse) return {};
    return {
      finding: {
        code: 'COPY_DENY_WITHOUT_EFFECT',
        message: `${title} denies what this key does not do: ${what}.`,
        fix: `Deny ${instead} if the same is meant.`,
      },
    };
  }
  if (left.length === 0 || (lostUse && !keepsUse)) {
    return {
      finding: {
        code: 'COPY_ACTION_NOT_FOR_USAGE',
        message: `${title} is for something else: ${what}, and nothing in it uses this key.`,
        fix: `Submit a whole document in which it is left out or allows what is meant, such as ${instead}.`,
      },
    };
  }
  return {
    actions: left,
    finding: {
      code: 'COPY_ACTION_DROPPED',
      message: `${title}: ${what}; left out.`,
      fix: 'Look whether what is left is enough.',
    },
  };
}

function replaced(statement: Statement, actions: string[], to: Key): CopiedActions {
  const before = statement.actions.filter((action) => !actions.includes(action));
  const after = actions.filter((action) => !statement.actions.includes(action));
  const change = [before.length > 0 && `without ${before.join(', ')}`, after.length > 0 && `with ${after.join(', ')}`];
  return {
    actions,
    finding: {
      code: 'COPY_ACTIONS',
      message: `${titleOf(statement)} now has the console's list for a ${to.spec} key with the usage ${to.usage}: ${change.filter(Boolean).join(', ')}.`,
    },
  };
}

function unknownUsage(statement: Statement, to: Key): CopiedActions {
  return {
    finding: {
      code: 'COPY_USAGE_UNKNOWN',
      message: `${titleOf(statement)}: what corresponds to its actions for a key with the usage ${to.usage} is not known.`,
      fix: 'Submit a whole document with the actions you mean.',
    },
  };
}

/** An action, or a pattern of them, that means nothing but use of the key. */
function isUse(pattern: string): boolean {
  const names = matching(pattern);
  return names.length > 0 && names.every((name) => CRYPTOGRAPHIC.has(name));
}

function matching(pattern: string): string[] {
  return operationsOf(pattern)
    .filter(({ inKeyPolicy }) => inKeyPolicy)
    .map(({ name }) => name);
}

function kindOf(key: Key): string {
  return `a ${key.multiRegion ? 'multi-Region ' : ''}${key.spec} key with the usage ${key.usage} and the origin ${key.origin}`;
}

function titleOf(statement: Statement): string {
  return `The statement ${JSON.stringify(statement.sid ?? statement.path)}`;
}
