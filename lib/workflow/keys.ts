import { places } from '../aws/accounts.ts';
import { describeKey, getKeyPolicy, listKeyArns, whyOutOfReach } from '../aws/kms.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import { readDefaultView } from '../policy/console/defaultView.ts';
import { canonicalOf, policyText } from '../policy/document/canonicalOf.ts';
import { parseKeyPolicy } from '../policy/document/parse.ts';
import type { DefaultView, Key, PolicyText } from '../policy/types.ts';

/** A key for people: what it is, and whether its policy can be changed here, or why not. */
export interface KeyView extends Key {
  changeable: boolean;
  whyNot?: string;
}

/** Why the notary's own key is out of the reach of the workflow that it vouches for. */
export const NOTARY_KEY =
  "This key signs the checkpoints of Countersign's own history: it is not changed by Countersign.";

export const isNotaryKey = ({ aliases }: Key): boolean => aliases.includes(process.env.NOTARY_KEY ?? '');

function view(key: Key): KeyView {
  if (key.manager === 'AWS') {
    const whyNot = 'This is an AWS managed key: its key policy can be viewed, and nobody can change it.';
    return { ...key, changeable: false, whyNot };
  }
  if (isNotaryKey(key)) return { ...key, changeable: false, whyNot: NOTARY_KEY };
  return { ...key, changeable: true };
}

/** A place of the rules file whose keys cannot be listed, and why. */
export interface NotListed {
  accountId: string;
  region: string;
  reason: string;
}

/** Every key that Countersign may see, in its own account and in those of the rules file, by alias. */
export async function viewKeys(): Promise<{ keys: KeyView[]; notListed: NotListed[] }> {
  const arns: string[] = [];
  const notListed: NotListed[] = [];
  for (const place of places()) {
    const listed = await listKeyArns(place);
    if (listed.ok) arns.push(...listed.arns);
    else notListed.push({ ...place, reason: listed.detail });
  }
  const keys: Key[] = [];
  for (let from = 0; from < arns.length; from += 10) {
    const some = await Promise.all(arns.slice(from, from + 10).map(describeKey));
    keys.push(...some.filter((key) => key !== undefined));
  }
  const name = (key: Key) => `${key.aliases[0] ?? `~${key.keyId}`} ${key.arn}`;
  return { keys: keys.map(view).sort((a, b) => (name(a) < name(b) ? -1 : 1)), notListed };
}

/** There is no such key, or it is out of reach and why. */
async function noKey(asked: string): Promise<ReturnType<typeof refuse>> {
  const why = await whyOutOfReach(asked);
  return refuse('NOT_FOUND', why?.detail ?? `There is no key ${asked} that Countersign may see.`);
}

/** One key by its id, ARN, alias name or alias ARN. */
export async function viewKey(asked: string): Promise<Outcome<KeyView>> {
  const key = await describeKey(asked);
  return key === undefined ? noKey(asked) : done(view(key));
}

/** A key's live policy with its hashes and its default view. */
export async function viewKeyPolicy(
  asked: string,
): Promise<Outcome<PolicyText & { key: KeyView; defaultView: DefaultView }>> {
  const key = await describeKey(asked);
  const document = key && (await getKeyPolicy(key.arn));
  if (key === undefined || document === undefined) return noKey(asked);
  const parsed = parseKeyPolicy(document);
  const [first] = parsed.ok ? [] : parsed.findings;
  const defaultView: DefaultView = parsed.ok
    ? readDefaultView(parsed.policy, key)
    : { supported: false, reason: first?.message ?? 'It cannot be read.', path: first?.path ?? '' };
  return done({ key: view(key), ...policyText(document), defaultView });
}

const KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;

/** The ARN under which the history knows a key. An ARN is taken as it is, since a key may be gone and its history not. */
export async function historyArn(asked: string): Promise<Outcome<string>> {
  if (KEY_ARN.test(asked)) return done(asked);
  const key = await describeKey(asked);
  return key === undefined ? noKey(asked) : done(key.arn);
}

/** The canonical hash of the live policy, when it can be read. */
export async function liveCanonical(keyArn: string): Promise<string | undefined> {
  const live = await getKeyPolicy(keyArn);
  return live === undefined ? undefined : canonicalOf(live);
}
