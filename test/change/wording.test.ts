import { describe, expect, it } from 'vitest';
import { TRANSITIONS } from '../../lib/change/change.ts';
import {
  approvedBy,
  confirmWordOf,
  counted,
  fromNow,
  keyName,
  listed,
  STATUS_WORDS,
  timeSentences,
  utc,
  wordsOf,
} from '../../lib/change/wording.ts';
import { changeView } from '../fixtures/changeView.ts';

const NOW = '2026-11-24T21:10:00.000Z';

describe('time in words', () => {
  it.each([
    ['2026-11-27T21:10:00.000Z', 'in 3 days'],
    ['2026-11-27T21:09:59.999Z', 'in 2 days 23 hours'],
    ['2026-11-24T22:11:00.000Z', 'in 1 hour 1 minute'],
    ['2026-11-25T21:40:00.000Z', 'in 1 day'],
    ['2026-11-24T21:10:30.000Z', 'in less than a minute'],
    ['2026-11-24T21:10:00.000Z', 'just now'],
    ['2026-11-24T21:09:10.000Z', 'just now'],
    ['2026-11-24T20:10:00.000Z', '1 hour ago'],
    ['2026-11-20T19:10:00.000Z', '4 days 2 hours ago'],
    ['nonsense', 'at an unknown time'],
  ])('%s is %s', (at, words) => {
    expect(fromNow(at, NOW)).toBe(words);
  });

  it('gives the absolute time in UTC, whatever zone it was written in', () => {
    expect(utc('2026-11-24T19:08:33.000Z')).toBe('Tue 24 Nov 2026, 19:08 UTC');
    expect(utc('2026-12-31T23:30:00-02:00')).toBe('Fri 1 Jan 2027, 01:30 UTC');
    expect(utc('soon')).toBe('soon');
  });
});

describe('names and numbers', () => {
  it('calls a key by its first alias, or by its id', () => {
    const key = { keyId: '1234abcd-12ab-34cd-56ef-1234567890ab', aliases: ['alias/prod/ledger', 'alias/z'] };
    expect([keyName(key), confirmWordOf(key)]).toEqual(['prod/ledger', 'prod/ledger']);
    expect([keyName({ ...key, aliases: [] }), confirmWordOf({ ...key, aliases: [] })]).toEqual([key.keyId, '1234abcd']);
  });

  it('counts and lists', () => {
    expect([counted(1, 'approval'), counted(0, 'approval')]).toEqual(['1 approval', '0 approvals']);
    expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
  });

  it('counts an approver once, and neither the submitter nor a stranger', () => {
    const change = changeView();
    const by = (person: string) => ({ person, decision: 'approve', comment: '', channel: 'api', at: NOW }) as const;
    const decisions = [by('kim@example.com'), by('kim@example.com'), by(change.submitter), by('eve@example.com')];
    const approval = { ...change.approval, approvers: ['kim@example.com', change.submitter], decisions };
    expect(approvedBy({ ...change, approval })).toEqual(['kim@example.com']);
  });

  it('says by what an approved change is held and until when, in the place of what it waits for', () => {
    const waits = changeView({ status: 'APPROVED', applyAfter: '2026-11-26T08:00:00.000Z', windows: ['release'] });
    const told = (by: string, until?: string) => {
      const held = { by, applyBy: '2026-11-28T10:00:00.000Z', ...(until === undefined ? {} : { until }) };
      return timeSentences({ ...waits, held });
    };
    expect(timeSentences(waits)).toHaveLength(2);
    expect(told('the window release', '2026-11-26T10:00:00.000Z')).toEqual([
      'Approved, and held by the window release until Thu 26 Nov 2026, 10:00 UTC: it is applied then.',
    ]);
    expect(told('applyAfter', '2026-11-26T08:00:00.000Z')).toEqual([
      'Approved, and held until Thu 26 Nov 2026, 08:00 UTC: it is applied then.',
    ]);
    expect(told('the freeze year end')).toEqual([
      'Approved, and held by the freeze year end for longer than it may be applied: it expires on Sat 28 Nov 2026, 10:00 UTC if the rules file stays as it is.',
    ]);
    const held = { by: 'applyAfter', applyBy: '2026-11-28T10:00:00.000Z' };
    expect([wordsOf(waits).title, wordsOf({ ...waits, held }).title]).toEqual(['Approved', 'Approved, and held']);
  });

  it('has words for every state', () => {
    for (const status of Object.keys(TRANSITIONS)) expect(STATUS_WORDS).toHaveProperty(status);
  });
});
