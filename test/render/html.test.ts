import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, html, trusted } from '../../lib/render/html.ts';

describe('html', () => {
  it('escapes what stands in a hole, in text and in quotes', () => {
    expect(html`<p title="${'a"b\'c`'}">${'<b>&amp;'}</p>`.toString()).toBe(
      '<p title="a&quot;b&#39;c&#96;">&lt;b&gt;&amp;amp;</p>',
    );
  });

  it('sets in what it made itself, also in lists and lists of lists', () => {
    const items = ['<', '2'].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${[items, [3]]}</ul>`.toString()).toBe('<ul><li>&lt;</li><li>2</li>3</ul>');
  });

  it('prints nothing for null, undefined and false, but does print 0 and the empty string', () => {
    expect(html`[${null}${undefined}${false}${0}${''}]`.toString()).toBe('[0]');
  });

  it('does not take an object that only looks like markup', () => {
    const lookalike = { toString: () => '<script>' } as unknown as string;
    expect(html`${lookalike}`.toString()).toBe('&lt;script&gt;');
    expect(html`${trusted('<hr>')}`.toString()).toBe('<hr>');
  });

  it('lets no text out of an element or of a quoted attribute, and keeps all of it', () => {
    const undo = (text: string) =>
      text
        .replace(/&(lt|gt|quot|#39|#96);/g, (_, name: string) => {
          const chars: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' };
          return chars[name] ?? '';
        })
        .replaceAll('&amp;', '&');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const safe = escapeHtml(text);
        return !/[<>"'`]/.test(safe) && undo(safe) === text;
      }),
    );
  });
});
