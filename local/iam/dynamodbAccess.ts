import { ACCOUNT_ID, PARTITION, REGION } from './principals.ts';

/** One permission that a DynamoDB call needs. */
export interface DynamodbAccess {
  /** `dynamodb:PutItem` */
  action: string;
  /** Table or index ARN. */
  resource: string;
  /** Values of the condition key `dynamodb:LeadingKeys`; left out where the call names none. */
  leadingKeys?: string[];
}

type Json = Record<string, unknown>;

/**
 * The permissions that DynamoDB asks IAM for. A transaction has no permission of its own: each of its items needs that of the
 * single operation, `ConditionCheck` being `dynamodb:ConditionCheckItem`; batches do have their own (developer guide,
 * "Using IAM with DynamoDB transactions" and "DynamoDB API permissions").
 *
 * @param operation `TransactWriteItems`, as in `X-Amz-Target` after the dot.
 * @param body The parsed JSON body; anything that is not a request of that operation yields the bare action on every table,
 *   so that a narrow role is refused before the body is.
 * @param partitionKey The partition key's name of a table.
 */
export function dynamodbAccess(
  operation: string,
  body: unknown,
  partitionKey: (tableName: string) => string = () => 'pk',
): DynamodbAccess[] {
  const request = object(body);
  const one = (action: string, part: Json): DynamodbAccess => {
    const keys = leadingKeys(part, partitionKey(tableNameOf(part.TableName)));
    return {
      action: `dynamodb:${action}`,
      resource: resourceOf(part),
      ...(keys === undefined ? {} : { leadingKeys: keys }),
    };
  };
  switch (operation) {
    case 'TransactWriteItems':
    case 'TransactGetItems':
      return orBare(
        operation,
        list(request.TransactItems).flatMap((item) =>
          Object.entries(TRANSACT_ACTIONS).flatMap(([member, action]) =>
            object(item)[member] === undefined ? [] : [one(action, object(object(item)[member]))],
          ),
        ),
      );
    case 'BatchGetItem':
      return orBare(
        operation,
        Object.entries(object(request.RequestItems)).flatMap(([TableName, wanted]) =>
          list(object(wanted).Keys).map((Key) => one(operation, { TableName, Key })),
        ),
      );
    case 'BatchWriteItem':
      return orBare(
        operation,
        Object.entries(object(request.RequestItems)).flatMap(([TableName, writes]) =>
          list(writes).map((write) => {
            const { PutRequest, DeleteRequest } = object(write);
            return one(operation, { TableName, ...object(PutRequest ?? DeleteRequest) });
          }),
        ),
      );
    case 'ExecuteStatement':
    case 'BatchExecuteStatement':
    case 'ExecuteTransaction':
      return orBare(operation, statementsOf(request).map(partiql));
    default:
      return [one(operation, request)];
  }
}

const TRANSACT_ACTIONS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

const EVERY_TABLE = `arn:${PARTITION}:dynamodb:${REGION}:${ACCOUNT_ID}:table/*`;

function orBare(operation: string, accesses: DynamodbAccess[]): DynamodbAccess[] {
  return accesses.length > 0 ? accesses : [{ action: `dynamodb:${operation}`, resource: EVERY_TABLE }];
}

function statementsOf(request: Json): string[] {
  const parts = [request, ...list(request.Statements).map(object), ...list(request.TransactStatements).map(object)];
  return parts.flatMap((part) => (typeof part.Statement === 'string' ? [part.Statement] : []));
}

function partiql(statement: string): DynamodbAccess {
  const verb = /^\s*(select|insert|update|delete)/i.exec(statement)?.[1]?.toLowerCase() ?? 'select';
  return { action: `dynamodb:PartiQL${verb.charAt(0).toUpperCase()}${verb.slice(1)}`, resource: EVERY_TABLE };
}

function resourceOf(part: Json): string {
  const name = tableNameOf(part.TableName);
  if (name === '') return EVERY_TABLE;
  const table = `arn:${PARTITION}:dynamodb:${REGION}:${ACCOUNT_ID}:table/${name}`;
  return typeof part.IndexName === 'string' ? `${table}/index/${part.IndexName}` : table;
}

function tableNameOf(tableName: unknown): string {
  return typeof tableName === 'string' ? tableName.replace(/^arn:[^/]*:table\//, '') : '';
}

function leadingKeys(part: Json, partitionKey: string): string[] | undefined {
  const item = object(part.Key ?? part.Item);
  if (Object.hasOwn(item, partitionKey)) return attributeText(item[partitionKey]);
  // An index has a partition key of its own, whose name the request does not tell.
  if (typeof part.KeyConditionExpression !== 'string' || part.IndexName !== undefined) return undefined;
  for (const [, name = '', placeholder = ''] of part.KeyConditionExpression.matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g)) {
    const real = name.startsWith('#') ? object(part.ExpressionAttributeNames)[name] : name;
    if (real === partitionKey) return attributeText(object(part.ExpressionAttributeValues)[placeholder]);
  }
  return undefined;
}

function attributeText(value: unknown): string[] | undefined {
  const { S, N, B } = object(value);
  const text = S ?? N ?? B;
  return typeof text === 'string' ? [text] : undefined;
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
