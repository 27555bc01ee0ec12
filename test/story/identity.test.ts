import { CreateAliasCommand, UpdateAliasCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { DENIALS_A_MINUTE } from '../../lib/store/refusals.ts';
import { send, sign } from './pipeline.ts';
import { addUser, kmsOf, RULES, refusalsOf, useSystem } from './system.ts';

const LIMIT = 12;
/** More than one person alone can take in two minutes. */
const PLACES = 30;
const world = useSystem({
  settles: true,
  rules: `${RULES}teams:
  ledger: [ben@example.com]
submit:
  - { match: { alias: "alias/prod/*" }, from: [ledger] }
iam:
  arn:aws:iam::111122223333:role/ci-deployer: { person: Kim@Example.com, groups: [submitters, approvers] }
`,
  env: { SUBMITS_PER_MINUTE: String(LIMIT), OPEN_CHANGES_PER_KEY: String(PLACES) },
});

const typeOf = ({ body }: { body: object }) =>
  (body as { type?: string }).type?.replace('urn:countersign:problem:', '');

describe('one person, however they come', () => {
  it('#37 who submits through a role of theirs cannot approve as themselves, and a role of nobody submits nothing', async () => {
    const pipeline = (role: string, path: string, body: object) =>
      sign(world.running.api, 'POST', path, JSON.stringify(body), { role }).then(send);
    const submitted = await pipeline('ci-deployer', '/iam/changes', addUser());
    const change = submitted.body as unknown as ChangeView;
    expect([submitted.status, change.submitter]).toEqual([201, 'kim@example.com']);
    expect(change.approval.approvers).not.toContain('kim@example.com');
    const decision = { decision: 'approve' };
    const byHand = await world.kim.send('POST', `/changes/${change.id}/decisions`, decision);
    const byRole = await pipeline('ci-deployer', `/iam/changes/${change.id}/decisions`, decision);
    expect([byHand, byRole].map(typeOf)).toEqual(['own-change', 'own-change']);
    const stranger = await pipeline('ci-stranger', '/iam/changes', addUser());
    const voter = await pipeline('ci-stranger', `/iam/changes/${change.id}/decisions`, decision);
    expect([stranger, voter].map(typeOf)).toEqual(['unknown-person', 'unknown-person']);
    await world.visitor.link('sam@example.com', change.id);
    const kims = (await world.visitor.mails('kim@example.com')).filter(({ Body }) =>
      Body.text_part.includes(change.id),
    );
    expect(kims).toEqual([]);
    expect(await refusalsOf(world, change.id)).toEqual([
      'kim@example.com OWN_CHANGE',
      'kim@example.com OWN_CHANGE',
      'iam:arn:aws:sts::111122223333:assumed-role/ci-stranger/local UNKNOWN_PERSON',
    ]);
  });
});

describe('#111 a refused attempt about no change', () => {
  type Refused = { person: string; code: string; change: string; keyArn: string };
  const denials = async () =>
    (await world.audrey.get<{ events: Refused[] }>('/audit/events?change=none&limit=100')).body.events;

  it('is a fact too, of the key where it named one that is there, and the history stays whole', async () => {
    const post = (who: typeof world.ana, key = 'alias/payments') => who.submit(addUser(key));
    await send(
      await sign(world.running.api, 'POST', '/iam/changes', JSON.stringify(addUser()), { role: 'ci-stranger' }),
    );
    expect((await post(world.sam)).status).toBe(403);
    expect((await post(world.ana, 'alias/prod/ledger')).status).toBe(403);
    const { body: ledger } = await world.audrey.get<{ arn: string }>('/keys/alias%2Fprod%2Fledger');
    const facts = (await denials()).map(({ person, code, keyArn }) => [person, code, keyArn]);
    expect(facts).toEqual(
      expect.arrayContaining([
        ['ana@example.com', 'NOT_IN_GROUP', ledger.arn],
        ['sam@example.com', 'NOT_IN_GROUP', 'none'],
        ['iam:arn:aws:sts::111122223333:assumed-role/ci-stranger/local', 'UNKNOWN_PERSON', 'none'],
      ]),
    );
    const ofKey = await world.audrey.get<{ events: Refused[] }>('/audit/events?key=alias%2Fprod%2Fledger&type=REFUSED');
    expect(ofKey.body.events.map(({ person }) => person)).toEqual(['ana@example.com']);
    expect((await world.audrey.get('/keys/alias%2Fprod%2Fledger/history')).status).toBe(200);
    await world.ana.send('POST', '/local/schedule/notarise');
    expect((await world.audrey.get('/audit/verify')).body).toMatchObject({ ok: true, verdict: 'clean' });
  });

  it('cannot fill the log, not even by many together', async () => {
    const before = (await denials()).length;
    const people = await Promise.all(
      Array.from({ length: 8 }, (_, n) => world.visitor.as(`eve${n}@example.com`, 'approvers')),
    );
    for (let round = 0; round < 12; round++) await Promise.all(people.map((one) => one.submit(addUser())));
    const noted = (await denials()).length - before;
    expect(noted).toBeGreaterThan(0);
    // Two minutes' worth at most, should the minute turn meanwhile.
    expect(noted).toBeLessThanOrEqual(2 * DENIALS_A_MINUTE);
  });
});

describe('#39 an alias that is repointed between submit and apply', () => {
  it('changes nothing: the put goes to the key that was fixed at the submit', async () => {
    const kms = kmsOf(world.running);
    const [payments, reports] = await Promise.all(
      ['payments', 'reports'].map((name) => world.ana.get<{ keyId: string; arn: string }>(`/keys/alias%2F${name}`)),
    );
    const AliasName = 'alias/moving';
    await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: payments?.body.keyId }));
    const { body: change } = await world.ana.submit(addUser(AliasName));
    await kms.send(new UpdateAliasCommand({ AliasName, TargetKeyId: reports?.body.keyId }));
    expect((await world.ana.get<{ arn: string }>('/keys/alias%2Fmoving')).body.arn).toBe(reports?.body.arn);
    await world.sam.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
    await world.ana.reaches(change.id, ['APPLIED']);
    const puts = (await world.visitor.puts()).filter(({ sha256 }) => sha256 === change.after.sha256);
    expect(puts.map(({ keyArn }) => keyArn)).toEqual([payments?.body.arn]);
  });
});

