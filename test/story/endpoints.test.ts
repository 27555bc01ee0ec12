import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GroupName } from '../../lib/change/rules.ts';
import { OPERATIONS, type Operation } from '../../lib/http/operations.ts';
import { changeView } from '../../lib/http/replies.ts';
import type { AccessKey } from '../../local/iam/keys.ts';
import { type Signed, type Signing, send, sign } from './pipeline.ts';
import { addUser, local, RULES, useSystem } from './system.ts';
import { forger } from './tokens.ts';

const ROLES = ['nobody', 'submitters', 'approvers', 'auditors', 'admins'] as const;
type Role = (typeof ROLES)[number];
const ALL: GroupName[] = ['submitters', 'approvers', 'auditors', 'admins'];

const world = useSystem({
  rules: `${RULES}iam:
${ALL.map((group) => `  arn:aws:iam::111122223333:role/${group}-bot: { person: ${group}-bot@example.com, groups: [${group}] }`).join('\n')}
`,
});

/** What one operation must do for somebody who has nothing to do with the change; `answer` is that of those whom the door lets in. */
interface Row {
  may: GroupName[] | 'anyone';
  /** `ID` is a change of somebody else's. */
  path: string;
  body?: () => object;
  answer: number | Partial<Record<GroupName, number>>;
}

const KEY = 'alias%2Fpayments';
const NO_LINK = `/review/${'A'.repeat(43)}`;
const NO_SET = `/sets/set_${'0'.repeat(26)}`;
const oneKey = ({ key, ...shared }: ReturnType<typeof addUser>) => ({ keys: [key], ...shared });
const soon = () => new Date(Date.now() + 3_600_000).toISOString();

/** By hand, from the contract: it is the second opinion on lib/http/operations.ts. */
const ROWS: Record<string, Row> = {
  listKeys: { may: ['submitters', 'auditors'], path: '/keys', answer: 200 },
  getKey: { may: ['submitters', 'auditors'], path: `/keys/${KEY}`, answer: 200 },
  getKeyPolicy: { may: ['submitters', 'auditors'], path: `/keys/${KEY}/policy`, answer: 200 },
  preview: { may: ['submitters'], path: '/changes/preview', body: () => addUser(), answer: 200 },
  submit: { may: ['submitters'], path: '/changes', body: () => addUser(), answer: 201 },
  submitSet: { may: ['submitters'], path: '/sets', body: () => oneKey(addUser()), answer: 201 },
  getSet: { may: ALL, path: NO_SET, answer: 404 },
  decideSet: { may: ALL, path: `${NO_SET}/decisions`, body: () => ({ decision: 'approve' }), answer: 404 },
  listChanges: { may: ALL, path: '/changes', answer: 200 },
  getChange: { may: ALL, path: '/changes/ID', answer: 200 },
  cancel: {
    may: ['submitters', 'admins'],
    path: '/changes/ID/cancel',
    body: () => ({}),
    answer: { submitters: 403, admins: 200 },
  },
  decide: { may: ALL, path: '/changes/ID/decisions', body: () => ({ decision: 'approve' }), answer: 403 },
  version: { may: ['submitters'], path: '/changes/ID/versions', body: () => ({ edits: addUser().edits }), answer: 403 },
  revert: { may: ['submitters'], path: '/changes/ID/revert', body: () => ({ reason: 'Not needed.' }), answer: 409 },
  rebase: { may: ['submitters'], path: '/changes/ID/rebase', body: () => ({}), answer: 403 },
  previewRebase: { may: ['submitters'], path: '/changes/ID/rebase/preview', answer: 403 },
  delegate: {
    may: ALL,
    path: '/changes/ID/delegations',
    body: () => ({ to: 'pat@example.com', until: soon() }),
    answer: 403,
  },
  reviewAfter: {
    may: ALL,
    path: '/changes/ID/reviews',
    body: () => ({ verdict: 'accept', comment: 'Fine.' }),
    answer: 409,
  },
  revokeLinks: {
    may: ALL,
    path: '/changes/ID/links/revoke',
    body: () => ({}),
    answer: { submitters: 403, approvers: 403, auditors: 403, admins: 200 },
  },
  keyHistory: { may: ['auditors'], path: `/keys/${KEY}/history`, answer: 200 },
  auditEvents: { may: ['auditors'], path: '/audit/events', answer: 200 },
  auditExport: { may: ['auditors'], path: '/audit/export', answer: 200 },
  auditGains: { may: ['auditors'], path: '/audit/gains?person=ana%40example.com', answer: 200 },
  auditReport: { may: ['auditors'], path: '/audit/report?from=2026-01-01', answer: 200 },
  auditVerify: { may: ['auditors'], path: '/audit/verify', answer: 200 },
  erase: { may: ['admins'], path: '/people/unknown%40example.com/erase', body: () => ({}), answer: 404 },
  signIn: { may: 'anyone', path: '/signin?returnTo=/', answer: 404 },
  signedIn: { may: 'anyone', path: '/callback', answer: 404 },
  reviewPage: { may: 'anyone', path: NO_LINK, answer: 404 },
  reviewPost: { may: 'anyone', path: NO_LINK, body: () => ({}), answer: 403 },
  adopt: { may: ALL, path: '/foreign-writes/out_0/adopt', body: () => ({ reason: 'Seen.' }), answer: 404 },
  undo: {
    may: ['submitters', 'approvers'],
    path: '/foreign-writes/out_0/undo',
    body: () => ({ reason: 'No.' }),
    answer: 404,
  },
  foreignPage: { may: 'anyone', path: NO_LINK.replace('review', 'foreign'), answer: 404 },
  foreignPost: { may: 'anyone', path: NO_LINK.replace('review', 'foreign'), body: () => ({}), answer: 403 },
  slackInteractions: { may: 'anyone', path: '/slack/interactions', body: () => ({}), answer: 401 },
  health: { may: 'anyone', path: '/health', answer: 200 },
};

