import { expect, test } from 'vitest';
import { judge } from './judge.ts';
import { VALIDATION_CASES } from './validationCases.ts';

test.each(VALIDATION_CASES.map((one) => [one.id, one] as const))('%s', (_, { document, more, codes, aws }) => {
  const { findings } = judge(document, more);
  const told = findings.filter(({ severity }) => severity !== 'info');
  expect([...new Set(told.map(({ code }) => code))].sort()).toEqual(codes);
  expect([...new Set(told.flatMap((finding) => finding.aws ?? []))]).toEqual(aws === undefined ? [] : [aws]);
});
