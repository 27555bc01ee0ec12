import { readFileSync } from 'node:fs';
import { checkRetention, type Retention, readRetention } from '../change/retention.ts';
import type { Rules } from '../change/rules.ts';

let loaded: Rules | undefined;

/**
 * The rules of this deployment, read once: the rules file as it was read and checked when the lambdas were packaged
 * (bin/packageRules.ts). Throws where there is none, or something else, or where what is remembered would go while a change by them
 * is open: nobody is asked by wrong rules.
 */
export function loadRules(): Rules {
  if (loaded !== undefined) return loaded;
  const path = process.env.RULES_FILE ?? 'rules.json';
  const rules = JSON.parse(readFileSync(path, 'utf8')) as Rules;
  if (!/^[0-9a-f]{64}$/.test(rules.sha256)) throw new Error(`${path} was not made from a rules file`);
  checkRetention(retention(), rules);
  loaded = rules;
  return loaded;
}

let kept: Retention | undefined;

/** How long what goes by itself is kept in this deployment, read once. Throws where a setting is no such time. */
export function retention(): Retention {
  kept ??= readRetention(process.env);
  return kept;
}
