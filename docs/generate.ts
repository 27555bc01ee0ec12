import { readFileSync, writeFileSync } from 'node:fs';
import { rulesJsonSchema } from '../lib/change/rules/schema.ts';
import { rulesReference } from '../lib/policy/rules/reference.ts';
import { type CostCounts, costPage } from './cost.ts';

/** `npm run docs`: the pages that are made from what they describe. Tests hold that they are current. */

interface State {
  Type: string;
  Comment?: string;
  Next?: string;
  Default?: string;
  Choices?: { StringEquals: string; Next: string }[];
  Catch?: { ErrorEquals: string[]; Next: string }[];
}

/** The state machine as a Mermaid diagram with a line for each state. */
export function statesPage(asl: string): string {
  const { StartAt, States } = JSON.parse(asl) as { StartAt: string; States: Record<string, State> };
  const arrows = Object.entries(States).flatMap(([name, state]) => [
    ...(state.Next === undefined ? [] : [`${name} --> ${state.Next}`]),
    ...(state.Choices ?? []).map((choice) => `${name} --> ${choice.Next}: ${choice.StringEquals}`),
    ...(state.Default === undefined ? [] : [`${name} --> ${state.Default}: otherwise`]),
    ...(state.Catch ?? []).map((caught) => `${name} --> ${caught.Next}: ${caught.ErrorEquals.join(', ')}`),
    ...(state.Type === 'Succeed' || state.Type === 'Fail' ? [`${name} --> [*]`] : []),
  ]);
  const rows = Object.entries(States).map(([name, state]) => `| ${name} | ${state.Type} | ${state.Comment ?? ''} |`);
  return `# The state machine

Written by \`npm run docs\` from \`statemachine/approval.asl.json\`; do not edit.

\`\`\`mermaid
stateDiagram-v2
  [*] --> ${StartAt}
${[...new Set(arrows)].map((arrow) => `  ${arrow}`).join('\n')}
\`\`\`

| state | type | |
| --- | --- | --- |
${rows.join('\n')}
`;
}

/** The JSON Schema of the rules file, as it is published. */
export const rulesSchemaFile = (): string => `${JSON.stringify(rulesJsonSchema(), null, 2)}\n`;

/** The page of what it costs, with what was counted last. */
export const costsPage = (): string =>
  costPage(readFileSync('docs/cost.md', 'utf8'), JSON.parse(readFileSync('docs/cost.json', 'utf8')) as CostCounts);

if (import.meta.main) {
  writeFileSync('docs/cost.md', costsPage());
  writeFileSync('docs/rules-file.schema.json', rulesSchemaFile());
  writeFileSync('docs/rules.md', rulesReference());
  writeFileSync('docs/states.md', statesPage(readFileSync('statemachine/approval.asl.json', 'utf8')));
}
