import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { dynoxideBinary } from './dynamodb/binary.ts';
import { type Dynoxide, startDynoxide } from './dynamodb/dynoxide.ts';
import { createTables, type TableProperties } from './dynamodb/tables.ts';
import { answer, demand, jsonObject } from './fault.ts';
import { dynamodbAccess } from './iam/dynamodbAccess.ts';
import type { AwsRequest, AwsResponse, AwsService } from './types.ts';

export interface DynamodbOptions {
  /** The database is `dynamodb.sqlite` in it. */
  dataDir: string;
  tables: readonly TableProperties[];
  /** AWS_ENDPOINT_URL_DYNAMODB: a DynamoDB that runs already. None is started then. */
  endpoint?: string | undefined;
}

export interface Dynamodb extends AwsService {
  /** `http://127.0.0.1:PORT`: the database itself, without IAM in front of it. */
  endpoint: string;
}

/**
 * DynamoDB on this machine with the tables of serverless.yml in it, asked only what the caller's IAM policies allow.
 * Throws when there is no binary for this machine, or the file is in use by another process.
 */
export async function openDynamodb({ dataDir, tables, endpoint }: DynamodbOptions): Promise<Dynamodb> {
  const database: Dynoxide =
    endpoint === undefined
      ? await startDynoxide(dynoxideBinary(), join(dataDir, 'dynamodb.sqlite'))
      : { endpoint, close: async () => {} };
  const agent = new Agent({ keepAlive: true });
  try {
    await createTables(database.endpoint, tables);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    endpoint: database.endpoint,
    async handle(request) {
      const { caller, operation, body } = request;
      const refusal = await answer('application/x-amz-json-1.0', () => {
        for (const { action, resource, leadingKeys } of dynamodbAccess(operation, jsonObject(body), partitionKey)) {
          demand(caller, action, resource, leadingKeys && { 'dynamodb:LeadingKeys': leadingKeys });
        }
      });
      return refusal.status === 200 ? forward(request, database.endpoint, agent) : refusal;
    },
    async close() {
      agent.destroy();
      await database.close();
    },
  };

  function partitionKey(tableName: string): string {
    const schema = tables.find(({ TableName }) => TableName === tableName)?.KeySchema as
      | { AttributeName: string }[]
      | undefined;
    return schema?.[0]?.AttributeName ?? 'pk';
  }
}

/** What concerns one connection only (RFC 9110, section 7.6.1), or is set anew. */
const HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'host',
  'expect',
  'te',
  'upgrade',
]);

function forward({ headers, body }: AwsRequest, endpoint: string, agent: Agent): Promise<AwsResponse> {
  const passed = Object.entries(headers).filter(([name]) => !HOP.has(name));
  return new Promise((done, fail) => {
    const outgoing = httpRequest(
      endpoint,
      { method: 'POST', agent, headers: { ...Object.fromEntries(passed), 'content-length': body.length } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', fail);
        incoming.on('end', () =>
          done({
            status: incoming.statusCode ?? 500,
            headers: Object.fromEntries(
              Object.entries(incoming.headers)
                .filter(([name]) => !HOP.has(name))
                .map(([name, value]) => [name, String(value)]),
            ),
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}
