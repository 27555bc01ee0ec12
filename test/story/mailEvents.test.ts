import { describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { until } from '../../local/demo/visitor.ts';
import { addUser, useSystem } from './system.ts';

// Whose mail bounced for good is not mailed again: each test has somebody of its own.
const people = ['sam', 'kim', 'lee', 'pat', 'olu', 'max'].map((name) => `${name}@example.com`);
const world = useSystem({
  settles: true,
  rules: `approvers:
  security: [${people.join(', ')}]
rules:
  - { name: default, quorum: 1, from: [security], expireAfter: PT72H }
`,
});

async function submitted(): Promise<ChangeView> {
  const answer = await world.ana.submit(addUser());
  expect(answer.status).toBe(201);
  return answer.body;
}

/** The mail that asked this person about this change. */
const asked = (person: string, id: string) =>
  until(`a mail to ${person} about ${id}`, 30, async () =>
    (await world.visitor.mails(person)).find(({ Body }) => Body.text_part.includes(id)),
  );

interface Told {
  status: number;
  body: { event: Record<string, unknown>; result: { ok: boolean; payload: unknown }[] };
}

/** SES tells of a mail. */
async function tells(messageId: string, type: string, more: object = {}): Promise<Told> {
  const response = await fetch(`${world.running.aws}/_aws/ses/events`, {
    method: 'POST',
    body: JSON.stringify({ messageId, type, ...more }),
  });
  return { status: response.status, body: (await response.json()) as Told['body'] };
}

const noted = ({ body }: Told) => body.result.map(({ payload }) => payload);
const factsOf = async (id: string, type: string) =>
  (await world.audrey.get<{ events: object[] }>(`/audit/events?change=${id}&type=${type}`)).body.events;
const warnings = async (id: string) =>
  (await world.visitor.mails('ana@example.com')).filter(
    ({ Subject, Body }) => Subject.startsWith('Not reached:') && Body.text_part.includes(id),
  );

describe('a mail that did not arrive', () => {
  it('is a fact of its change, once, and the submitter is warned', async () => {
    const { id } = await submitted();
    const { Id } = await asked('kim@example.com', id);
    const first = await tells(Id, 'bounce', { diagnosticCode: 'smtp; 550 5.1.1 <kim@example.com> user unknown' });
    expect([first.status, noted(first)]).toEqual([200, [{ noted: 1 }]]);
    expect(first.body.event).toMatchObject({ source: 'aws.ses', 'detail-type': 'Email Bounced' });
    expect(noted(await tells(Id, 'bounce'))).toEqual([{ noted: 0 }]);
    expect(await factsOf(id, 'BOUNCED')).toMatchObject([
      {
        person: 'countersign',
        to: 'kim@example.com',
        bounceType: 'Permanent',
        detail: 'smtp; 550 5.1.1 <kim@example.com> user unknown',
      },
    ]);
    const [warning, ...more] = await warnings(id);
    expect([warning?.Subject, more]).toEqual([
      expect.stringContaining('Not reached: kim@example.com, about the key policy of payments'),
      [],
    ]);
    expect(warning?.Body.html_part).toContain('&lt;kim@example.com&gt;');
    expect((await world.ana.change(id)).timeline.map(({ text }) => text)).toContainEqual(
      expect.stringContaining('A mail to kim@example.com did not arrive (Permanent)'),
    );
  });

  it('that may still arrive is a fact and no warning', async () => {
    const { id } = await submitted();
    const { Id } = await asked('lee@example.com', id);
    expect(noted(await tells(Id, 'bounce', { bounceType: 'Transient' }))).toEqual([{ noted: 1 }]);
    expect(await factsOf(id, 'BOUNCED')).toMatchObject([{ bounceType: 'Transient' }]);
    expect(await warnings(id)).toEqual([]);
  });

  it('that SES did not send is one too', async () => {
    const { id } = await submitted();
    const { Id } = await asked('sam@example.com', id);
    expect(noted(await tells(Id, 'reject'))).toEqual([{ noted: 1 }]);
    expect(await factsOf(id, 'BOUNCED')).toMatchObject([{ to: 'sam@example.com', bounceType: 'Reject' }]);
    expect(await warnings(id)).toHaveLength(1);
  });

  it('and was itself such a warning leads to nothing more', async () => {
    const { id } = await submitted();
    const { Id } = await asked('pat@example.com', id);
    await tells(Id, 'bounce');
    const [warning] = await warnings(id);
    expect(noted(await tells(warning?.Id ?? '', 'bounce'))).toEqual([{ noted: 0 }]);
    expect(await warnings(id)).toHaveLength(1);
  });

  it('after the end is a fact and no warning', async () => {
    const { id } = await submitted();
    const { Id } = await asked('olu@example.com', id);
    await world.ana.send('POST', `/changes/${id}/cancel`, {});
    await world.ana.reaches(id, ['CANCELLED']);
    expect(noted(await tells(Id, 'bounce'))).toEqual([{ noted: 1 }]);
    expect(await warnings(id)).toEqual([]);
  });
});

describe('a mail that was called spam', () => {
  it('is a fact, and the submitter is warned', async () => {
    const { id } = await submitted();
    const { Id } = await asked('max@example.com', id);
    const told = await tells(Id, 'complaint');
    expect([told.body.event['detail-type'], noted(told)]).toEqual(['Email Complaint Received', [{ noted: 1 }]]);
    expect(await factsOf(id, 'COMPLAINED')).toMatchObject([{ to: 'max@example.com', detail: 'abuse' }]);
    expect((await warnings(id))[0]?.Body.text_part).toContain('It was called spam');
  });
});

describe('the mails of one change', () => {
  it('are one conversation, and no machine answers them', async () => {
    const { id } = await submitted();
    await asked('sam@example.com', id);
    await world.ana.send('POST', `/changes/${id}/cancel`, {});
    const mails = await until('the result by mail', 30, async () => {
      const theirs = (await world.visitor.mails('sam@example.com')).filter(({ Body }) => Body.text_part.includes(id));
      return theirs.length >= 2 ? (theirs as unknown as { Headers: { Name: string; Value: string }[] }[]) : undefined;
    });
    for (const { Headers } of mails) {
      expect(Object.fromEntries(Headers.map(({ Name, Value }) => [Name, Value]))).toEqual({
        'In-Reply-To': `<${id}@countersign>`,
        References: `<${id}@countersign>`,
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
      });
    }
  });
});
