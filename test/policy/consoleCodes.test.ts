import { describe, expect, it } from 'vitest';
import { changeView } from '../../lib/http/replies.ts';
import { CONSOLE_THEMES, consoleFinding, type EditCode } from '../../lib/policy/console/codes.ts';
import { rulesReference } from '../../lib/policy/rules/reference.ts';
import { RULES } from '../../lib/policy/rules/table.ts';

const codes = CONSOLE_THEMES.flatMap(({ codes }) => Object.entries(codes));

describe('the codes of edits and copies', () => {
  it('take severity and the error of KMS from the table, and place and words from where they are found', () => {
    for (const [code, { severity, aws }] of codes) {
      const found = consoleFinding(code as EditCode, { message: 'm', path: '/p', fix: 'f' });
      expect(found).toStrictEqual({ code, severity, message: 'm', path: '/p', fix: 'f', ...(aws && { aws }) });
    }
  });

  it('stand on the reference page, each once', () => {
    const page = rulesReference();
    for (const [code, { title, source }] of codes) {
      expect(page.split(`### ${code}\n`)).toHaveLength(2);
      expect(page).toContain(`${title}. (`);
      expect(source).not.toBe('');
    }
    expect(new Set([...codes.map(([code]) => code), ...RULES.map(({ code }) => code)]).size).toBe(
      codes.length + RULES.length,
    );
  });
});

it('no finding speaks to an approver in the names of the API’s fields', () => {
  const names = Object.keys(changeView.shape).filter((name) => /[a-z][A-Z]/.test(name));
  expect(names).toContain('externalPolicies');
  const texts = [...RULES, ...codes.map(([, text]) => text)].flatMap(({ title, fix }) => [title, fix]);
  expect(texts.filter((text) => names.some((name) => text.includes(name)))).toEqual([]);
});
