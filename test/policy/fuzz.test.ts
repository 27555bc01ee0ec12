import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalHash } from '../../lib/policy/document/canonical.ts';
import { parseKeyPolicy } from '../../lib/policy/document/parse.ts';
import { externalPolicies } from '../../lib/policy/externalPolicies.ts';
import { RULES } from '../../lib/policy/rules/table.ts';
import { runs } from '../runs.ts';
import { mutatedPolicy, policyValue } from './arbitrary.ts';
import { judge, KEY } from './judge.ts';

const CODES = new Map(RULES.map((rule) => [rule.code, rule]));

/** Whatever the text, the answer is findings of the table with places in the text, and never an exception. */
function sound(text: string): void {
  const { findings, policy, text: sent } = judge(text);
  for (const finding of findings) {
    expect(CODES.get(finding.code)).toMatchObject({ severity: finding.severity });
    expect(finding.message.length).toBeLessThan(2000);
    if (finding.line !== undefined) expect(finding.line).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length);
  }
  if (policy === undefined) expect(findings.some(({ severity }) => severity === 'error')).toBe(true);
  else {
    externalPolicies(policy, KEY);
    const read = parseKeyPolicy(sent);
    if (read.ok) expect(canonicalHash(read.policy)).toBe(canonicalHash(policy));
  }
}

describe('nothing throws and nothing slips through', () => {
  it('for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), sound), { numRuns: runs(300) });
  });
  it('for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const result = parseKeyPolicy(bytes);
        if (!result.ok) expect(result.findings.length).toBeGreaterThan(0);
      }),
    );
  });
  it('for any policy', () => {
    fc.assert(
      fc.property(policyValue, (value) => sound(JSON.stringify(value))),
      { numRuns: runs(500) },
    );
  });
  it('for policies with damage', () => {
    fc.assert(fc.property(mutatedPolicy, sound), { numRuns: runs(1000) });
  });
  it('for policies with any JSON in any place', () => {
    const vectors: { policy: unknown }[] = JSON.parse(
      readFileSync(new URL('../vectors/kms.json', import.meta.url), 'utf8'),
    );
    const texts = vectors.map(({ policy }) => JSON.stringify(policy)).filter((text) => text.startsWith('{'));
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(), fc.jsonValue({ maxDepth: 2 }), (text, seed, value) => {
        const strings = [...text.matchAll(/"[^"]*"/g)];
        const place = strings[seed % strings.length];
        if (place === undefined) return;
        sound(text.slice(0, place.index) + JSON.stringify(value) + text.slice(place.index + place[0].length));
      }),
      { numRuns: runs(1000) },
    );
  });
  it.each([
    ['a deep list', `{"Statement":${'['.repeat(50_000)}`],
    ['many statements', `{"Statement":[${'{},'.repeat(40_000)}{}]}`],
    ['a name that is everywhere', '{"__proto__":{},"constructor":1,"toString":[],"Statement":{"__proto__":[]}}'],
    [
      'prototype names as values',
      '{"Version":"__proto__","Statement":{"Effect":"Allow","Principal":{"AWS":"constructor"},"Action":"toString","Resource":"__proto__","Condition":{"constructor":{"hasOwnProperty":"valueOf"}}}}',
    ],
    [
      'globs that look expensive',
      `{"Statement":{"Effect":"Allow","Principal":"*","Resource":"*","Action":[${`"${'kms:*a*b'.repeat(30)}",`.repeat(100)}"x"]}}`,
    ],
  ])('for %s', (_name, text) => sound(text));
});
