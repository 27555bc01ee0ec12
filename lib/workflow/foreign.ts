import { ulid } from 'ulid';
import { places } from '../aws/accounts.ts';
import { describeKey, getKeyPolicy, listKeyArns, whyUnread } from '../aws/kms.ts';
import { type Trace, WORKFLOW } from '../change/facts.ts';
import type { ForeignFact } from '../change/foreign.ts';
import { type Rules, raised, ruleFor } from '../change/rules.ts';
import { assessChange } from '../policy/assess.ts';
import { policyText } from '../policy/document/canonicalOf.ts';
import { parseKeyPolicy } from '../policy/document/parse.ts';
import type { Key, PolicyText } from '../policy/types.ts';
import { listChanges, listEveryUnsettled, readDocuments } from '../store/changes.ts';
import { type KnownPolicy, listKnownArns, recordSighting, type Sighting } from '../store/foreign.ts';
import { isLeased } from '../store/lease.ts';
import { guardians } from './guardians.ts';
import { wasAskedFor } from './ownPut.ts';
import type { TrailWrite } from './trail.ts';

/** Milliseconds in which a read of KMS may still show the policy before the last one: usually seconds, "in some cases several minutes" (KMS Developer Guide, eventual consistency). */
const BEHIND = 600_000;

/**
 * Takes one write of a key's policy that CloudTrail tells of. What a change of ours had asked for is no news. Everything else is
 * recorded, also what was undone since: two writes that cancel each other out are two entries. Safe to be called again with
 * the same event.
 *
 * @returns The id of the foreign write, if it is one.
 */
export async function takeTrailWrite(trail: TrailWrite, rules: Rules, at: string): Promise<string | undefined> {
  const { keyArn, eventId, eventName, writtenAt, caller } = trail;
  const byApplier = eventName === 'PutKeyPolicy' && trail.role === guardians(rules, unseen(keyArn)).applier;
  if (byApplier && (await wasAskedFor(trail))) return undefined;
  const live = await liveText(keyArn);
  // What was sent is the truth about this event; the live text may be a later one.
  const sent = trail.policy !== undefined && parseKeyPolicy(trail.policy).ok ? trail.policy : undefined;
  const text = sent === undefined ? live : policyText(sent);
  if (text === undefined)
    throw new Error(`the policy that ${caller} put on ${keyArn} is neither in the event nor live`);
  const stands = live === undefined || live.canonical === text.canonical;
  const trace: Trace = { caller, writtenAt, eventId };
  const look = async (known: KnownPolicy | undefined): Promise<Sighting | undefined> => {
    if (known === undefined && !byApplier) return baseline(keyArn, live ?? text, at);
    if (known !== undefined && eventName === 'CreateKey') return undefined;
    const traced = known?.untraced.find((one) => one.canonical === text.canonical && writtenAt <= one.foundAt);
    if (known !== undefined && traced !== undefined) {
      const untraced = known.untraced.filter((one) => one !== traced);
      return { known: { ...known, untraced }, fact: about(traced.id, keyArn, at, { type: 'FOREIGN_TRACED', trace }) };
    }
    const found = { foundBy: 'event', trace, stands, ...(byApplier ? { byApplier } : {}) } as const;
    const sighting = await foreign(keyArn, known, text, found, rules, at);
    if (known === undefined || stands) return sighting;
    // Written over since, or a read that is behind: what is live and known stays known, and a comparison will see.
    const keeps = known.canonical === live?.canonical;
    const by = sighting.fact?.change ?? '';
    const expected = { canonical: text.canonical, sha256: text.sha256, by, until: later(at, BEHIND) };
    return keeps ? { ...sighting, known: { ...known, expected } } : sighting;
  };
  return recordSighting(keyArn, look, { id: eventId, at });
}

/**
 * Compares the live policy of a key with the last known one, for what events miss. The first sight is a baseline. While a change is
 * being applied nothing is said: its result will say what is live.
 *
 * @returns The id of the foreign write, if there is one.
 * @throws when the key was seen before and cannot be read any more: a policy may have shut us out
 */
export function compareKey(keyArn: string, rules: Rules, at: string): Promise<string | undefined> {
  return recordSighting(keyArn, async (known) => {
    const live = await liveText(keyArn);
    if (live === undefined) {
      const why = known === undefined ? undefined : await whyUnread(keyArn);
      if (why !== undefined) throw new Error(`the policy of ${keyArn} was known and cannot be read: ${why}`);
      return undefined;
    }
    if (known === undefined) return baseline(keyArn, live, at);
    const { expected, ...lasting } = known;
    if (live.canonical === known.canonical) {
      // No read is behind for so long: what was expected had been written over by the time of its event.
      return expected !== undefined && at >= expected.until ? { known: lasting } : undefined;
    }
    if (live.canonical === known.previous && at < later(known.at, BEHIND)) return undefined;
    if (live.canonical === expected?.canonical) {
      const { sha256, canonical, by } = expected;
      return { known: { canonical, sha256, by, at, previous: known.canonical, untraced: known.untraced } };
    }
    // Looked at after the read: an apply that began later changes what is known, and this sighting is lost to it.
    if (await isBeingApplied(keyArn, at)) return undefined;
    return foreign(keyArn, known, live, { foundBy: 'comparison', stands: true }, rules, at);
  });
}

