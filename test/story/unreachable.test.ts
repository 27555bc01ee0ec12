import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetKeyPolicyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { type Running, startRunning } from '../../local/demo/running.ts';
import { until } from '../../local/demo/visitor.ts';
import { addUser, kmsOf, people, temporaryFolder, type World } from './system.ts';

const RULES = `approvers:
  security: [sam@example.com, kim@example.com]
rules:
  - name: often
    match: { alias: alias/reports }
    quorum: 1
    from: [security]
    expireAfter: PT15M
    remindEvery: PT1S
  - { name: default, quorum: 1, from: [security], expireAfter: PT72H }
`;

const folder = temporaryFolder();
let running: Running;
let world: Omit<World, 'running'>;
async function start(rules: string): Promise<void> {
  const file = join(folder, 'rules.yml');
  writeFileSync(file, rules);
  running = await startRunning(join(folder, 'data'), { RULES_FILE: file });
  world = await people(running);
}
beforeAll(() => start(RULES));
afterAll(() => running.stop());

async function submitted(key?: string): Promise<ChangeView> {
  const answer = await world.ana.submit(addUser(key));
  expect(answer.status).toBe(201);
  return answer.body;
}

const mailsTo = async (person: string, id: string) =>
  (await world.visitor.mails(`${person}@example.com`)).filter(({ Body }) => Body.text_part.includes(id));
const mailTo = (person: string, id: string, subject = '') =>
  until(`a mail to ${person} about ${id}: ${subject}`, 30, async () =>
    (await mailsTo(person, id)).find(({ Subject }) => Subject.includes(subject)),
  );
/** SES tells of the mail that asked this person. */
async function tells(person: string, id: string, type: string, more: object = {}): Promise<void> {
  const { Id } = await mailTo(person, id, 'approval is asked');
  const body = JSON.stringify({ messageId: Id, type, ...more });
  expect((await fetch(`${running.aws}/_aws/ses/events`, { method: 'POST', body })).status).toBe(200);
}
const askedFact = (id: string) =>
  until(`${id} to be asked about`, 30, async () => {
    const answer = await world.audrey.get<{ events: { mailed: string[]; failed: object[] }[] }>(
      `/audit/events?change=${id}&type=ASKED`,
    );
    return answer.body.events[0];
  });
const stopped = (person: string) => ({ person: `${person}@example.com`, channel: 'mail', error: 'MailStopped' });

it('nobody is mailed again whose mail bounced for good or who complained, until the rules file changes; authors hear of it', async () => {
  const first = await submitted();
  await tells('kim', first.id, 'bounce');
  // One that may pass stops nothing.
  await tells('sam', first.id, 'bounce', { bounceType: 'Transient' });

  const second = await submitted();
  expect(await askedFact(second.id)).toMatchObject({ mailed: ['sam@example.com'], failed: [stopped('kim')] });
  const some = await mailTo('ana', second.id, 'Not asked by mail: kim@example.com');
  expect(some.Body.text_part).toContain('kim@example.com');
  expect(await mailsTo('kim', second.id)).toEqual([]);

  await tells('sam', second.id, 'complaint');
  const third = await submitted();
  expect(await askedFact(third.id)).toMatchObject({ mailed: [], failed: [stopped('kim'), stopped('sam')] });
  const loud = await mailTo('ana', third.id, 'Nobody is reached: the key policy of payments waits');
  expect(loud.Body.text_part).toContain('Tell them yourself, now');
  expect((await world.ana.change(third.id)).status).toBe('PENDING');

  // Of a foreign write nobody can be told either: said once, and not tried each minute.
  const kms = kmsOf(running);
  const { arn: KeyId } = (await world.ana.get<{ arn: string }>('/keys/alias%2Fpartner-exchange')).body;
  const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId }));
  const foreign = JSON.stringify({ ...(JSON.parse(Policy) as object), Id: 'foreign' });
  await kms.send(new PutKeyPolicyCommand({ KeyId, Policy: foreign }));
  const told = await until('word that nobody was told', 30, async () => {
    const answer = await world.audrey.get<{ events: { keyArn: string; mailed: string[]; failed: object[] }[] }>(
      '/audit/events?type=FOREIGN_TOLD',
    );
    return answer.body.events.find(({ keyArn }) => keyArn === KeyId);
  });
  expect(told).toMatchObject({ mailed: [], failed: expect.arrayContaining([stopped('kim'), stopped('sam')]) });

  // Each reminder would have gone to nobody: each time the author is told.
  const often = await submitted('alias/reports');
  await until('to be told twice', 30, async () => {
    const told = (await mailsTo('ana', often.id)).filter(({ Subject }) => Subject.startsWith('Nobody is reached'));
    return told.length >= 2 ? true : undefined;
  });

  // Signed in they decide as ever, and of the end too they get no mail.
  expect((await world.kim.send('POST', `/changes/${third.id}/decisions`, { decision: 'approve' })).status).toBe(200);
  await mailTo('ana', third.id, 'Applied');
  expect(await mailsTo('kim', third.id)).toEqual([]);
  expect(await mailsTo('sam', third.id)).toEqual([]);

  await running.stop();
  await start(`# The addresses were looked at.\n${RULES}`);
  const fourth = await submitted();
  expect(await askedFact(fourth.id)).toMatchObject({ mailed: ['kim@example.com', 'sam@example.com'], failed: [] });
}, 240_000);