const rows = OPERATIONS.map((operation): [Operation, Row | undefined] => [operation, ROWS[operation.id]]);
const guarded = rows.filter((pair): pair is [Operation, Row] => pair[1] !== undefined && pair[1].may !== 'anyone');
const open = rows.filter((pair): pair is [Operation, Row] => pair[1]?.may === 'anyone');
const named = <T>(list: [Operation, T][]) => list.map(([operation, row]) => [operation.id, operation, row] as const);

let others: string;
const pathOf = ({ path }: Row) => path.replace('ID', others);
const keys = new Map<string, AccessKey>();

beforeAll(async () => {
  others = (await world.ana.submit(addUser())).body.id;
  const sts = new STSClient({ ...local, endpoint: world.running.aws });
  for (const role of ROLES) {
    const RoleArn = `arn:aws:iam::111122223333:role/${role}-bot`;
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'build' }));
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
    keys.set(role, { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken });
  }
});

const outcome = ({ status, body }: { status: number; body: unknown }) => {
  const { type = '', detail = '' } = (body ?? {}) as { type?: string; detail?: string };
  const door = status === 403 && /^(This is for |The rules file maps no person)/.test(detail);
  return door ? 'turned away' : `${status} ${type.replace('urn:countersign:problem:', '')}`.trim();
};

/** What each role is told, by hand. An admin ends the change that the next row needs, so they come last. */
function expected({ may, answer }: Row, role: Role): RegExp {
  if (may === 'anyone') return new RegExp(`^${answer}`);
  if (role === 'nobody' || !may.includes(role)) return /^turned away$/;
  return new RegExp(`^${typeof answer === 'number' ? answer : answer[role]}`);
}

describe('the table', () => {
  it('has a row for each operation, and the operation says the same of who may', () => {
    expect(Object.keys(ROWS).sort()).toEqual(OPERATIONS.map(({ id }) => id).sort());
    for (const [{ id, who }, row] of rows) {
      const said = Array.isArray(who) ? [...who].sort() : 'anyone';
      expect([id, said]).toEqual([id, Array.isArray(row?.may) ? [...row.may].sort() : row?.may]);
    }
  });
});