/**
 * Compares every customer managed key that can be read: of each place, every key whose last policy is known, and every one that
 * a change waits on, which may lie in a Region that is listed nowhere. One key or place that fails holds up no other.
 */
export async function compareKeys(rules: Rules, at: string): Promise<{ found: string[]; failed: unknown[] }> {
  const found: string[] = [];
  const failed: unknown[] = [];
  const known = new Set(await listKnownArns());
  const waitedOn = (await listEveryUnsettled()).map(({ key }) => key.arn);
  const listed = await Promise.all(
    places().map(async (place): Promise<string[]> => {
      try {
        const keys = await listKeyArns(place);
        if (keys.ok) return keys.arns;
        failed.push(new Error(keys.detail));
      } catch (error) {
        failed.push(new Error(`the keys of ${place.accountId} in ${place.region} cannot be listed`, { cause: error }));
      }
      return [];
    }),
  );
  const arns = [...new Set([...listed.flat(), ...known, ...waitedOn])];
  for (let from = 0; from < arns.length; from += 10) {
    await Promise.all(
      arns.slice(from, from + 10).map(async (arn) => {
        try {
          const key = await describeKey(arn);
          if (key?.manager === 'AWS' || (key === undefined && !known.has(arn))) return;
          const write = await compareKey(arn, rules, at);
          if (write !== undefined) found.push(write);
        } catch (error) {
          failed.push(error);
        }
      }),
    );
  }
  return { found, failed };
}

const later = (at: string, milliseconds: number) => new Date(Date.parse(at) + milliseconds).toISOString();

async function liveText(keyArn: string): Promise<PolicyText | undefined> {
  const live = await getKeyPolicy(keyArn);
  return live === undefined ? undefined : policyText(live);
}

async function isBeingApplied(keyArn: string, at: string): Promise<boolean> {
  if (await isLeased(keyArn, Date.parse(at))) return true;
  for (const status of ['APPLYING', 'REVERTING'] as const) {
    if ((await listChanges({ key: keyArn, status }, { limit: 1 })).changes.length > 0) return true;
  }
  return false;
}

const newId = (at: string) => `out_${ulid(Date.parse(at))}`;

const about = <E extends { type: ForeignFact['type'] }>(change: string, keyArn: string, at: string, event: E) =>
  ({ ...event, change, keyArn, person: WORKFLOW, at }) as unknown as ForeignFact;

function baseline(keyArn: string, { document, sha256, canonical }: PolicyText, at: string): Sighting {
  const id = newId(at);
  return {
    known: { canonical, sha256, by: id, at, untraced: [] },
    fact: about(id, keyArn, at, { type: 'BASELINED', after: sha256, canonical }),
    documents: [{ document, sha256, canonical }],
  };
}

/** A foreign write: graded as a change would be, with the rule and the people who would have decided about it. */
async function foreign(
  keyArn: string,
  known: KnownPolicy | undefined,
  after: PolicyText,
  found: Pick<ForeignFact & { type: 'FOREIGN_WRITE' }, 'foundBy' | 'trace' | 'stands' | 'byApplier'>,
  rules: Rules,
  at: string,
): Promise<Sighting> {
  const key = (await describeKey(keyArn)) ?? unseen(keyArn);
  const [document = after.document] = known === undefined ? [] : await readDocuments([known.sha256]);
  const assessed = assessChange({ before: document, after: after.document, key, guardians: guardians(rules, key) });
  const { risk } = raised(rules, key, assessed);
  const rule = ruleFor(rules, key, risk);
  const id = newId(at);
  const fact = about(id, keyArn, at, {
    type: 'FOREIGN_WRITE',
    key: { arn: key.arn, keyId: key.keyId, accountId: key.accountId, region: key.region, aliases: key.aliases },
    before: known?.sha256 ?? after.sha256,
    after: after.sha256,
    canonical: after.canonical,
    ...found,
    risk,
    rule: rule.name,
    approvers: rule.approvers,
    ...(rule.signIn === true ? { signIn: true } : {}),
  });
  const untraced = known?.untraced ?? [];
  const missing = { id, canonical: after.canonical, foundAt: at };
  return {
    known: {
      canonical: after.canonical,
      sha256: after.sha256,
      by: id,
      at,
      ...(known === undefined ? {} : { previous: known.canonical }),
      untraced: found.trace === undefined ? [...untraced, missing] : untraced,
    },
    fact,
    documents: [after],
  };
}

/** A key that KMS does not describe to us any more. */
function unseen(arn: string): Key {
  const [, , , region = '', accountId = '', resource = ''] = arn.split(':');
  return {
    arn,
    keyId: resource.replace('key/', ''),
    accountId,
    region,
    aliases: [],
    manager: 'CUSTOMER',
    state: 'Unavailable',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    multiRegion: false,
    tags: {},
  };
}
