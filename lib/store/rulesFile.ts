import { readFileSync } from 'node:fs';
import { parseRules, type Rules } from '../change/rules.ts';

let loaded: Rules | undefined;

/** The rules file of this deployment, read once. A file with an error stops everything: nobody is asked by wrong rules. */
export function loadRules(): Rules {
  if (loaded !== undefined) return loaded;
  const path = process.env.RULES_FILE ?? 'rules.yml';
  const parsed = parseRules(readFileSync(path, 'utf8'));
  if (!parsed.ok) {
    const errors = parsed.errors.map(({ line, path: place, message }) => `line ${line} ${place}: ${message}`);
    throw new Error(`${path} is not a rules file: ${errors.join('; ')}`);
  }
  loaded = parsed.rules;
  return loaded;
}
