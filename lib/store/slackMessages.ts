import { retention } from './rulesFile.ts';
import { type Address, get, type Item, query, transact } from './table.ts';

/** One message about a change in Slack: to a person, or to the channel. */
export interface SlackPosted {
  /** The channel as Slack names it and the time stamp that is the message's id there; absent until it was posted. */
  channel?: string;
  ts?: string;
  /** What it shows: the mark of a state of the change. */
  shown?: string;
  /** The result that was told under it; a temporary change has two. */
  told?: string;
  /** Slack's own word for why there will never be a message here, such as channel_not_found. */
  gone?: string;
}

/** The messages of one change. Key of `posted`: the person, or `#` for the channel. */
export interface SlackMessages {
  changeId: string;
  posted: Record<string, SlackPosted>;
  /** What all of them show; undefined while one is behind. */
  shown?: string;
  /** Nothing is left to do: the change has ended, and every message says so. */
  settled: boolean;
}

/** The right to speak to Slack about one change: two at once would post everything twice. */
export interface SlackClaim {
  messages: SlackMessages;
  fence: number;
  /** When it was taken: milliseconds since 1970. */
  at: number;
}

/** The partition of the changes whose messages may still have to change. */
const OPEN = 'SLACK#OPEN';

const address = (changeId: string): Address => ({ pk: `SLACK#CHANGE#${changeId}`, sk: 'MESSAGES' });

const messagesOf = ({ changeId, posted, shown, settled }: Item): SlackMessages => ({
  changeId: changeId as string,
  posted: posted as SlackMessages['posted'],
  ...(shown === undefined ? {} : { shown: shown as string }),
  settled: settled as boolean,
});

const itemOf = ({ messages, fence, at }: SlackClaim, until: number): Item & Address => ({
  ...address(messages.changeId),
  ...messages,
  fence,
  until,
  order: messages.changeId,
  ...(messages.settled ? { ttl: Math.ceil(at / 1000) + retention().ended } : { gsi5pk: OPEN }),
});

/**
 * Takes the right to change the messages of a change for `seconds`; undefined while somebody else has it.
 *
 * @param now Milliseconds since 1970.
 */
export async function claimSlack(changeId: string, now: number, seconds: number): Promise<SlackClaim | undefined> {
  const before = await get(address(changeId));
  if (before !== undefined && (before.until as number) > now) return undefined;
  const messages = before === undefined ? { changeId, posted: {}, settled: false } : messagesOf(before);
  const claim = { messages, fence: ((before?.fence as number) ?? 0) + 1, at: now };
  const condition =
    before === undefined
      ? { expression: 'attribute_not_exists(pk)' }
      : { expression: '#fence = :fence', values: { ':fence': before.fence } };
  const taken = await transact([{ put: itemOf(claim, now + seconds * 1000), condition }]);
  return taken.ok ? claim : undefined;
}

/** Keeps what became of the messages and gives the right back. Nothing is written when it was overtaken. */
export async function saveSlack(claim: SlackClaim): Promise<void> {
  await transact([
    { put: itemOf(claim, 0), condition: { expression: '#fence = :fence', values: { ':fence': claim.fence } } },
  ]);
}

/** One page of the changes whose messages may be behind. */
export async function listSlack(page: {
  limit: number;
  cursor?: Item;
}): Promise<{ messages: SlackMessages[]; cursor?: Item }> {
  const { items, cursor } = await query({ index: 'gsi5', partition: OPEN, newestFirst: false, ...page });
  return { messages: items.map(messagesOf), ...(cursor === undefined ? {} : { cursor }) };
}