describe('#43 a change that is not there', () => {
  const ids = [
    `chg_${'0'.repeat(26)}`,
    'x',
    'chg_',
    `CHG_${'0'.repeat(26)}`,
    `chg_${'0'.repeat(27)}`,
    'chg_%00',
    '%E2%80%AE',
    'a%20b',
    'CHANGE%23x',
    'x'.repeat(3_000),
  ];
  it.each(ids)('%s: the same answer, read and acted on', async (id) => {
    const said = async (answer: Promise<{ status: number; text: string }>) => {
      const { status, text } = await answer;
      return [status, text];
    };
    const unknown = `chg_${'1'.repeat(26)}`;
    const paths: [string, string, object?][] = [
      ['GET', ''],
      ['POST', '/cancel', {}],
      ['POST', '/decisions', { decision: 'approve' }],
      ['POST', '/links/revoke', {}],
      ['POST', '/versions', { edits: addUser().edits }],
      ['POST', '/revert', { reason: 'Undo it.' }],
    ];
    for (const [method, path, body] of paths) {
      const answer = await said(world.ana.send(method, `/changes/${id}${path}`, body));
      expect([path, ...answer]).toEqual([
        path,
        ...(await said(world.ana.send(method, `/changes/${unknown}${path}`, body))),
      ]);
      expect(answer[0]).toBe(404);
    }
  });

  it('and a key that is not there: 404, whatever is asked for', async () => {
    for (const id of ['x', 'alias%2Fnothing', '%E2%80%AE', 'a%20b', 'x'.repeat(3_000)]) {
      for (const path of [`/keys/${id}`, `/keys/${id}/policy`]) {
        expect([path.length, (await world.ana.get(path)).status]).toEqual([path.length, 404]);
      }
      expect((await world.audrey.get(`/keys/${id}/history`)).status).toBe(404);
    }
  });

  it('looks to somebody of no group as one that is there', async () => {
    const { id } = (await world.ana.submit(addUser())).body;
    const guest = await world.visitor.as('guest@example.com');
    const [there, not] = await Promise.all([guest.get(`/changes/${id}`), guest.get(`/changes/chg_${'0'.repeat(26)}`)]);
    expect([there.status, there.text]).toEqual([403, not.text]);
  });
});

