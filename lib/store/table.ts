import {
  type AttributeValue,
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

type Raw = Record<string, AttributeValue>;

/** An item's own attributes; every item has `pk` and `sk`. Access patterns: docs/table.md. */
export type Item = Record<string, unknown>;

export interface Address {
  pk: string;
  sk: string;
}

export interface Condition {
  expression: string;
  values?: Record<string, unknown>;
}

/** One step of a transaction. `condition` may use `#attribute` for any attribute of that name. */
export type Write =
  | { put: Item & Address; condition?: Condition }
  | { update: Address; set: Record<string, unknown>; condition: Condition }
  | { delete: Address; condition?: Condition }
  /** Puts a word into the set `members` of an item, or takes it out. An empty set is no attribute. */
  | { members: Address; add: string; condition: Condition }
  | { members: Address; remove: string }
  /** Writes nothing: the others stand or fall with it. */
  | { check: Address; condition: Condition };

const client = new DynamoDBClient({
  maxAttempts: 6,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
});
const TableName = process.env.TABLE_NAME ?? 'countersign';

const encode = (item: Item) => marshall(item, { removeUndefinedValues: true });
const namesIn = (expression: string) =>
  Object.fromEntries([...expression.matchAll(/#(\w+)/g)].map(([placeholder, name]) => [placeholder, name ?? '']));

/** One item, read consistently. */
export async function get({ pk, sk }: Address): Promise<Item | undefined> {
  const { Item } = await client.send(new GetItemCommand({ TableName, Key: encode({ pk, sk }), ConsistentRead: true }));
  return Item === undefined ? undefined : unmarshall(Item);
}

/** The items at these addresses, in that order, read consistently; undefined where there is none. Any number of them, a hundred with one call. */
export async function getEach(addresses: readonly Address[]): Promise<(Item | undefined)[]> {
  const found = new Map<string, Item>();
  const wanted = [...new Map(addresses.map((address) => [name(address), address])).values()];
  for (let from = 0; from < wanted.length; from += 100) {
    let Keys: Raw[] = wanted.slice(from, from + 100).map(({ pk, sk }) => encode({ pk, sk }));
    while (Keys.length > 0) {
      const page = await client.send(
        new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }),
      );
      for (const raw of page.Responses?.[TableName] ?? []) {
        const item: Item & Partial<Address> = unmarshall(raw);
        found.set(`${item.pk} ${item.sk}`, item);
      }
      Keys = page.UnprocessedKeys?.[TableName]?.Keys ?? [];
    }
  }
  return addresses.map((address) => found.get(name(address)));
}

/** As `getEach`, and only those that exist. */
export const getAll = async (addresses: readonly Address[]): Promise<Item[]> =>
  (await getEach(addresses)).filter((item) => item !== undefined);

const name = ({ pk, sk }: Address) => `${pk} ${sk}`;

/** Every item of one partition, read consistently. For partitions that stay small: one change. */
export async function partition(pk: string): Promise<Item[]> {
  const items: Item[] = [];
  let start: Raw | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: encode({ ':pk': pk }),
        ConsistentRead: true,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

/** Items of one page of a range: about as many as fit into the 1 MB that DynamoDB reads at once. */
const RANGE_PAGE = 1_000;

/**
 * The items of one partition whose sort key lies between two, oldest first and read consistently, in pages of at most
 * 1 MB. Only these attributes are read. The next page is under way while one is used.
 */
export async function* range(
  pk: string,
  from: string,
  to: string,
  attributes: readonly string[],
): AsyncGenerator<Item[]> {
  const ask = (start?: Raw): Promise<QueryCommandOutput> =>
    client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: encode({ ':pk': pk, ':from': from, ':to': to }),
        ProjectionExpression: attributes.map((attribute) => `#${attribute}`).join(', '),
        ExpressionAttributeNames: Object.fromEntries(attributes.map((attribute) => [`#${attribute}`, attribute])),
        ConsistentRead: true,
        Limit: RANGE_PAGE,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
  let asked: Promise<QueryCommandOutput> | undefined = ask();
  while (asked !== undefined) {
    const page: QueryCommandOutput = await asked;
    asked = page.LastEvaluatedKey === undefined ? undefined : ask(page.LastEvaluatedKey);
    // Whoever stops reading has no use for the error of a page that comes after.
    asked?.catch(() => undefined);
    yield (page.Items ?? []).map((item) => unmarshall(item));
  }
}

/**
 * Reads of one page that somebody waits for, at most, each of as many items as the page has room for: a second filter may leave out
 * nearly all, and the page is then short and its cursor goes on. A full page of 50 reads no more than a thousand items, however many there are.
 */
export const MOST_READS = 20;

export interface IndexQuery {
  index: 'gsi1' | 'gsi2' | 'gsi3' | 'gsi4' | 'gsi5' | 'gsi6';
  partition: string;
  /** Bounds of `order`, inclusive. */
  from?: string;
  to?: string;
  /** Equality on further attributes, or one of several values, for what the index does not hold. */
  where?: Record<string, string | readonly string[]>;
  newestFirst: boolean;
  limit: number;
  /** As a former page gave it. */
  cursor?: Item;
  /** Reads at most; the page is then short, and its cursor goes on. Without it, what `where` leaves out is read until the page is full. */
  reads?: number;
}

/** A cursor that DynamoDB refuses: it is of another query, or was made up. */
export class StrangeCursor extends Error {}

/**
 * One page of an index, and the cursor of the next when there is more. Reads on only until the page is full, or `reads` are done.
 *
 * @throws {StrangeCursor} where the cursor is not one that this query gave
 */
export async function query(q: IndexQuery): Promise<{ items: Item[]; cursor?: Item }> {
  // DynamoDB takes bounds that are the wrong way round for an error.
  if (q.from !== undefined && q.to !== undefined && q.from > q.to) return { items: [] };
  const items: Item[] = [];
  const where = Object.entries(q.where ?? {}).map(([attribute, values]) => ({ attribute, values: [values].flat() }));
  const filters = where.map(
    ({ attribute, values }) => `#${attribute} IN (${values.map((_, i) => `:${attribute}${i}`).join(', ')})`,
  );
  const KeyConditionExpression = `#${q.index}pk = :partition AND #order BETWEEN :from AND :to`;
  const FilterExpression = filters.join(' AND ');
  let cursor = q.cursor;
  let reads = 0;
  do {
    const page = await client
      .send(
        new QueryCommand({
          TableName,
          IndexName: q.index,
          KeyConditionExpression,
          ...(filters.length === 0 ? {} : { FilterExpression }),
          ExpressionAttributeNames: namesIn(`${KeyConditionExpression} ${FilterExpression}`),
          ExpressionAttributeValues: encode({
            ':partition': q.partition,
            ':from': q.from ?? ' ',
            ':to': q.to ?? '~',
            ...Object.fromEntries(
              where.flatMap(({ attribute, values }) => values.map((value, i) => [`:${attribute}${i}`, value])),
            ),
          }),
          ScanIndexForward: !q.newestFirst,
          Limit: q.limit,
          ...(cursor === undefined ? {} : { ExclusiveStartKey: encode(cursor) }),
        }),
      )
      .catch((error: Error) => {
        // The attributes and bounds are our own: what can be wrong with the first read is its start.
        if (cursor !== undefined && cursor === q.cursor && error.name === 'ValidationException')
          throw new StrangeCursor();
        throw error;
      });
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    cursor = page.LastEvaluatedKey === undefined ? undefined : unmarshall(page.LastEvaluatedKey);
    reads++;
  } while (cursor !== undefined && items.length < q.limit && reads < (q.reads ?? Number.POSITIVE_INFINITY));
  if (items.length > q.limit) cursor = placeOf(items[q.limit - 1] ?? {}, q.index);
  return { items: items.slice(0, q.limit), ...(cursor === undefined ? {} : { cursor }) };
}

/** The cursor that goes on after an item: its keys in the table and in the index. */
const placeOf = ({ pk, sk, order, ...item }: Item, index: IndexQuery['index']): Item => ({
  pk,
  sk,
  [`${index}pk`]: item[`${index}pk`],
  order,
});

/** The filters that are set. */
export const whereOf = (
  where: Record<string, string | readonly string[] | undefined>,
): NonNullable<IndexQuery['where']> =>
  Object.fromEntries(
    Object.entries(where).filter((pair): pair is [string, string | readonly string[]] => pair[1] !== undefined),
  );

/** One page of several partitions of an index, one after the other. */
export async function queryEach(
  partitions: readonly string[],
  { cursor, limit, ...q }: Omit<IndexQuery, 'partition'>,
): Promise<{ items: Item[]; cursor?: Item }> {
  const attribute = `${q.index}pk`;
  const items: Item[] = [];
  const begun = Math.max(0, partitions.indexOf(String(cursor?.[attribute])));
  // Without a place in it: from its beginning.
  let from = cursor?.pk === '' ? undefined : cursor;
  for (const partition of partitions.slice(begun)) {
    if (items.length >= limit) return { items, cursor: { pk: '', [attribute]: partition } };
    const rest = limit - items.length;
    const page = await query({ ...q, partition, limit: rest, ...(from === undefined ? {} : { cursor: from }) });
    items.push(...page.items);
    if (page.cursor !== undefined) return { items, cursor: page.cursor };
    from = undefined;
  }
  return { items };
}

/** Reasons of a cancelled transaction that pass. The SDK tries a throttled call again, but not a cancelled one. */
const NOT_NOW = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/** What a transaction came to: done, or the positions of the writes whose condition failed. */
export type Transacted = { ok: true } | { ok: false; failed: number[] };

/** How often a transaction that met another one is sent again as it is. */
const MOST_MEETINGS = 12;

/** Waits a little, longer each time and never as long as another: those who met must not meet again. */
export const jitter = (attempt: number) =>
  new Promise<void>((resume) => setTimeout(resume, Math.random() * Math.min(5 * 2 ** attempt, 100)));

/**
 * All of it or nothing, at most 100 writes. The SDK sends one ClientRequestToken with all of its retries, so a lost reply is
 * not a conflict. One that met another transaction, or was throttled, wrote nothing and is sent again: who has no condition
 * needs to look at no answer.
 *
 * @throws when it could not be done and no condition is why
 */
export async function transact(writes: readonly Write[]): Promise<Transacted> {
  for (let attempt = 0; ; attempt++) {
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems: writes.map(encodeWrite) }));
      return { ok: true };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const codes = (error.CancellationReasons ?? []).map((reason) => reason.Code);
      const failed = codes.flatMap((code, i) => (code === 'ConditionalCheckFailed' ? [i] : []));
      if (failed.length > 0) return { ok: false, failed };
      const passes = codes.some((code) => code !== undefined && NOT_NOW.has(code));
      if (!passes || attempt === MOST_MEETINGS) throw error;
      await jitter(attempt);
    }
  }
}

