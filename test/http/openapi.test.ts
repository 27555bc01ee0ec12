import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import { packedRules } from '../../bin/packageRules.ts';
import { handler as openapiHandler } from '../../functions/openapi.ts';
import { done } from '../../lib/change/refusal.ts';
import { readBody } from '../../lib/http/body.ts';
import { openapi } from '../../lib/http/openapi.ts';
import { OPERATIONS } from '../../lib/http/operations.ts';
import { internalProblem, problem, statusOf } from '../../lib/http/problem.ts';
import { changesQuery } from '../../lib/http/queries.ts';
import { readQuery } from '../../lib/http/query.ts';
import { reviewForm, submitBody } from '../../lib/http/schemas.ts';
import { readService } from '../../local/serverless.ts';
import { changeView } from '../fixtures/changeView.ts';
import { DOCUMENT_SCHEMA } from './documentSchema.ts';
import { expectReply, faultsOf, operations } from './replies.ts';

const document = openapi();
const refer = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** The handlers find the rules as they are packed. */
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-rules-'));
  process.env.RULES_FILE = join(folder, 'rules.json');
  writeFileSync(process.env.RULES_FILE, packedRules('rules.yml'));
  return () => rmSync(folder, { recursive: true });
});

/** Every `$ref` in a value. */
function refs(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === '$ref' && typeof inner === 'string' ? [inner] : refs(inner),
  );
}