describe('#45 each operation, by each role', () => {
  it.each(named(guarded))('%s, signed in', async (_, { method }, row) => {
    for (const role of ROLES) {
      if (row.path.includes('ID')) others = (await world.ana.submit(addUser())).body.id;
      const who = await world.visitor.as(`${role}@example.com`, ...(role === 'nobody' ? [] : [role]));
      const answer = await who.send(method.toUpperCase(), pathOf(row), row.body?.());
      expect([role, outcome(answer)]).toEqual([role, expect.stringMatching(expected(row, role))]);
    }
  });

  it.each(named(guarded.filter(([{ iam }]) => iam === true)))('%s, by a pipeline', async (_, { method }, row) => {
    for (const role of ROLES) {
      if (row.path.includes('ID')) others = (await world.ana.submit(addUser())).body.id;
      const body = row.body === undefined ? '' : JSON.stringify(row.body());
      const request = await sign(world.running.api, method.toUpperCase(), `/iam${pathOf(row)}`, body, {
        key: keys.get(role) ?? {},
      });
      const answer = await send(request);
      expect([role, outcome(answer)]).toEqual([role, expect.stringMatching(expected(row, role))]);
    }
  });

  it.each(named(open))('%s, which knows no roles, is the same for everybody', async (_, { method }, row) => {
    for (const role of ROLES) {
      const who = await world.visitor.as(`${role}@example.com`, ...(role === 'nobody' ? [] : [role]));
      const answer = await who.send(method.toUpperCase(), pathOf(row), row.body?.());
      expect([role, outcome(answer)]).toEqual([role, expect.stringMatching(expected(row, role))]);
    }
  });

  it('a person of every group may no more to a change than one of none of them could not do together', async () => {
    const all = await world.visitor.as('every@example.com', ...ALL);
    const { id } = (await world.ana.submit(addUser())).body;
    expect(outcome(await all.send('POST', `/changes/${id}/decisions`, { decision: 'approve' }))).toBe(
      '403 not-an-approver',
    );
    expect(outcome(await all.send('POST', `/changes/${id}/versions`, { edits: addUser().edits }))).toBe(
      '403 not-in-group',
    );
  });
});

describe('#41 each operation, with each token that is no good', () => {
  it.each(named(guarded))('%s', async (_, { method }, row) => {
    const { bad } = forger(world.running);
    for (const [name, authorization, status] of bad) {
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await world.visitor.send(method.toUpperCase(), pathOf(row), row.body?.(), headers);
      // API Gateway's own words: the function was never asked.
      expect([name, answer.status, answer.body]).toEqual([
        name,
        status,
        { message: status === 401 ? 'Unauthorized' : 'Forbidden' },
      ]);
    }
  });

  it('and a token that is made by the same hand and right opens the door, so that the refusals mean something', async () => {
    const { forge } = forger(world.running);
    const answer = await world.visitor.send('GET', '/changes', undefined, { authorization: `Bearer ${forge()}` });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['an email that is not verified', { email_verified: false }],
    ['an email that says nothing of it', { email_verified: undefined }],
    ['no email', { email: undefined }],
  ])('%s makes a person nobody, whatever the token is good for', async (_, claims) => {
    const { forge } = forger(world.running);
    const headers = { authorization: `Bearer ${forge(claims)}` };
    const answer = await world.visitor.send('GET', '/changes', undefined, headers);
    expect(outcome(answer)).toBe('403 unknown-person');
  });
});

