import { expect, test } from 'vitest';
import { abilities } from '../../lib/policy/access/ability.ts';
import { compareAccess } from '../../lib/policy/access/access.ts';
import { assessChange } from '../../lib/policy/assess.ts';
import type { AccessEntry, MatrixCell } from '../../lib/policy/types.ts';
import { policyOf } from './arbitrary.ts';
import { drawnPair } from './drawnPolicies.ts';
import { APPLIER, KEY, ROLE } from './judge.ts';

// All that is said of changes drawn from small pools, so that a change of the engine shows what it changes and where. Read the
// difference; `npx vitest run test/policy/drawn.test.ts -u` writes the pages anew.

const PAGES = 34;
/** From which page on statements are drawn from the pools in which callers meet, and from those of one caller. */
const [CLOSE, ONE] = [16, 28];
const ON_A_PAGE = 12;

const entry = (sign: string) => (one: AccessEntry) =>
  `${sign} ${one.principal} ${one.actions.length > 6 ? `${one.actions.slice(0, 5).join(' ')} and ${one.actions.length - 5} more` : one.actions.join(' ')}${one.kind ? ` (${one.kind})` : ''}${one.certainty ? ' (may)' : ''}${one.when ? ` ${JSON.stringify(one.when)}` : ''} by ${one.statements?.join(' ')}`;

/** One line a principal: `yes>no` by verb where it changes, `yes` where not, nothing for `no`. */
function rows(matrix: readonly MatrixCell[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { principal, verb, before, after, within } of matrix) {
    const cell = before === after ? `${before}${within ? ` ${within}` : ''}` : `${before}>${after}`;
    lines.set(principal, [...(lines.get(principal) ?? []), ...(cell === 'no' ? [] : [`${verb} ${cell}`])]);
  }
  return [...lines].map(([principal, cells]) => `| ${principal}: ${cells.join(', ')}`);
}

function told(seed: number): string {
  const { before, after, lines } = drawnPair(
    seed,
    seed >= ONE * ON_A_PAGE ? 'one' : seed >= CLOSE * ON_A_PAGE ? 'close' : 'wide',
  );
  const said = assessChange({
    before: JSON.stringify(before),
    after: JSON.stringify(after, null, 2),
    key: KEY,
    guardians: { applier: APPLIER, breakGlass: [] },
  });
  const { gains, loses, changed, summary, crossAccount, lockout, public: open } = said.access;
  const able = abilities(policyOf(after), KEY, 'kms:PutKeyPolicy');
  return [
    `# ${seed}`,
    ...lines,
    ...gains.map(entry('+')),
    ...loses.map(entry('-')),
    ...changed.map(entry('~')),
    ...summary,
    `${said.risk}: ${said.riskReasons.join(' ')}`,
    `${open ? 'public, ' : ''}${lockout ? 'lockout, ' : ''}accounts ${crossAccount.join(' ')}; may put: ${[ROLE, APPLIER].map((arn) => JSON.stringify(able.of(arn))).join(' ')} ${able.ceiling}`,
    ...rows(said.matrix),
    ...said.findings.map(({ severity, code, path, line, column }) => `${severity} ${code} ${path} ${line}:${column}`),
  ]
    .join('\n')
    .replaceAll(`:${KEY.accountId}:`, ':OWN:');
}

test('the picture shows a change of everybody of whom something is told', () => {
  let shown = 0;
  for (let seed = 0; seed < PAGES * ON_A_PAGE; seed += 1) {
    const { before, after } = drawnPair(seed, seed % 2 === 0 ? 'close' : 'wide');
    const { access, matrix } = compareAccess(policyOf(before), policyOf(after), KEY);
    const changing = new Set(
      matrix.filter((cell) => cell.before !== cell.after || cell.within).map(({ principal }) => principal),
    );
    for (const { principal, actions } of [...access.gains, ...access.loses, ...access.changed]) {
      shown += 1;
      expect({ seed, principal, actions, changes: changing.has(principal) }).toMatchObject({ changes: true });
    }
  }
  expect(shown).toBeGreaterThan(100);
});

test.each(Array.from({ length: PAGES }, (_, page) => page))('page %i', async (page) => {
  const name = `../vectors/told/drawn/${String(page).padStart(2, '0')}.txt`;
  const seeds = Array.from({ length: ON_A_PAGE }, (_, index) => page * ON_A_PAGE + index);
  await expect(`${seeds.map(told).join('\n\n')}\n`).toMatchFileSnapshot(new URL(name, import.meta.url).pathname);
});
