import { describe, expect, it } from 'vitest';
import { fold } from '../../lib/change/change.ts';
import { summary } from '../../lib/change/view.ts';
import { approval, minute, submitted } from '../fixtures/facts.ts';

describe('what holds an approved change', () => {
  const approved = fold([submitted(), approval('sam@example.com', 1), approval('kim@example.com', 2)]);
  const freeze = (to: string) => ({ freeze: [{ name: 'year end', from: minute(0), to }] });
  const applyBy = minute(160);
  const by = 'the freeze year end';

  it('is in its view until it is over', () => {
    expect(summary(approved, minute(3), freeze(minute(30))).held).toEqual({ by, until: minute(30), applyBy });
    expect(summary(approved, minute(30), freeze(minute(30)))).not.toHaveProperty('held');
    expect(summary(fold([submitted()]), minute(3), freeze(minute(30)))).not.toHaveProperty('held');
    expect(summary(approved, minute(3), {})).not.toHaveProperty('held');
  });

  it('has no end that would be too late', () => {
    expect(summary(approved, minute(3), freeze(minute(159))).held).toEqual({ by, until: minute(159), applyBy });
    expect(summary(approved, minute(3), freeze(applyBy)).held).toEqual({ by, applyBy });
    const over = { windows: [{ name: 'release', from: minute(0), to: minute(1) }] };
    expect(summary(approved, minute(3), over).held).toEqual({ by: 'the window release', applyBy });
  });
});
