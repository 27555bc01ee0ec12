import { GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { expect, it } from 'vitest';
import { until } from '../../local/demo/visitor.ts';
import { accessKeyOf } from '../../local/iam/keys.ts';
import { kmsOf, RULES, useSystem } from './system.ts';

const world = useSystem({ rules: RULES });

interface Write {
  origin: string;
  id: string;
  foundBy: string;
  caller?: string;
  byApplier?: true;
  after: { document: string };
}

const arnOf = async (key: string) =>
  (await world.ana.get<{ arn: string }>(`/keys/${encodeURIComponent(key)}`)).body.arn;
const outside = async (key: string): Promise<Write[]> =>
  (await world.audrey.get<{ versions: Write[] }>(`/keys/${encodeURIComponent(key)}/history`)).body.versions.filter(
    ({ origin, foundBy }) => origin === 'outside' && foundBy !== 'baseline',
  );
const withId = async (KeyId: string, Id: string) => {
  const { Policy = '' } = await kmsOf(world.running).send(new GetKeyPolicyCommand({ KeyId }));
  return JSON.stringify({ ...(JSON.parse(Policy) as object), Id });
};
const found = (key: string, document: string) =>
  until('the foreign write', 30, async () => (await outside(key)).find(({ after }) => after.document === document));

it('takes what the applier puts for a change as no news, and never as foreign', async () => {
  const { ana, visitor } = world;
  const { body } = await ana.submit({
    key: 'alias/reports',
    edits: [{ op: 'addUser', principal: 'arn:aws:iam::111122223333:role/Asked' }],
    reason: 'Asked for.',
  });
  await visitor.decide(await visitor.link('sam@example.com', body.id), { decision: 'approve', confirm: 'reports' });
  await ana.reaches(body.id, ['APPLIED']);
  // A foreign write of the same key that comes after: its event is worked through after that of the put.
  const KeyId = await arnOf('alias/reports');
  const Policy = await withId(KeyId, 'after');
  await kmsOf(world.running).send(new PutKeyPolicyCommand({ KeyId, Policy }));
  await found('alias/reports', Policy);
  expect((await ana.send('POST', '/local/schedule/compareKeys')).status).toBe(200);
  expect((await outside('alias/reports')).map(({ after }) => after.document)).toEqual([Policy]);
});

it('takes a put by the role of the applier that no change asked for as the worst of all', async () => {
  // Right after a change was applied to the same key: only the bytes tell the two puts apart.
  const KeyId = await arnOf('alias/reports');
  const { accessKeyId, secretAccessKey } = accessKeyOf('countersign-local-apply');
  const stolen = new KMSClient({
    region: 'us-east-1',
    endpoint: world.running.aws,
    credentials: { accessKeyId, secretAccessKey },
  });
  const Policy = await withId(KeyId, 'stolen');
  await stolen.send(new PutKeyPolicyCommand({ KeyId, Policy }));
  const write = await found('alias/reports', Policy);
  expect(write).toMatchObject({
    byApplier: true,
    caller: expect.stringContaining('assumed-role/countersign-local-apply/'),
  });
  const mail = await until('the alarm', 30, async () =>
    (await world.visitor.mails('sam@example.com')).find(({ Body }) => Body.text_part.includes(write.id)),
  );
  expect(mail.Subject).toContain('ALARM');
});

it('finds by comparison what no event told of, once, and ends what waited', async () => {
  const { ana, running } = world;
  const { body } = await ana.submit({
    key: 'alias/partner-exchange',
    edits: [{ op: 'addUser', principal: 'arn:aws:iam::111122223333:role/Late' }],
    reason: 'It waits.',
  });
  const KeyId = await arnOf('alias/partner-exchange');
  const Policy = await withId(KeyId, 'missed');
  await kmsOf(running).send(new PutKeyPolicyCommand({ KeyId, Policy }));
  // Whichever is first: the event and the comparison of one write are one entry.
  const runs = await Promise.all([1, 2, 3].map(() => ana.send('POST', '/local/schedule/compareKeys')));
  expect(runs.map(({ status }) => status)).toEqual([200, 200, 200]);
  const traced = await until('its caller', 30, async () =>
    (await outside('alias/partner-exchange')).find(({ caller }) => caller !== undefined),
  );
  expect(traced.after.document).toContain('missed');
  expect(await outside('alias/partner-exchange')).toHaveLength(1);
  await ana.reaches(body.id, ['STALE']);
  expect((await ana.send('POST', '/local/schedule/reconcile')).status).toBe(200);
});
