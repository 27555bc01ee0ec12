import { describe, expect, it } from 'vitest';
import { nothingForeign, replayForeign } from '../../lib/audit/replayForeign.ts';
import type { ForeignFact } from '../../lib/change/foreign.ts';
import { happenings } from './honest.ts';

const honest = happenings(1, 'outside')
  .map(({ fact }) => fact)
  .filter(({ type }) => type !== 'SUBMITTED') as ForeignFact[];
const [baselined, written, traced, adopted, told] = honest as [
  ForeignFact,
  ForeignFact,
  ForeignFact,
  ForeignFact,
  ForeignFact,
];

/** Why the last of these facts cannot come after those before it, which can. */
function last(...facts: ForeignFact[]): string | undefined {
  const state = nothingForeign();
  const whys = facts.map((fact) => replayForeign(state, fact));
  expect(whys.slice(0, -1).every((why) => why === undefined)).toBe(true);
  return whys.at(-1);
}
const spelled = (fact: ForeignFact) => ({ ...fact, approvers: ['Kim@Example.com'] }) as ForeignFact;
const by = (fact: ForeignFact, person: string) => ({ ...fact, person }) as ForeignFact;

describe('facts about keys', () => {
  it('come as they honestly do', () => expect(last(...honest)).toBeUndefined());

  it.each<[string, ForeignFact[]]>([
    ['a second baseline', [baselined, { ...baselined, change: 'out_x' }]],
    ['a baseline after a foreign write, which would hide it', [written, baselined]],
    ['a write that is found twice', [written, written]],
    ['a write that is found again after it was adopted', [written, traced, adopted, written]],
    ['a write that a person found', [by(written, 'sam@example.com')]],
    ['a trace of nothing', [traced]],
    ['a second trace', [written, traced, traced]],
    ['an adoption of nothing', [adopted]],
    ['a second adoption', [written, traced, adopted, adopted]],
    ['an adoption before it is known who wrote it', [written, adopted]],
    ['an adoption by somebody whom the rule does not name', [written, traced, by(adopted, 'eve@example.com')]],
    ['an adoption by whoever wrote it', [written, traced, by(adopted, 'kim@example.com')]],
    ['an adoption by whoever wrote it, spelled otherwise', [spelled(written), traced, by(adopted, 'Kim@Example.com')]],
    ['an adoption without a reason', [written, traced, { ...adopted, comment: ' ' } as ForeignFact]],
    ['word of a write under another key', [written, { ...told, keyArn: 'arn:other' }]],
  ])('refuses %s', (_, facts) => expect(last(...facts)).toBeDefined());
});
