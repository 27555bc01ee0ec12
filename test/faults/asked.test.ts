import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done } from '../../lib/change/refusal.ts';
import { KEYS, Lab } from './lab.ts';

/** What happens while mails are on their way, and how many say so. */
let lab: Lab;
let changes: typeof import('../../lib/store/changes.ts');
beforeAll(async () => {
  lab = await Lab.open('ask');
  changes = await import('../../lib/store/changes.ts');
});
afterAll(() => lab.close());

const TOKEN = `AQC${'A'.repeat(64)}`;
const at = () => lab.now().toISOString();

/** What its submitter says who posts the same document once more. */
async function postVersion(id: string): Promise<void> {
  const whole = await changes.readWholeChange(id);
  if (whole === undefined) throw new Error(`${id} is gone`);
  const { change, before, after, proposal } = whole;
  const { key: _, submitter, reason, binding, afterCanonical, risk, rule, expiresAt, applyBy } = change;
  const texts = {
    before: text(before, change.before, binding.base),
    after: text(after, binding.after, afterCanonical),
  };
  const version = 2;
  const posted = await changes.record(
    id,
    { person: submitter, at: at() },
    () =>
      done({
        type: 'VERSIONED',
        version,
        reason,
        binding,
        before: change.before,
        afterCanonical,
        risk,
        rule,
        expiresAt,
        applyBy,
      }),
    { along: { writes: changes.versionWrites({ id, version }, { ...texts, proposal }), refusal: NEVER } },
  );
  if (!posted.ok) throw new Error(posted.refusal.detail);
}
const text = (document: string, sha256: string, canonical: string) => ({ document, sha256, canonical });
const NEVER = { code: 'BASE_MOVED', detail: 'It was posted already.' } as const;

const mailsAbout = async (person: string, what: string) =>
  (await lab.visitor.mails(person)).filter(({ Body }) => Body.text_part.includes(what));

describe('a version that is posted while the mails about the one before go out', () => {
  it('is asked about by itself: nobody counts as asked who was asked about the other', async () => {
    const { askApprovers } = await import('../../lib/workflow/ask.ts');
    const { id } = await lab.pending();
    lab.proxy.arm();
    const mail = lab.proxy.hold({ operation: 'ask ses.SendEmail', nth: 1 });
    const first = askApprovers(id, TOKEN, lab.rules, at());
    await mail.held;
    await postVersion(id);
    mail.letGo();
    await first;
    const stored = await changes.readChange(id);
    expect([stored?.change.version, stored?.change.asked, stored?.change.askedPeople]).toEqual([2, false, undefined]);
    // Its own wake may have come before this run had stored its token.
    expect(lab.proxy.calls().map(({ operation }) => operation)).toContain('ask states.SendTaskSuccess');
    const before = (await mailsAbout('sam@example.com', id)).length;
    await askApprovers(id, TOKEN, lab.rules, at());
    expect((await mailsAbout('sam@example.com', id)).length).toBe(before + 1);
    expect((await changes.readChange(id))?.change.askedPeople).toContain('sam@example.com');
  });
});

describe('two changes of a set that end at the same moment', () => {
  const ended = async () => {
    const set = lab.nextSet(2);
    const ids: string[] = [];
    for (const key of KEYS.slice(0, 2)) ids.push((await lab.pending(key, { set })).id);
    const { cancelChange } = await import('../../lib/workflow/decide.ts');
    for (const id of ids) {
      await cancelChange(id, { person: 'ana@example.com', admin: false, comment: '' }, at());
    }
    return { set, ids };
  };

  it('are told of by one mail to each, whichever is first', async () => {
    const { closeChange } = await import('../../lib/workflow/close.ts');
    const { set, ids } = await ended();
    await Promise.all(ids.map((id) => closeChange(id, lab.rules, at())));
    expect(await mailsAbout('ana@example.com', set.id)).toHaveLength(1);
    for (const id of ids) expect((await changes.readChange(id))?.change.closed).toBe(true);
  });

  it('are told of by the close that comes after a crash, when the one that took it on had told nobody', async () => {
    const { closeChange } = await import('../../lib/workflow/close.ts');
    const { set, ids } = await ended();
    const [one = '', other = ''] = ids;
    lab.proxy.arm({ operation: 'ask ses.SendEmail', nth: 1, mode: 'crash-before' });
    await closeChange(one, lab.rules, at()).catch(() => undefined);
    lab.proxy.dead = false;
    await closeChange(other, lab.rules, at());
    expect(await mailsAbout('ana@example.com', set.id)).toHaveLength(0);
    await closeChange(one, lab.rules, at());
    expect(await mailsAbout('ana@example.com', set.id)).toHaveLength(1);
  });
});
