import { getKeyPolicy } from '../aws/kms.ts';
import { WORKFLOW } from '../change/facts.ts';
import type { ForeignWrite } from '../change/foreign.ts';
import { done } from '../change/refusal.ts';
import { foreignMail } from '../notify/foreignMail.ts';
import { policyText } from '../policy/document/canonicalOf.ts';
import { listEveryUnsettled } from '../store/changes.ts';
import { listUntold, readForeign, readKnown, recordForeign } from '../store/foreign.ts';
import { newForeignLink } from '../store/links.ts';
import { put, type Write } from '../store/table.ts';
import { deliver } from './deliver.ts';
import { viewForeign } from './foreignView.ts';
import { inForce } from './inForce.ts';
import { endOvertaken } from './overtaken.ts';
import { mayPass } from './unreached.ts';

/** Days for which the link of a foreign write works. */
const LINK_DAYS = 30;

/** The structured log record of a foreign write; the alarms count these. */
export type ForeignLog = (
  message: 'foreign write' | 'put by the applier that no change asked for',
  write: object,
) => void;

/**
 * What follows from a foreign write: changes that wait on what was there before end, the owners get word with a link each, and the
 * alarm rings. Safe any number of times; what was told is not told again. A crash in between tells twice and never not at all.
 */
export async function settleForeign(id: string, at: string, log: ForeignLog): Promise<void> {
  const stored = await readForeign(id);
  if (stored === undefined) throw new Error(`there is no foreign write ${id}`);
  const { write } = stored;
  await endWaiting(write.key.arn, write.id, detailOf(write), at);
  if (write.told) return;
  log(write.byApplier ? 'put by the applier that no change asked for' : 'foreign write', {
    id,
    key: write.key.arn,
    caller: write.trace?.caller,
    writtenAt: write.trace?.writtenAt,
    after: write.after,
    risk: write.risk,
  });
  const [view, temporary] = await Promise.all([viewForeign(stored), inForce(write.key.arn)]);
  const writes: Write[] = [];
  const messages = write.approvers.map((person) => {
    const expiresAt = new Date(Date.parse(at) + LINK_DAYS * 86_400_000).toISOString();
    const { token, write: link } = newForeignLink({ foreignId: id, person, issuedAt: at, expiresAt });
    writes.push(link);
    // Where a link alone is not enough, there is none: they sign in.
    const address = write.signIn ? undefined : `${process.env.PUBLIC_URL}/foreign/${token}`;
    return { person, mail: foreignMail({ write: view, person, now: at, link: address, temporary }) };
  });
  if (!write.signIn) await put(writes);
  const delivery = await deliver(messages);
  // To whom no mail goes for good, none will go in a minute either.
  if (delivery.mailed.length === 0 && mayPass(delivery)) throw new Error(`nobody could be told of ${id}`);
  await recordForeign(id, { person: WORKFLOW, at }, (now) =>
    done(now.told ? undefined : { type: 'FOREIGN_TOLD', ...delivery }),
  );
}

const detailOf = ({ id, trace, byApplier }: ForeignWrite): string =>
  `${byApplier ? "The applier's own role, asked by no change," : (trace?.caller ?? 'Somebody')} put another policy on this key outside of the workflow (${id}). Nothing of this change was put.`;

/** Ends the changes of a key whose base is neither live nor known any more. Without a live policy nobody can say: nothing ends. */
async function endWaiting(keyArn: string, by: string, detail: string, at: string): Promise<string[]> {
  const live = await getKeyPolicy(keyArn);
  if (live === undefined) return [];
  const known = (await readKnown([keyArn])).get(keyArn);
  const { canonical, sha256 } = policyText(live);
  const bases = [canonical, ...(known === undefined ? [] : [known.canonical])];
  return endOvertaken(keyArn, { bases, live: sha256, by, detail }, at);
}

/** Seconds that an event's own run may take before its work is taken up here. */
const GRACE = 30;

/**
 * Every minute: finishes what a crash left half done. Foreign writes that nobody was told of are told, and changes that wait on a
 * policy that is not the last known one are looked at, and end when it is not live either.
 */
export async function reconcile(at: string, log: ForeignLog): Promise<{ told: string[]; stale: string[] }> {
  const told: string[] = [];
  const failed: unknown[] = [];
  const overdue = new Date(Date.parse(at) - GRACE * 1000).toISOString();
  for (const { id, foundAt } of await listUntold()) {
    if (foundAt > overdue) continue;
    try {
      await settleForeign(id, at, log);
      told.push(id);
    } catch (error) {
      failed.push(error);
    }
  }
  const stale = await endForgotten(at);
  if (failed.length > 0) throw new AggregateError(failed, `${failed.length} foreign writes could not be settled`);
  return { told, stale };
}

async function endForgotten(at: string): Promise<string[]> {
  const waiting = (await listEveryUnsettled()).filter(({ status }) => status === 'PENDING' || status === 'APPROVED');
  const known = await readKnown([...new Set(waiting.map(({ key }) => key.arn))]);
  const stale: string[] = [];
  for (const [arn, { canonical, by }] of known) {
    if (!waiting.some(({ key, binding }) => key.arn === arn && binding.base !== canonical)) continue;
    const detail = `The policy of this key was changed by ${by} while this change waited. Nothing was put.`;
    stale.push(...(await endWaiting(arn, by, detail, at)));
  }
  return stale;
}