/** Writes without conditions, any number, a hundred at a time: all there when this returns, or it throws. */
export async function put(writes: readonly Write[]): Promise<void> {
  for (let from = 0; from < writes.length; from += 100) {
    const done = await transact(writes.slice(from, from + 100));
    if (!done.ok) throw new Error('a write without conditions failed a condition');
  }
}

function encodeWrite(write: Write): TransactWriteItem {
  if ('members' in write) return encodeMember(write);
  const { condition } = write;
  const values = condition?.values ?? {};
  if ('delete' in write) {
    return {
      Delete: {
        TableName,
        Key: encode({ pk: write.delete.pk, sk: write.delete.sk }),
        ...(condition === undefined ? {} : { ConditionExpression: condition.expression }),
        ...named(condition?.expression ?? '', values),
      },
    };
  }
  if ('check' in write) {
    return {
      ConditionCheck: {
        TableName,
        Key: encode({ pk: write.check.pk, sk: write.check.sk }),
        ConditionExpression: write.condition.expression,
        ...named(write.condition.expression, values),
      },
    };
  }
  if ('put' in write) {
    return {
      Put: {
        TableName,
        Item: encode(write.put),
        ...(condition === undefined ? {} : { ConditionExpression: condition.expression }),
        ...named(condition?.expression ?? '', values),
      },
    };
  }
  const sets = Object.keys(write.set).map((attribute) => `#${attribute} = :set_${attribute}`);
  const UpdateExpression = `SET ${sets.join(', ')}`;
  const setValues = Object.fromEntries(Object.entries(write.set).map(([k, v]) => [`:set_${k}`, v]));
  return {
    Update: {
      TableName,
      Key: encode({ pk: write.update.pk, sk: write.update.sk }),
      UpdateExpression,
      ConditionExpression: write.condition.expression,
      ...named(`${UpdateExpression} ${write.condition.expression}`, { ...values, ...setValues }),
    },
  };
}

