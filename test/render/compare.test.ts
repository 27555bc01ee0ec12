import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePolicies, type Passage, type Row } from '../../lib/render/compare.ts';
import { policyDiff } from '../../lib/render/diff.ts';
import { layOutText } from '../../lib/render/document.ts';
import { AFTER, BEFORE } from '../fixtures/changeView.ts';
import { policyValue } from '../policy/arbitrary.ts';

const text = JSON.stringify;
const beforeOf = (row: Row) => (row.kind === 'added' ? [] : [row.before]);
const afterOf = (row: Row) => (row.kind === 'removed' ? [] : [row.after]);
const rowsOf = (passages: Passage[]) => passages.flatMap(({ rows }) => rows);

/** Two policies that share statements, as a before and an after do. */
const pair = fc
  .tuple(policyValue, policyValue, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }))
  .map(([a, b, take]) => {
    const [x, y] = [a, b].map(({ Statement }) => (Array.isArray(Statement) ? Statement : [Statement]));
    const mixed = [...(x ?? []).filter((_, i) => take[i % 8]), ...(y ?? []).filter((_, i) => !take[i % 8])];
    return [a, { ...b, Statement: mixed }] as const;
  });

/** A value with its names sorted and, where a list may stand, single values as lists: what layOut promises to keep. */
function meaning(document: { Statement?: unknown }): string {
  const list = (value: unknown) =>
    Array.isArray(value) || (typeof value === 'object' && value !== null) ? value : [value];
  const each = (value: unknown, change: (inner: unknown) => unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([name, inner]) => [name, change(inner)])
      : value;
  const statement = (value: unknown) =>
    each(value, (inner) => inner) === value
      ? value
      : Object.entries(value as Record<string, unknown>)
          .map(([name, inner]): [string, unknown] => {
            if (/^(Not)?(Action|Resource)$/.test(name)) return [name, list(inner)];
            if (/^(Not)?Principal$/.test(name)) return [name, each(inner, list)];
            if (name === 'Condition') return [name, each(inner, (operator) => each(operator, list))];
            return [name, inner];
          })
          .sort(([a], [b]) => (a < b ? -1 : 1));
  const { Statement, ...rest } = document;
  const statements = (Array.isArray(Statement) ? Statement : [Statement]).map(statement);
  return text([Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)), statements]);
}

describe('laying a document out', () => {
  it('keeps every value, in its list and in its order', () => {
    fc.assert(
      fc.property(policyValue, (document) => {
        const laidOut = JSON.parse(layOutText(text(document))) as { Statement?: unknown };
        expect(meaning(laidOut)).toBe(meaning(JSON.parse(text(document))));
      }),
    );
  });

  it('puts the elements in the order in which AWS documents them', () => {
    const odd = {
      Statement: { Resource: '*', Action: 'kms:*', Extra: 1e2, Principal: '*', Effect: 'Deny', Sid: 's' },
      Version: 'v',
    };
    expect(layOutText(text(odd))).toBe(
      [
        '{',
        '  "Version": "v",',
        '  "Statement": [',
        '    {',
        '      "Sid": "s",',
        '      "Effect": "Deny",',
        '      "Principal": "*",',
        '      "Action": [',
        '        "kms:*"',
        '      ],',
        '      "Resource": ["*"],',
        '      "Extra": 100',
        '    }',
        '  ]',
        '}',
      ].join('\n'),
    );
  });

  it('shows what follows the statements, and keeps the spelling of numbers', () => {
    expect(layOutText('{"Statement":[],"X":{"a":1.0,"b":[],"c":[1e2,{"d":null}]}}')).toBe(
      '{\n  "Statement": [\n  ],\n  "X": {\n    "a": 1.0,\n    "b": [],\n    "c": [\n      1e2,\n      {\n        "d": null\n      }\n    ]\n  }\n}',
    );
  });

  it.each(['not json', '[1]', '{"Version":"x"}', '{"Statement":[],"Statement":[]}', ''])(
    'gives back as it is what is no policy: %s',
    (document) => {
      expect(layOutText(document)).toBe(document);
    },
  );
});