describe('#47 a flood of submits by one person', () => {
  it('is answered 429, and other people and other keys go their way', async () => {
    const ben = await world.visitor.as('ben@example.com', 'submitters');
    const cleo = await world.visitor.as('cleo@example.com', 'submitters');
    const flood = Promise.all(Array.from({ length: 5 * LIMIT }, () => ben.submit(addUser('alias/reports'))));
    const { status, body: change } = await cleo.submit(addUser('alias/partner-exchange'));
    expect(status).toBe(201);
    await world.sam.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
    await world.ana.reaches(change.id, ['APPLIED'], 60);
    const answers = await flood;
    const counts = new Map<number, number>();
    for (const one of answers) counts.set(one.status, (counts.get(one.status) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([201, 429]);
    // Two minutes' worth at most, should the minute turn meanwhile.
    expect(counts.get(201)).toBeGreaterThanOrEqual(LIMIT);
    expect(counts.get(201)).toBeLessThanOrEqual(2 * LIMIT);
    const refused = answers.find((one) => one.status === 429);
    expect([refused?.headers.get('retry-after'), typeOf(refused ?? { body: {} })]).toEqual(['60', 'too-many-requests']);
    // Many open changes on one key hold up no decision about one of them.
    const last = answers.findLast((one) => one.status === 201)?.body.id ?? '';
    await world.sam.send('POST', `/changes/${last}/decisions`, { decision: 'approve' });
    await world.ana.reaches(last, ['APPLIED'], 60);
  });

  it('with one Idempotency-Key is one change, and no flood', async () => {
    const dora = await world.visitor.as('dora@example.com', 'submitters');
    const body = addUser('alias/reports');
    const ids = new Set<string>();
    for (let n = 0; n < 2 * LIMIT; n++) ids.add((await dora.submit(body, { 'idempotency-key': 'once' })).body.id);
    expect(ids.size).toBe(1);
  });
});

describe('#47 a flood of open changes on one key, by many people', () => {
  it('is answered 429 with the limit and the mend, other keys go their way, and each end makes room for one', async () => {
    const key = 'alias/partner-exchange';
    const submit = (who: typeof world.ana) => who.submit(addUser(key));
    const open: string[] = [];
    for (let n = 0; open.length < PLACES; n++) {
      const one = await world.visitor.as(`flood${n}@example.com`, 'submitters');
      const some = await Promise.all(Array.from({ length: 10 }, () => submit(one)));
      expect(some.map(({ status }) => status)).toEqual(some.map(() => 201));
      open.push(...some.map(({ body }) => body.id));
    }
    const erin = await world.visitor.as('erin@example.com', 'submitters');
    const refused = await submit(erin);
    expect([refused.status, typeOf(refused), refused.headers.get('retry-after')]).toEqual([429, 'too-many-open', null]);
    expect(refused.text).toContain(
      `The key partner-exchange has ${PLACES} open changes, the most that a key may have.`,
    );
    expect(refused.text).toContain('cancel one: its submitter or an admin may (POST /changes/{id}/cancel)');
    const set = await erin.send('POST', '/sets', { ...addUser(), key: undefined, keys: ['alias/payments', key] });
    expect([set.status, typeOf(set)]).toEqual([429, 'too-many-open']);
    expect((await erin.submit(addUser('alias/payments'))).status).toBe(201);
    const [mine = '', other = ''] = open;
    await world.ada.send('POST', `/changes/${mine}/cancel`, {});
    const answers = await Promise.all([submit(erin), submit(erin)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 429]);
    await world.sam.send('POST', `/changes/${other}/decisions`, { decision: 'reject' });
    expect((await submit(erin)).status).toBe(201);
  });
});
