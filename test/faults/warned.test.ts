import { afterAll, beforeAll, expect, it } from 'vitest';
import { toAsk } from '../../lib/change/push.ts';
import { Lab } from './lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
});
afterAll(() => lab.close());

/** The role of the lab may send no mail: what warns the author fails. */
it('knows who was asked even when the warning that no mail reaches them fails, and asks nobody again', async () => {
  const { askApprovers } = await import('../../lib/workflow/ask.ts');
  const { noteUnreachable } = await import('../../lib/store/unreachable.ts');
  const { put } = await import('../../lib/store/table.ts');
  const change = await lab.pending();
  const { id } = change;
  const at = lab.now().toISOString();
  await put(toAsk(change, at).map((person) => noteUnreachable(person, lab.rules.sha256, at)));
  const ask = () => askApprovers(id, `AQC${'A'.repeat(64)}`, lab.rules, at);
  await expect(ask()).rejects.toThrow('could be warned');
  await ask();
  const { items } = await lab.outcome(id);
  expect(items.filter((item) => String(item.body).includes('"type":"ASKED"'))).toHaveLength(1);
});
