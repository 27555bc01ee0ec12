/**
 * The parts of OpenAPI 3.1 that the document uses, shut: a field that the specification does not know, or one in the
 * wrong place, is an error. Written after the text of the specification, section 4.8.
 */
const text = { type: 'string', minLength: 1 };
const named = (schema: object, names?: string) => ({
  type: 'object',
  additionalProperties: names === undefined ? schema : false,
  ...(names === undefined ? {} : { patternProperties: { [names]: schema } }),
});
const object = (required: Record<string, object>, optional: Record<string, object> = {}) => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...optional },
  patternProperties: { '^x-': {} },
  additionalProperties: false,
});

const schema = { $ref: 'https://json-schema.org/draft/2020-12/schema' };
const content = named(
  object({ schema }, { examples: named(object({ value: {} }, { summary: text })) }),
  '^[a-z]+/[a-z+-]+$',
);
const responses = named(
  object({ description: text }, { content, headers: named(object({ schema }, { description: text })) }),
  '^[1-5]\\d\\d$',
);
const parameter = object(
  { name: text, in: { enum: ['path', 'query', 'header', 'cookie'] }, schema },
  { required: { type: 'boolean' }, description: text },
);
const security = { type: 'array', items: named({ type: 'array', items: text }) };
const operation = object(
  { responses: { ...responses, minProperties: 1 } },
  {
    operationId: { type: 'string', pattern: '^[a-z][A-Za-z]+$' },
    tags: { type: 'array', items: text },
    summary: text,
    description: text,
    security,
    parameters: { type: 'array', items: parameter },
    requestBody: object({ content }, { required: { type: 'boolean' }, description: text }),
  },
);
const method = '^(get|put|post|delete|options|head|patch|trace)$';

export const DOCUMENT_SCHEMA = object(
  {
    openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
    info: object(
      { title: text, version: text },
      { description: text, license: object({ name: text }, { identifier: text }) },
    ),
    paths: named(named(operation, method), '^/'),
  },
  {
    servers: { type: 'array', items: object({ url: text }) },
    tags: { type: 'array', items: object({ name: text }), uniqueItems: true },
    components: object(
      {},
      {
        schemas: named(schema, '^[A-Za-z0-9._-]+$'),
        securitySchemes: named({
          oneOf: [
            object({ type: { const: 'http' }, scheme: text }, { bearerFormat: text, description: text }),
            object(
              { type: { const: 'apiKey' }, name: text, in: { enum: ['query', 'header', 'cookie'] } },
              { description: text },
            ),
          ],
        }),
      },
    ),
  },
);
