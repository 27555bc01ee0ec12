import { LOG } from '../audit/chain.ts';
import type { Rules } from '../change/rules.ts';
import { checkpointMail } from '../notify/checkpointMail.ts';
import { newestCheckpoint } from '../store/checkpoints.ts';
import { get, put } from '../store/table.ts';
import { deliver } from './deliver.ts';

const TOLD = { pk: `WITNESS#${LOG}`, sk: 'TOLD' };

/**
 * Mails the newest checkpoint to everybody under `auditors` in the rules file, once. What they keep is out of the reach of
 * whoever can write the table, the bucket and the notary's key: a history that was rewritten does not fit it.
 */
export async function tellAuditors(rules: Rules): Promise<{ seq: number; mailed: string[] } | undefined> {
  const { auditors = [] } = rules;
  const [newest, told] = await Promise.all([newestCheckpoint(), get(TOLD)]);
  if (newest === undefined || auditors.length === 0 || told?.seq === newest.seq) return undefined;
  const mail = checkpointMail(newest);
  const { mailed, failed } = await deliver(auditors.map((person) => ({ person, mail })));
  if (mailed.length === 0) throw new Error(`no auditor could be reached: ${failed[0]?.error}`);
  // Said after it was done: two that run at once, or a crash between the two, tell twice and never not at all.
  await put([{ put: { ...TOLD, seq: newest.seq } }]);
  return { seq: newest.seq, mailed };
}