describe('the document', () => {
  it('has the shape of OpenAPI 3.1', () => {
    const ajv = new Ajv2020({ strict: true, allErrors: true });
    const validate = ajv.compile(DOCUMENT_SCHEMA);
    validate(JSON.parse(JSON.stringify(document)));
    expect(validate.errors).toBeNull();
  });

  it('names each operation once, and each parameter of a path', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const named = operation.parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`);
      expect(path.match(/\{\w+\}/g) ?? []).toEqual(named);
    }
  });

  it('resolves every reference, and has no schema that nothing leads to', () => {
    const names = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect([...new Set(refs(document))].sort()).toEqual(names.sort());
  });

  it.each(Object.keys(document.components.schemas))('holds %s as a JSON Schema that can be used', (name) => {
    expect(faultsOf(refer(name), null)).toBeDefined();
  });

  it('is what the function answers', async () => {
    const { statusCode, body } = await call(openapiHandler, {});
    expect(statusCode).toBe(200);
    expect(JSON.parse(body ?? '')).toEqual(JSON.parse(JSON.stringify(document)));
  });
});

describe('the routes', () => {
  const service = readService({ stage: 'local', env: {} });
  // The routes of getKeyByPath are those of the three key operations, as API Gateway spells them when it has decoded the path.
  const served = service.routes.filter(({ path }) => path !== '/openapi.json' && !path.includes('{path+}'));

  it('are those of serverless.yml, with the same function and the same way in', () => {
    const asServed = served.map(({ method, path, functionKey, authorizer }) => ({
      route: `${method} ${path}`,
      id: authorizer.type === 'aws_iam' ? `${functionKey}Iam` : functionKey,
      security:
        authorizer.type === 'jwt'
          ? [{ [authorizer.name]: authorizer.scopes }]
          : authorizer.type === 'aws_iam'
            ? [{ pipelines: [] }]
            : [],
    }));
    const asPublished = operations.map(({ path, method, operation }) => ({
      route: `${method.toUpperCase()} ${path}`,
      id: operation.operationId,
      security: operation.security,
    }));
    const byRoute = (a: { route: string }, b: { route: string }) => (a.route < b.route ? -1 : 1);
    expect(asPublished.sort(byRoute)).toEqual(asServed.sort(byRoute));
  });

  it.each(OPERATIONS.filter(({ who }) => Array.isArray(who)))(
    '$id is for $who and nobody else',
    async ({ id, who }) => {
      const { handler } = (await import(`../../functions/${id}.ts`)) as { handler: Handler };
      const claims = { email: 'eve@example.com', email_verified: 'true', groups: '[strangers]' };
      const { statusCode, body } = await call(handler, { requestContext: { authorizer: { jwt: { claims } } } });
      expect(statusCode).toBe(403);
      expect(JSON.parse(body ?? '').detail).toBe(`This is for ${[who].flat().join(' and ')}.`);
      expectReply(id, 403, JSON.parse(body ?? ''));
    },
  );
});

type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;

const call = (handler: unknown, event: object) =>
  (handler as Handler)({ headers: {}, ...event } as APIGatewayProxyEventV2, { awsRequestId: '1' } as Context);

const sent = (body: unknown) => ({ headers: {}, body: JSON.stringify(body) }) as APIGatewayProxyEventV2;

describe('requests', () => {
  const examples = OPERATIONS.flatMap(({ id, body }) =>
    Object.entries(body?.examples ?? {}).map(([name, example]) => ({ id, name, example, body })),
  );

  it.each(examples)('$id accepts its example $name, and the document does too', ({ example, body }) => {
    expect(body && readBody(sent(example), body.schema)).toMatchObject({ ok: true });
    expect(body && faultsOf(refer(body.name), example)).toBeUndefined();
  });

  it('has an example for every body', () => {
    expect(new Set(examples.map(({ id }) => id))).toEqual(
      new Set(OPERATIONS.filter(({ body }) => body !== undefined).map(({ id }) => id)),
    );
    const form = OPERATIONS.find(({ id }) => id === 'reviewPost')?.form;
    expect(reviewForm.safeParse(form?.example).success).toBe(true);
    expect(faultsOf(refer('ReviewForm'), form?.example)).toBeUndefined();
  });

  const good = { key: 'alias/payments', copyFrom: 'alias/other', reason: 'why' };
  const faulty: [string, object, string][] = [
    ['no reason', { ...good, reason: undefined }, '/reason: is missing'],
    ['an empty reason', { ...good, reason: '' }, '/reason: must have 1 to 2000 characters'],
    ['a blank reason', { ...good, reason: ' \n\t' }, '/reason: must have 1 to 2000 characters'],
    ['a long reason', { ...good, reason: 'x'.repeat(2001) }, '/reason: must have 1 to 2000 characters'],
    ['a reason of the wrong type', { ...good, reason: 1 }, '/reason: must be a text'],
    ['two ways', { ...good, policy: '{}' }, 'The body needs exactly one of policy, edits and copyFrom.'],
    ['no way', { ...good, copyFrom: undefined }, 'The body needs exactly one of policy, edits and copyFrom.'],
    [
      'a policy that is a list',
      { ...good, copyFrom: undefined, policy: [] },
      '/policy: must be a JSON object, or a string with one',
    ],
    ['no edits', { ...good, copyFrom: undefined, edits: [] }, '/edits: must be a list of 1 to 100 edits'],
    [
      'an edit that is none',
      { ...good, copyFrom: undefined, edits: ['x'] },
      '/edits/0: must be an object with an op and a principal',
    ],
    ['an unknown field', { ...good, extra: 1 }, '/extra: There is no such field; leave it out.'],
    ['a base that is no hash', { ...good, base: 'X' }, '/base: must be 64 lower-case hex digits'],
    ['a body that is a list', [], 'The body must be a JSON object.'],
  ];

  it.each(faulty)('refuses %s in words, and the document refuses it too', (_, body, detail) => {
    expect(readBody(sent(body), submitBody)).toMatchObject({ ok: false, refusal: { code: 'BAD_REQUEST', detail } });
    expect(faultsOf(refer('SubmitBody'), JSON.parse(JSON.stringify(body)))).toBeDefined();
  });

  it.each([
    ['the longest reason', { ...good, reason: 'x'.repeat(2000) }],
    ['a policy that is an object', { ...good, copyFrom: undefined, policy: { Version: '2012-10-17' } }],
    ['a policy that is a text', { ...good, copyFrom: undefined, policy: '{}' }],
  ])('accepts %s, and the document does too', (_, body) => {
    expect(readBody(sent(body), submitBody)).toMatchObject({ ok: true });
    expect(faultsOf(refer('SubmitBody'), JSON.parse(JSON.stringify(body)))).toBeUndefined();
  });

  it.each([
    ['2026-12-01', '2026-12-01'],
    ['2026-12-01T20:00Z', '2026-12-01T20:00:00.000Z'],
    ['2026-12-01T22:00:00+02:00', '2026-12-01T20:00:00.000Z'],
  ])('reads the time %s as the log writes it', (from, expected) => {
    expect(readQuery({ from }, changesQuery)).toEqual(done({ from: expected }));
  });

  it.each(['2026-12-01T20:00:00', '2026-13-01', '2026-12-01 soon', '1764619200', ''])('refuses the time %j', (to) => {
    expect(readQuery({ to }, changesQuery)).toMatchObject({ ok: false, refusal: { code: 'BAD_REQUEST' } });
  });

  it('publishes the parameters that a query is held against', () => {
    const list = operations.find(({ operation }) => operation.operationId === 'listChanges')?.operation;
    expect(list?.parameters.map(({ name }) => name)).toEqual(Object.keys(changesQuery.shape));
    expect(list?.parameters.every(({ description, name }) => description !== undefined || name === 'status')).toBe(
      true,
    );
  });
});

describe('answers', () => {
  it('are held whole: a member too many, one too few and a wrong one are each told', () => {
    const change = changeView();
    expectReply('getChange', 200, change);
    expect(() => expectReply('getChange', 200, { ...change, secret: 1 })).toThrow(/additional properties/);
    expect(() => expectReply('getChange', 200, { ...change, key: { ...change.key, secret: 1 } })).toThrow(/key/);
    expect(() => expectReply('getChange', 200, { ...change, timeline: undefined })).toThrow(/timeline/);
    expect(() => expectReply('getChange', 200, { ...change, status: 'DONE' })).toThrow(/status/);
    expect(() => expectReply('getChange', 418, change)).toThrow(/418/);
    expect(() => expectReply('nothing', 200, change)).toThrow(/nothing/);
  });

  it.each(OPERATIONS.filter(({ reply }) => !['page', 'away'].includes(reply.schema)))(
    '$id says how it refuses',
    ({ id, refusals }) => {
      for (const code of refusals) {
        const { statusCode, body } = problem({ code, detail: 'Why.', ...(code === 'POLICY_REFUSED' ? REFUSED : {}) });
        expect(statusCode).toBe(statusOf(code));
        expectReply(id, statusCode ?? 0, JSON.parse(body ?? ''));
      }
      expectReply(id, 500, JSON.parse(internalProblem('1').body ?? ''));
    },
  );
});

const { before, after, access, matrix, risk, riskReasons, externalPolicies, findings } = changeView();
const REFUSED = { findings, more: { before, after, access, matrix, risk, riskReasons, externalPolicies } };
