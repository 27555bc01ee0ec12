import { Ajv2020 } from 'ajv/dist/2020.js';
import { type OperationObject, openapi } from '../../lib/http/openapi.ts';

const document = openapi();
const schemas = closed(document.components.schemas) as Record<string, object>;

/** Says in full what is wrong with a value; formats are none of our schemas' business. */
const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, strictRequired: false });
for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(schema, `#/components/schemas/${name}`);

/** Every operation of the document with its path and method. */
export const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation: operation as OperationObject })),
);

/**
 * Holds a real answer against GET /openapi.json: the status is one that the operation lists, and the body is what it
 * says there. A member that the document does not know is an error here, although clients must bear it.
 *
 * @param operationId The function's key in serverless.yml, with `Iam` at its end for the routes under /iam.
 * @param body As parsed from JSON; the text of a page.
 */
export function expectReply(operationId: string, status: number, body: unknown): void {
  const found = operations.find(({ operation }) => operation.operationId === operationId);
  if (found === undefined) throw new Error(`the document has no operation ${operationId}`);
  const response = found.operation.responses[status];
  if (response === undefined) {
    const listed = Object.keys(found.operation.responses).join(', ');
    throw new Error(`${operationId} answered ${status}; the document lists ${listed}: ${JSON.stringify(body)}`);
  }
  const faults = Object.values(response.content).map(({ schema }) => faultsOf(schema, body));
  if (faults.every((fault) => fault !== undefined)) {
    throw new Error(`${operationId} ${status} is not as documented: ${faults.join(' / ')}`);
  }
}

/** What keeps a value from being what a schema of the document says, or undefined. */
export function faultsOf(schema: object, value: unknown): string | undefined {
  const validate = ajv.compile(closed(schema) as object);
  return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: '' });
}

/** The same schema with every object shut. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return inner.type === 'object' && 'properties' in inner ? { additionalProperties: false, ...inner } : inner;
}
