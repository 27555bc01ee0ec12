import { readBody } from '../audit/chain.ts';
import type { Fact } from '../change/facts.ts';
import { sha256 } from '../policy/document/canonical.ts';
import { readChange } from '../store/changes.ts';
import { type IntentFact, isIntent, listFacts, logHead, readEntries, readFacts } from '../store/log.ts';
import type { TrailWrite } from './trail.ts';

/** Milliseconds by which the clocks of KMS and of a lambda may differ, and by which a put may land after the record of its end. */
const SLACK = 60_000;
/** Intents of a key that are looked at, newest first, and newest entries of the whole log. */
const INTENTS = 20;
const TAIL = 200;

/**
 * Had a change asked for this put of the applier's role? It must have recorded its intent for exactly these bytes before, and its
 * result, if there is one, not before the put. Without one, somebody else holds the role.
 */
export async function wasAskedFor({ keyArn, policy, writtenAt }: TrailWrite): Promise<boolean> {
  const put = Date.parse(writtenAt);
  for await (const intent of intentsOf(keyArn)) {
    if (policy !== undefined && intent.binding.after !== sha256(policy)) continue;
    // CloudTrail cuts the time to the second.
    if (Date.parse(intent.at) > put + 1_000 + SLACK) continue;
    const stored = await readChange(intent.change);
    if (stored === undefined) continue;
    const end = await endOf(intent, stored.seqs);
    if (end === undefined || put <= end + SLACK) return true;
  }
  return false;
}

/** The newest intents of a key: by its index, and then by the end of the log itself, since an index may be behind. */
async function* intentsOf(keyArn: string): AsyncGenerator<IntentFact> {
  const { facts } = await listFacts({ key: keyArn, kind: 'INTENT' }, { limit: INTENTS });
  for (const fact of facts) if (isIntent(fact)) yield fact;
  const { seq } = await logHead();
  for await (const page of readEntries(Math.max(0, seq - TAIL), seq)) {
    for (const { body } of page) {
      const fact = readBody(body);
      if (isIntent(fact) && fact.keyArn === keyArn) yield fact;
    }
  }
}

const RESULTS: ReadonlySet<Fact['type']> = new Set([
  'APPLIED',
  'APPLY_HELD',
  'REVERTED',
  'STALE',
  'FAILED',
  'UNCERTAIN',
]);

/** When the result of an intent was recorded, in milliseconds; undefined while there is none. */
async function endOf(intent: IntentFact, seqs: readonly number[]): Promise<number | undefined> {
  const result = (await readFacts(seqs.filter((seq) => seq > intent.seq))).find(({ type }) => RESULTS.has(type));
  return result === undefined ? undefined : Date.parse(result.at);
}
