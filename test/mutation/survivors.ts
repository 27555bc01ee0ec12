import { globSync, readFileSync } from 'node:fs';
import type { schema } from '@stryker-mutator/api/core';
import type { Reporter } from '@stryker-mutator/api/report';

/**
 * Holds the mutants that live against docs/mutants/, where each has been read and stands under the reason why no test can or need
 * kill it. What lives and stands nowhere is printed as a row to put there, and fails the run; so does a row that lives no more.
 */
const READ = 'docs/mutants/*.md';
const FILE = /^## `(?<file>.+)`$/;

/**
 * The rows of the survivors of one file: what was changed, into what, and in which line, each cut at 90 characters.
 * A row that stands twice gets a number.
 */
export function rowsOf({ source, mutants }: schema.FileResult): string[] {
  const lines = source.split('\n');
  const seen = new Map<string, number>();
  return mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(({ location: { start, end }, replacement }) => {
      const before = lines.slice(start.line - 1, end.line);
      before[before.length - 1] = before.at(-1)?.slice(0, end.column - 1) ?? '';
      before[0] = before[0]?.slice(start.column - 1) ?? '';
      const row = `- ${code(before.join(' '))} → ${code(replacement ?? '')} in ${code(lines[start.line - 1] ?? '')}`;
      const times = (seen.get(row) ?? 0) + 1;
      seen.set(row, times);
      return times === 1 ? row : `${row} #${times}`;
    });
}

function code(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return `\`\` ${line.length > 90 ? `${line.slice(0, 90)}…` : line} \`\``;
}

/** By file: the rows that stand in docs/mutants/. */
function readRows(): Map<string, Set<string>> {
  const rows = new Map<string, Set<string>>();
  let file = '';
  for (const line of globSync(READ).flatMap((page: string) => readFileSync(page, 'utf8').split('\n'))) {
    file = FILE.exec(line)?.groups?.file ?? file;
    if (line.startsWith('- ``')) rows.set(file, (rows.get(file) ?? new Set()).add(line));
  }
  return rows;
}

const reporter: Reporter = {
  onMutationTestReportReady({ files }) {
    const read = readRows();
    for (const [file, result] of Object.entries(files)) {
      const [live, stand] = [new Set(rowsOf(result)), read.get(file) ?? new Set<string>()];
      const unread = [...live].filter((row) => !stand.has(row));
      const gone = [...stand].filter((row) => !live.has(row));
      if (unread.length + gone.length === 0) continue;
      process.exitCode = 1;
      console.log([`\n## \`${file}\``, ...unread].join('\n'));
      if (gone.length > 0) console.log(['\nThese live no more:', ...gone].join('\n'));
    }
  },
};

export const strykerPlugins = [{ kind: 'Reporter', name: 'survivors', value: reporter }];
