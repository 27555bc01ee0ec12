#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { FrozenRule } from '../lib/change/facts.ts';
import { stagesOf } from '../lib/change/quorum.ts';
import { parseRules, type RulesError } from '../lib/change/rules/parse.ts';
import {
  breakGlassFor,
  type Freeze,
  knownOf,
  maySubmit,
  type Rules,
  raised,
  raiseFor,
  ruleFor,
} from '../lib/change/rules.ts';
import { durationWords } from '../lib/change/wording.ts';
import { type Key, RISKS, type Risk } from '../lib/policy/types.ts';

const USAGE = `rules check FILE
rules explain FILE --key alias/payments [--risk high] [--tag env=prod]… [--account 111122223333] [--arn KEY_ARN] [--submitter EMAIL]

check says every error and warning with its line; explain says which rule would decide, whether
the file raises the risk, and who would be asked.
Exit 0: valid, warnings or not, 1: not valid, 2: wrong use. With an error nothing is packaged or started; a warning stops nothing.
`;

/** `npm run rules -- …`: what it prints and how it exits. */
export function rulesCommand(args: string[]): { out: string; code: 0 | 1 | 2 } {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        key: { type: 'string' },
        arn: { type: 'string' },
        account: { type: 'string', default: '111122223333' },
        risk: { type: 'string', default: 'low' },
        tag: { type: 'string', multiple: true, default: [] },
        submitter: { type: 'string', default: '' },
      },
    });
    const [command, file, ...more] = positionals;
    if ((command !== 'check' && command !== 'explain') || file === undefined || more.length > 0) {
      return { out: USAGE, code: 2 };
    }
    const parsed = parseRules(readFileSync(file, 'utf8'));
    if (!parsed.ok) {
      return { out: parsed.errors.map((one) => lineOf(file, one)).join(''), code: 1 };
    }
    if (command === 'check') {
      const warnings = parsed.warnings.map((one) => lineOf(file, one, 'warning: '));
      return { out: `${warnings.join('')}${file} is a rules file, sha256 ${parsed.rules.sha256}\n`, code: 0 };
    }
    const risk = RISKS.find((one) => one === values.risk);
    if (values.key === undefined || risk === undefined || values.tag.some((tag) => !tag.includes('='))) {
      return { out: USAGE, code: 2 };
    }
    const key = keyOf({ ...values, key: values.key });
    return { out: explain(parsed.rules, key, risk, values.submitter.toLowerCase()), code: 0 };
  } catch (error) {
    return { out: `${(error as Error).message}\n\n${USAGE}`, code: 2 };
  }
}

const lineOf = (file: string, { line, path, message }: RulesError, kind = ''): string =>
  `${file}:${line}: ${kind}${path && `${path}: `}${message}\n`;

/** A key of which only what the rules look at is known. */
function keyOf(given: { key: string; arn?: string | undefined; account: string; tag: string[] }): Key {
  const isAlias = given.key.startsWith('alias/');
  const keyId = isAlias ? '' : (given.key.split('/').at(-1) ?? '');
  const arn =
    given.arn ?? (given.key.startsWith('arn:') ? given.key : `arn:aws:kms:us-east-1:${given.account}:key/${keyId}`);
  return {
    arn,
    keyId,
    accountId: arn.split(':')[4] ?? given.account,
    region: arn.split(':')[3] ?? '',
    aliases: isAlias ? [given.key] : [],
    manager: 'CUSTOMER',
    state: 'Enabled',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    multiRegion: false,
    tags: Object.fromEntries(given.tag.map((tag) => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)])),
  };
}

function explain(rules: Rules, key: Key, asGraded: Risk, submitter: string): string {
  const raise = raiseFor(rules, key);
  const { risk } = raised(rules, key, { risk: asGraded, riskReasons: [] });
  const rule = ruleFor(rules, key, risk);
  const emergency = breakGlassFor(rules, key, risk);
  const allowed = maySubmit(rules, key, submitter);
  const words = (seconds: number) => durationWords(`PT${seconds}S`);
  return [
    `rule ${rule.name} decides about ${key.aliases[0] ?? key.arn} at ${risk} risk`,
    ...(raise === undefined
      ? []
      : [
          `entry ${raise.entry} of raise: every change of it counts as at least ${raise.atLeast}${risk === asGraded ? '' : `, not ${asGraded}`}`,
        ]),
    ...asked(rule, submitter),
    `expires after ${words(rule.expireAfter)}${rule.remindEvery < rule.expireAfter ? `, reminds every ${words(rule.remindEvery)}` : ''}`,
    ...(rule.escalate === undefined
      ? []
      : [`after ${words(rule.escalate.after)} may decide too: ${rule.escalate.approvers.join(', ')}`]),
    ...Object.entries(rule.delegates ?? {}).map(
      ([person, others]) => `${others.join(' or ')} may stand in for ${person}, who must ask them to`,
    ),
    ...(rule.quietHours === undefined ? [] : [`no reminder ${quiet(rule.quietHours)}`]),
    ...(rule.signIn ? ['a link asks for a sign-in'] : []),
    ...(rule.freeze ?? []).map((one) => `held by the freeze ${one.name} while it lasts: ${hoursOf(one)}`),
    ...(rule.windows === undefined
      ? []
      : [`applied only in a window: ${rule.windows.map((one) => `${one.name}, ${hoursOf(one)}`).join('; ')}`]),
    ...(emergency === undefined
      ? []
      : [
          `in an emergency ${emergency.quorum} of ${emergency.approvers.join(', ')}; reviewed by ${emergency.breakGlass?.reviewers.join(', ')}`,
        ]),
    ...Object.entries(knownOf(rules)).flatMap(([who, known]) =>
      Object.entries(known).map(([name, values]) => `every request of the ${who} has ${name} ${values.join(' or ')}`),
    ),
    ...(allowed.ok
      ? []
      : submitter === ''
        ? [`only ${allowed.teams.join(', ')} may submit for it`]
        : [`${submitter} may not submit for it: only ${allowed.teams.join(', ')}`]),
    '',
  ].join('\n');
}

const quiet = ({ from, to, timeZone, days }: NonNullable<FrozenRule['quietHours']>): string =>
  `from ${from} to ${to} ${timeZone}${days === undefined ? '' : `, nor on ${days.join(', ')}`}`;

/** When a freeze or a window is, on its own clock. */
function hoursOf(window: Freeze): string {
  if (!('timeZone' in window)) return `${window.from} to ${window.to}`;
  const { days, from, to, timeZone } = window;
  return `${days.join(', ')} ${from === undefined ? 'all day' : `${from} to ${to}`} ${timeZone}`;
}

const asked = (rule: FrozenRule, submitter: string): string[] =>
  stagesOf(rule).map(({ name, quorum, approvers }, i) => {
    const people = approvers.filter((person) => person !== submitter);
    const short = people.length < quorum ? ' (NOT ENOUGH)' : '';
    return `${i === 0 ? 'asks' : 'then asks'} ${quorum} of ${people.join(', ') || 'nobody'}${rule.stages === undefined ? '' : ` (${name})`}${short}`;
  });

if (import.meta.main) {
  const { out, code } = rulesCommand(process.argv.slice(2));
  (code === 0 ? process.stdout : process.stderr).write(out);
  process.exitCode = code;
}