describe('#35 each operation under /iam, with each signature that is no good', () => {
  const signable = named(guarded.filter(([{ iam }]) => iam === true));

  it.each(signable)('%s', async (_, { method }, row) => {
    const { api } = world.running;
    const [path, body] = [`/iam${pathOf(row)}`, row.body === undefined ? '' : JSON.stringify(row.body())];
    const key = keys.get('admins') ?? {};
    const signed = (how: Signing = {}, at = path) => sign(api, method.toUpperCase(), at, body, { key, ...how });
    const { headers, ...rest } = await signed();
    const ordered = await signed({}, `${path}?a=1&b=2`);
    const attempts: (readonly [string, Signed])[] = [
      ['no auth', { ...rest, headers: { host: headers.host ?? '' } }],
      ['a bearer token', { ...rest, headers: { ...headers, authorization: `Bearer ${world.ana.token}` } }],
      ['a wrong secret', await signed({ key: { ...key, secretAccessKey: 'wrong' } })],
      ['an unknown key', await signed({ key: { ...key, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' } })],
      ['another region', await signed({ region: 'eu-west-1' })],
      ['another service', await signed({ service: 'kms' })],
      ...(method === 'get' ? [] : [['an altered body', { ...rest, headers, body: `${body} ` }] as const]),
      ['an altered query', { ...ordered, url: new URL(`${path}?a=1&b=3`, api) }],
      // AWS sorts before it checks; the local gateway wants what is signed in the order in which it is signed.
      ['an altered query order', { ...ordered, url: new URL(`${path}?b=2&a=1`, api) }],
      ['a query more', { ...rest, headers, url: new URL(`${path}?a=1`, api) }],
      [
        'another path',
        { ...rest, headers, url: new URL(method === 'get' ? '/iam/keys/x' : '/iam/changes/x/cancel', api) },
      ],
      ['a date of 16 minutes ago', await signed({ at: new Date(Date.now() - 16 * 60_000) })],
      ['a date 16 minutes ahead', await signed({ at: new Date(Date.now() + 16 * 60_000) })],
      ['a host that is not signed', await signed({ unsigned: ['host'] })],
    ];
    for (const [name, request] of attempts) {
      const answer = await send(request);
      expect([name, answer.status, answer.body]).toEqual([name, 403, { message: 'Forbidden' }]);
    }
  });

  it('and the same, signed right, is let in', async () => {
    const key = keys.get('auditors') ?? {};
    const ordered = await sign(world.running.api, 'GET', '/iam/changes?limit=1&status=PENDING', '', { key });
    expect((await send(ordered)).status).toBe(200);
  });
});

/** Every member name that a change is answered with, at any depth. */
function namesIn(schema: unknown): string[] {
  const { def, shape } = schema as { def?: { element?: unknown; innerType?: unknown }; shape?: object };
  if (shape !== undefined) return Object.entries(shape).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
  return [def?.element, def?.innerType].flatMap((inner) => (inner === undefined ? [] : namesIn(inner)));
}

describe('each field of a change that a caller must not set', () => {
  /** And some that the history and the table have for it. */
  const inside = ['binding', 'closed', 'asked', 'applyBy', 'facts', 'seq', 'fence', 'pk', '__proto__', 'constructor'];
  const names = [...new Set([...namesIn(changeView), ...inside])];
  const withBody = OPERATIONS.flatMap((one) => (one.body === undefined ? [] : [[one, one.body] as const]));

  it('are many', () => expect(names.length).toBeGreaterThan(60));

  it.each(withBody.map(([operation, body]) => [operation.id, operation, body] as const))(
    '%s names each that it does not take',
    async (id, { method }, { examples, schema }) => {
      const row = ROWS[id];
      const example = Object.values(examples)[0] as object;
      const own = Object.keys((schema as unknown as { shape: object }).shape);
      const all = await world.visitor.as('every@example.com', ...ALL);
      const foreign = names.filter((name) => !own.includes(name));
      const path = row === undefined ? '' : pathOf(row);
      for (const name of foreign) {
        const text = `{${JSON.stringify(name)}:true,${JSON.stringify(example).slice(1)}`.replace(',}', '}');
        const headers = { 'content-type': 'application/json' };
        const answer = await all.send<{ findings?: { path: string }[] }>(method.toUpperCase(), path, text, headers);
        expect([name, answer.status, answer.body.findings?.map((one) => one.path)]).toEqual([name, 400, [`/${name}`]]);
      }
    },
  );

  it('the form of a link takes none either, and says which', async () => {
    const { id } = (await world.ana.submit(addUser())).body;
    const link = await world.visitor.link('sam@example.com', id);
    const own = ['decision', 'comment', 'confirm', 'csrf', 'after', 'base'];
    for (const name of names.filter((one) => !own.includes(one))) {
      const answer = await world.visitor.decide(link, { decision: 'approve', confirm: 'payments', [name]: 'true' });
      expect([name, answer.status, answer.text.includes(`The form has the field ${name}`)]).toEqual([name, 400, true]);
    }
    expect((await world.ana.change(id)).approval.decisions).toEqual([]);
  });
});