describe('comparing two documents', () => {
  it('loses no line of either', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const rows = rowsOf(comparePolicies(text(a), text(b)));
        expect(rows.flatMap(beforeOf).join('\n')).toBe(layOutText(text(a)));
        expect(rows.flatMap(afterOf).join('\n')).toBe(layOutText(text(b)));
      }),
    );
  });

  it('loses no line in the page either: signs and lines give both documents back', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        fc.pre(meaning(a) !== meaning(b));
        const shown = linesIn(policyDiff(comparePolicies(text(a), text(b))).toString());
        const bare = (document: string) => document.replace(/,$/gm, '');
        const side = (other: string) =>
          shown
            .filter(({ kind }) => kind !== other)
            .map(({ line }) => line)
            .join('\n');
        if (shown.length === 0) return;
        expect(bare(side('added'))).toBe(bare(layOutText(text(a))));
        expect(bare(side('removed'))).toBe(bare(layOutText(text(b))));
      }),
    );
  });

  it('finds nothing between a document and itself, also when its elements are in another order', () => {
    const turned = {
      Statement: BEFORE.Statement.map((s) => Object.fromEntries(Object.entries(s).reverse())),
      Id: BEFORE.Id,
      Version: BEFORE.Version,
    };
    const rows = rowsOf(comparePolicies(text(BEFORE), text(turned)));
    expect(rows.every(({ kind }) => kind === 'same')).toBe(true);
    expect(policyDiff(comparePolicies(text(BEFORE), text(turned))).toString()).toContain('No line differs');
  });

  it('pairs statements by Sid, so that a new one reads as one piece', () => {
    const passages = comparePolicies(text(BEFORE), text(AFTER)).filter(({ kind }) => kind !== 'frame');
    expect(passages.map(({ kind, statement, sid }) => `${kind} ${statement} ${sid}`)).toEqual([
      'same 1 Enable IAM User Permissions',
      'changed 2 Allow access for Key Administrators',
      'changed 3 Allow use of the key',
      'changed 4 Reports through S3 only',
      'added 5 Allow the settlement partner',
    ]);
  });

  it('never pairs two Sids, however alike their statements are', () => {
    const one = (Sid: string) => ({
      Statement: { Sid, Effect: 'Allow', Principal: '*', Action: ['kms:Sign', 'kms:Verify'], Resource: '*' },
    });
    const kinds = comparePolicies(text(one('Old')), text(one('New'))).map(({ kind }) => kind);
    expect(kinds).toEqual(['frame', 'removed', 'added', 'frame']);
  });

  it('pairs statements without a Sid by what they share', () => {
    const grant = (actions: string[]) => ({
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:role/App' },
      Action: actions,
      Resource: '*',
    });
    const deny = { Effect: 'Deny', Principal: '*', Action: 'kms:Sign', Resource: '*' };
    const kinds = comparePolicies(
      text({ Statement: [grant(['kms:Decrypt'])] }),
      text({ Statement: [deny, grant(['kms:Decrypt', 'kms:Encrypt'])] }),
    ).map(({ kind }) => kind);
    expect(kinds).toEqual(['frame', 'added', 'changed', 'frame']);
  });

  it('does not call a line changed for the comma that follows it', () => {
    const changed = rowsOf(comparePolicies(text(BEFORE), text(AFTER))).filter(({ kind }) => kind !== 'same');
    expect(changed.flatMap(afterOf)).toContain('          "arn:aws:iam::111122223333:role/payments-worker"');
    expect(changed.flatMap(beforeOf)).toEqual(['            "s3.us-east-1.amazonaws.com"']);
  });

  it('still answers, losing nothing, when two large documents share nothing', () => {
    const many = (name: string) => ({
      Statement: [{ Sid: 's', Action: Array.from({ length: 3_000 }, (_, i) => `kms:${name}${i}`) }],
    });
    const rows = rowsOf(comparePolicies(text(many('A')), text(many('B'))));
    expect(rows.flatMap(beforeOf).join('\n')).toBe(layOutText(text(many('A'))));
    expect(rows.flatMap(afterOf).join('\n')).toBe(layOutText(text(many('B'))));
  });
});

describe('the comparison as a page shows it', () => {
  const shown = policyDiff(comparePolicies(text(BEFORE), text(AFTER))).toString();

  it('marks each changed line with a sign and with a word', () => {
    expect(shown).toContain('<span class="sign" aria-hidden="true">+</span><span class="unseen">added: </span>');
    expect(shown).toContain('<span class="sign" aria-hidden="true">−</span><span class="unseen">removed: </span>');
  });

  it('marks what differs within a line', () => {
    expect(shown).toContain('&quot;s3.<mark>us-east</mark>-1.amazonaws.com&quot;');
    expect(shown).toContain('&quot;s3.<mark>eu-central</mark>-1.amazonaws.com&quot;');
  });

  it('folds the statement that did not change, and only unchanged lines', () => {
    const folds = shown.match(/<details>.*?<\/details>/gs) ?? [];
    expect(folds.join('')).toContain('Enable IAM User Permissions');
    expect(folds.length).toBeGreaterThan(0);
    for (const fold of folds) expect(fold).not.toMatch(/row (added|removed)/);
  });

  it('never folds who, what and when of a statement that changed', () => {
    const open = shown.replace(/<details>.*?<\/details>/gs, '');
    for (const [i, statement] of AFTER.Statement.entries()) {
      if (i > 0) expect(open).toContain(statement.Sid);
    }
    expect(open).toContain('kms:ViaService');
    expect(open.match(/&quot;Effect&quot;/g)).toHaveLength(4);
  });
});

/** The lines of a comparison, read back from the markup. */
function linesIn(markup: string): { kind: string; line: string }[] {
  const row = /<div class="row (\w+)">.*?<span class="line h\d+">(.*?)<\/span><\/div>/gs;
  const char: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`', amp: '&' };
  return [...markup.matchAll(row)].map(([, kind = '', line = '']) => ({
    kind,
    line: line
      .replace(/<[^>]*>/g, '')
      .replace(/&(lt|gt|quot|#39|#96|amp);/g, (_, name: string) => char[name] ?? '')
      .replace(/‹U\+([0-9A-F]{4,6})›/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16))),
  }));
}
