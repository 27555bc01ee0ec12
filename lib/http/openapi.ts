import * as z from 'zod/mini';
import type { RefusalCode } from '../change/refusal.ts';
import { auditEvent, erasedReply, eventList, gainsReply, verifiedLog } from './eventReplies.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import { problem, statusOf } from './problem.ts';
import * as replies from './replies.ts';

type Schema = Record<string, unknown>;

interface Content {
  schema: Schema;
  examples?: Record<string, { value: unknown }>;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: Schema;
}

export interface OperationObject {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security: Record<string, string[]>[];
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Record<string, Content> };
  responses: Record<string, { description: string; headers?: Schema; content: Record<string, Content> }>;
}

export interface OpenApi {
  openapi: '3.1.1';
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } };
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, { [method in Operation['method']]?: OperationObject }>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, Schema> };
}

const REPLIES: Record<string, z.ZodMiniType> = {
  Access: replies.access,
  AccessAt: replies.accessAt,
  AccessEntry: replies.accessEntry,
  AuditEvent: auditEvent,
  Change: replies.changeView,
  ChangeKey: replies.changeKey,
  ChangeList: replies.changeList,
  ChangeSummary: replies.changeSummary,
  DefaultView: replies.defaultView,
  Erased: erasedReply,
  EventList: eventList,
  ExternalPolicy: replies.externalPolicy,
  Finding: replies.finding,
  ForeignWrite: replies.foreignView,
  Gains: gainsReply,
  GatewayMessage: replies.gatewayReply,
  Health: replies.health,
  KeyHistory: replies.keyHistory,
  KeyList: replies.keyList,
  KeyPolicyView: replies.keyPolicyView,
  KeyView: replies.keyView,
  MatrixCell: replies.matrixCell,
  PolicyText: replies.policyText,
  Preview: replies.previewReply,
  Problem: replies.problemReply,
  RefusedPolicy: replies.refusedReply,
  Set: replies.setView,
  SetDecision: replies.setDecision,
  SlackReply: replies.slackReply,
  VerifiedLog: verifiedLog,
  Version: replies.version,
};

const PATH_PARAMETERS: Record<string, Omit<Parameter, 'name' | 'in' | 'required'>> = {
  key: { description: 'Key id, key ARN, alias name or alias ARN, URL-encoded.', schema: { type: 'string' } },
  id: {
    description: 'The id of a change, or of a set.',
    schema: { type: 'string', examples: ['chg_01KAVQ7Z3M9T5W2XJ4R8C6D0EF'] },
  },
  person: { description: 'The email of a person, URL-encoded.', schema: { type: 'string' } },
  write: {
    description: 'The id of a foreign write.',
    schema: { type: 'string', examples: ['out_01KAVQ7Z3M9T5W2XJ4R8C6D0EF'] },
  },
  token: { description: 'The secret of the link.', schema: { type: 'string' } },
};

const SECURITY_SCHEMES = {
  people: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'An OpenID Connect access token with the scope countersign and the claims email, email_verified (true) and groups.',
  },
  pipelines: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'AWS Signature Version 4 for execute-api. The rules file maps the role to a person.',
    'x-amazon-apigateway-authtype': 'awsSigv4',
  },
};

type Way = keyof typeof SECURITY_SCHEMES;
const WAYS: readonly Way[] = ['people', 'pipelines'];

const DESCRIPTION = `Change approval for AWS KMS key policies. Errors are \`application/problem+json\` (RFC 9457); a problem's \
\`type\` never changes its meaning. What the gateway refuses before any function is asked (no valid token, no such route, \
too many requests in all) it answers in its own words: \`{"message"}\`. Objects of answers may gain members.`;

/** The OpenAPI 3.1 document of every operation, from the schemas that the functions use. The same at every call. */
export function openapi(): OpenApi {
  const paths: OpenApi['paths'] = {};
  for (const operation of OPERATIONS) {
    for (const way of WAYS.slice(0, operation.iam ? 2 : 1)) {
      const path = way === 'people' ? operation.path : `/iam${operation.path}`;
      paths[path] = { ...paths[path], [operation.method]: describe(operation, way) };
    }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Countersign',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(OPERATIONS.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: schemas(), securitySchemes: SECURITY_SCHEMES },
  };
}

const pointer = (name: string) => `#/components/schemas/${name}`;
const refer = (name: string): Schema => ({ $ref: pointer(name) });

/** Every schema that has a name. Objects of answers stay open: a later version may say more. */
function schemas(): Record<string, Schema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(REPLIES)) registry.add(schema, { id });
  for (const { body, form } of OPERATIONS) {
    for (const sent of [body, form]) if (sent !== undefined) registry.add(sent.schema, { id: sent.name });
  }
  const made = z.toJSONSchema(registry, { io: 'input', uri: pointer }).schemas;
  return Object.fromEntries(Object.entries(made).map(([name, schema]) => [name, bare(schema)]));
}

/** In a document of its own a schema needs neither a dialect nor an id. */
function bare(schema: object): Schema {
  const { $schema: _dialect, $id: _id, ...rest } = schema as Schema;
  return rest;
}

/** For whom an operation is that nobody signs in for. */
const BY = {
  link: 'For whoever holds the link.',
  slack: 'For Slack, which signs each request; a signature counts for five minutes, and once.',
  anyone: 'For anyone.',
} as const;

