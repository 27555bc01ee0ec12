import { isDeepStrictEqual } from 'node:util';

/** `Properties` of an AWS::DynamoDB::Table, references resolved. */
export interface TableProperties {
  TableName: string;
  [property: string]: unknown;
}

type Members = Record<string, unknown>;

/** Those that CreateTable has under the same name. */
const SAME = [
  'TableName',
  'KeySchema',
  'AttributeDefinitions',
  'BillingMode',
  'ProvisionedThroughput',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
  'DeletionProtectionEnabled',
  'TableClass',
  'Tags',
];

/**
 * Makes each table at `endpoint` as CloudFormation would, unless it is there. Throws when one that is there has other keys
 * or other indexes than its properties say: what it holds would not be found through them.
 */
export async function createTables(endpoint: string, tables: readonly TableProperties[]): Promise<void> {
  for (const table of tables) {
    const { TableName } = table;
    const before = await call(endpoint, 'DescribeTable', { TableName });
    if (before.ok) {
      expectSame(table, before.members.Table as Members);
      continue;
    }
    if (!String(before.members.__type).endsWith('ResourceNotFoundException'))
      throw refusal('DescribeTable', before.members);
    await must(endpoint, 'CreateTable', createInput(table));
    if (table.TimeToLiveSpecification !== undefined) {
      await must(endpoint, 'UpdateTimeToLive', { TableName, TimeToLiveSpecification: table.TimeToLiveSpecification });
    }
  }
}

function createInput(table: TableProperties): Members {
  const { StreamSpecification } = table;
  return {
    ...Object.fromEntries(SAME.filter((name) => table[name] !== undefined).map((name) => [name, table[name]])),
    ...(StreamSpecification === undefined
      ? {}
      : { StreamSpecification: { ...StreamSpecification, StreamEnabled: true } }),
  };
}

function expectSame(wanted: TableProperties, found: Members): void {
  const same = isDeepStrictEqual(shape(wanted), shape(found));
  if (same) return;
  throw new Error(
    `table ${wanted.TableName} is there with other keys or indexes than serverless.yml gives it: ` +
      `${JSON.stringify(shape(found))}, not ${JSON.stringify(shape(wanted))}. Start with another DATA_DIR, or remove this one.`,
  );
}

function shape(table: Members): unknown {
  const indexes = [table.GlobalSecondaryIndexes, table.LocalSecondaryIndexes].map((list) =>
    ((list ?? []) as Members[])
      .map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }))
      .sort((a, b) => (String(a.IndexName) < String(b.IndexName) ? -1 : 1)),
  );
  return { KeySchema: table.KeySchema, indexes };
}

async function must(endpoint: string, operation: string, input: Members): Promise<void> {
  const { ok, members } = await call(endpoint, operation, input);
  if (!ok) throw refusal(operation, members);
}

function refusal(operation: string, members: Members): Error {
  return new Error(`DynamoDB refused ${operation}: ${JSON.stringify(members)}`);
}

async function call(endpoint: string, operation: string, input: Members): Promise<{ ok: boolean; members: Members }> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      // A local DynamoDB wants a signature to be there, and checks none.
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00',
      'x-amz-date': '20260101T000000Z',
    },
    body: JSON.stringify(input),
  });
  return { ok: response.ok, members: (await response.json()) as Members };
}