function encodeMember(write: Extract<Write, { members: unknown }>): TransactWriteItem {
  const { pk, sk } = write.members;
  const [UpdateExpression, word, condition] =
    'add' in write
      ? ['ADD #members :word', write.add, write.condition]
      : ['DELETE #members :word', write.remove, undefined];
  return {
    Update: {
      TableName,
      Key: encode({ pk, sk }),
      UpdateExpression,
      ...(condition === undefined ? {} : { ConditionExpression: condition.expression }),
      ...named(`${UpdateExpression} ${condition?.expression ?? ''}`, {
        ...condition?.values,
        ':word': new Set([word]),
      }),
    },
  };
}

function named(expression: string, values: Record<string, unknown>) {
  const names = namesIn(expression);
  return {
    ...(Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: encode(values) }),
  };
}

/** Adds one to a counter that goes away at `ttl` (seconds since 1970); false when it stands at `limit` already. */
export async function count({ pk, sk }: Address, limit: number, ttl: number): Promise<boolean> {
  try {
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: encode({ pk, sk }),
        UpdateExpression: 'SET #ttl = :ttl ADD #count :one',
        ConditionExpression: 'attribute_not_exists(#count) OR #count < :limit',
        ExpressionAttributeNames: { '#ttl': 'ttl', '#count': 'count' },
        ExpressionAttributeValues: encode({ ':ttl': ttl, ':one': 1, ':limit': limit }),
      }),
    );
    return true;
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}