function describe(operation: Operation, way: Way): OperationObject {
  const { id, tag, summary, who } = operation;
  const signed = Array.isArray(who);
  return {
    operationId: way === 'people' ? id : `${id}Iam`,
    tags: [tag],
    summary,
    description: Array.isArray(who) ? `For ${who.join(', ')}.` : BY[who],
    security: signed ? [way === 'people' ? { people: ['countersign'] } : { pipelines: [] }] : [],
    parameters: parameters(operation),
    ...requestBody(operation),
    responses: { ...success(operation), ...refusals(operation, way) },
  };
}

function parameters({ path, query, headers = {} }: Operation): Parameter[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']): Parameter => {
    const known = PATH_PARAMETERS[name];
    if (known === undefined) throw new Error(`the path parameter ${name} has no description`);
    return { name, in: 'path', required: true, ...known };
  });
  const optional = (place: Parameter['in'], shape: Record<string, z.core.$ZodType>): Parameter[] =>
    Object.entries(shape).map(([name, schema]) => {
      const { description, ...rest } = bare(z.toJSONSchema(schema, { io: 'input' })) as Schema & {
        description?: string;
      };
      return {
        name,
        in: place,
        required: !z.safeParse(schema, undefined).success,
        ...(description === undefined ? {} : { description }),
        schema: rest,
      };
    });
  return [...inPath, ...optional('query', query?.shape ?? {}), ...optional('header', headers)];
}

function requestBody({ body, form }: Operation): Pick<OperationObject, 'requestBody'> {
  if (body !== undefined) {
    const examples = Object.fromEntries(Object.entries(body.examples).map(([name, value]) => [name, { value }]));
    const content = { 'application/json': { schema: refer(body.name), examples } };
    return { requestBody: { required: body.optional !== true, content } };
  }
  if (form === undefined) return {};
  const examples = { form: { value: form.example } };
  return {
    requestBody: {
      required: true,
      content: { 'application/x-www-form-urlencoded': { schema: refer(form.name), examples } },
    },
  };
}

const RETRY_AFTER = { description: 'Seconds.', schema: { type: 'integer' } };
const GATEWAY = { 'application/json': { schema: refer('GatewayMessage') } };
const HTML = { 'text/html': { schema: { type: 'string' } } };

const FILE = { 'application/x-ndjson': { schema: { type: 'string' } }, 'text/csv': { schema: { type: 'string' } } };
const NEXT_PART = { description: 'rel="next": the next part; not there with the last.', schema: { type: 'string' } };

function success({ reply, who }: Operation): OperationObject['responses'] {
  if (reply.schema === 'export') {
    const description = 'A part of the file. The parts, put together in their order, are the file.';
    return { [reply.status]: { description, headers: { Link: NEXT_PART }, content: FILE } };
  }
  if (reply.schema === 'away') {
    const location = { description: 'Where the browser goes.', schema: { type: 'string' } };
    return { [reply.status]: { description: 'The browser is sent on.', headers: { Location: location }, content: {} } };
  }
  const content = reply.schema === 'page' ? HTML : { 'application/json': { schema: refer(reply.schema) } };
  const description = who === 'link' ? 'The page, with what has just happened.' : 'Done.';
  return { [reply.status]: { description, content } };
}

/** The codes that an operation may refuse with, by status, with those that every operation of its kind shares. */
function refusals(operation: Operation, way: Way): OperationObject['responses'] {
  const { who, body, form, query, headers } = operation;
  const signed = Array.isArray(who);
  const sent = body ?? form;
  const codes = new Set<RefusalCode>([
    ...((sent ?? query ?? headers) ? (['BAD_REQUEST'] as const) : []),
    ...(sent ? (['TOO_LARGE'] as const) : []),
    ...(signed ? (['UNKNOWN_PERSON', 'NOT_IN_GROUP'] as const) : []),
    ...operation.refusals,
  ]);
  const byStatus = Map.groupBy(codes, statusOf);
  const responses = Object.fromEntries([...byStatus].map(([status, some]) => [status, refusal(some, operation)]));
  const internal = { 'application/problem+json': { schema: refer('Problem') } };
  return {
    ...responses,
    ...(signed && way === 'people' ? { 401: { description: 'No valid token.', content: GATEWAY } } : {}),
    500: { description: 'Something went wrong on our side.', content: internal },
  };
}

function refusal(codes: RefusalCode[], { who, reply }: Operation): OperationObject['responses'][string] {
  const answers = codes.map((code) => problem({ code, detail: '' }));
  // Who comes with a token is answered in JSON where they are refused, even by an operation that gives a page.
  const page = (reply.schema === 'page' || reply.schema === 'away') && !Array.isArray(who);
  const sentences = answers.map(({ body = '' }) => {
    const { title, type } = JSON.parse(body) as z.infer<typeof replies.problemReply>;
    return page ? `${title}.` : `${title} (\`${type}\`).`;
  });
  const [first] = answers;
  const schema = refer(first?.statusCode === 422 ? 'RefusedPolicy' : 'Problem');
  const gateway = first?.statusCode === 403 && Array.isArray(who) ? GATEWAY : {};
  return {
    description: sentences.join(' '),
    ...(first?.headers?.['retry-after'] === undefined ? {} : { headers: { 'Retry-After': RETRY_AFTER } }),
    content: page ? HTML : { 'application/problem+json': { schema }, ...gateway },
  };
}
