import { describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { Browser } from './browser.ts';
import { addUser, refusalsOf, tableItems, useSystem } from './system.ts';

const world = useSystem({
  settles: true,
  rules: `approvers:
  security: [sam@example.com, kim@example.com]
rules:
  - name: default
    quorum: 1
    from: [security]
    expireAfter: PT72H
    signIn: true
`,
});

const newBrowser = () => new Browser(world.running.api);
const csrfOf = (text: string) => /name="csrf" value="([\w-]+)"/.exec(text)?.[1] ?? '';
const form = { decision: 'approve', confirm: 'payments', comment: '' };

async function asked(person: string): Promise<{ change: ChangeView; link: string }> {
  const { body: change } = await world.ana.submit(addUser());
  return { change, link: await world.visitor.link(person, change.id) };
}
/** What people and pages can change; the notary signs on its own. */
const stored = async () => (await tableItems(world.running)).filter(({ pk }) => pk !== 'CHECKPOINTS#main');

const decisions = async ({ id }: ChangeView) => (await world.ana.change(id)).approval.decisions;

describe('a link whose rule asks for a sign-in', () => {
  it('shows nothing and takes nothing without one', async () => {
    const { change, link } = await asked('sam@example.com');
    const browser = newBrowser();
    const page = await browser.go(link);
    expect(page.status).toBe(401);
    for (const secret of [change.reason, change.key.arn, 'payments', 'ana@']) expect(page.text).not.toContain(secret);
    expect((await browser.go(link, form)).status).toBe(401);
    expect(await decisions(change)).toEqual([]);
    expect(await refusalsOf(world, change.id)).toEqual(['link:sam@example.com SIGN_IN_NEEDED']);
  });

  it('is decided by its person, signed in, with a form of that sign-in', async () => {
    const { change, link } = await asked('sam@example.com');
    const browser = newBrowser();
    const back = await browser.go(await browser.signIn(link, 'sam@example.com'));
    expect([back.status, back.location]).toEqual([302, link]);
    const session = browser.set.find((cookie) => cookie.startsWith('__Host-session='));
    for (const part of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) expect(session).toContain(part);
    expect(session).not.toMatch(/Domain/i);
    const page = await browser.go(link);
    expect(page.status).toBe(200);
    for (const csrf of ['', 'A'.repeat(43)]) expect((await browser.go(link, { ...form, csrf })).status).toBe(403);
    expect((await browser.go(link, form)).status).toBe(403);
    expect(await decisions(change)).toEqual([]);
    expect((await browser.go(link, { ...form, csrf: csrfOf(page.text) })).status).toBe(200);
    expect(await decisions(change)).toMatchObject([{ person: 'sam@example.com', channel: 'link' }]);
    const secret = /__Host-session=([\w-]+)/.exec(session ?? '')?.[1] ?? 'none';
    expect(JSON.stringify(await tableItems(world.running))).not.toContain(secret);
  });

  it('#25 takes no form from another site, of another kind or of no sign-in of theirs, though the cookie comes with it', async () => {
    const { change, link } = await asked('sam@example.com');
    const browser = newBrowser();
    await browser.go(await browser.signIn(link, 'sam@example.com'));
    const csrf = csrfOf((await browser.go(link)).text);
    const attempts: [Record<string, string>, Record<string, string>][] = [
      [
        { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' },
        { ...form, csrf },
      ],
      [
        { 'sec-fetch-site': 'same-site', origin: 'https://sub.example.com' },
        { ...form, csrf },
      ],
      [{ 'sec-fetch-site': 'none' }, { ...form, csrf }],
      [
        { 'sec-fetch-site': '', origin: 'null' },
        { ...form, csrf },
      ],
      [
        { 'sec-fetch-site': '', origin: 'https://evil.test' },
        { ...form, csrf },
      ],
      [{ 'content-type': 'text/plain' }, { ...form, csrf }],
      [{ 'content-type': 'application/json' }, { ...form, csrf }],
      [{ 'sec-fetch-site': 'same-origin' }, { ...form, csrf: 'A'.repeat(43) }],
    ];
    for (const [headers, fields] of attempts) {
      expect([headers, (await browser.go(link, fields, headers)).status]).toEqual([headers, 403]);
    }
    expect(await decisions(change)).toEqual([]);
    const foreign = attempts.slice(1).map(() => 'link:sam@example.com NOT_OUR_FORM');
    expect(await refusalsOf(world, change.id)).toEqual([...foreign, 'sam@example.com NOT_OUR_FORM']);
    expect((await browser.go(link, { ...form, csrf })).status).toBe(200);
    expect(await decisions(change)).toMatchObject([{ person: 'sam@example.com' }]);
  });

  it('#33 opened by another approver counts for nobody, looks as if nobody had signed in, and the attempt is a fact', async () => {
    const { change, link } = await asked('sam@example.com');
    const mine = await world.visitor.link('kim@example.com', change.id);
    const stranger = await newBrowser().go(link);
    const kim = newBrowser();
    await kim.go(await kim.signIn(link, 'kim@example.com'));
    // Other changes of this file may still be closing.
    const itsItems = async () => (await stored()).filter(({ pk }) => pk === `CHANGE#${change.id}`);
    const before = await itsItems();
    const page = await kim.go(link);
    expect([page.status, page.text]).toEqual([401, stranger.text]);
    expect(await itsItems()).toEqual(before);
    const own = await kim.go(mine);
    expect((await kim.go(link, { ...form, csrf: csrfOf(own.text) })).text).toBe(stranger.text);
    expect(await decisions(change)).toEqual([]);
    expect(await refusalsOf(world, change.id)).toEqual(['kim@example.com NOT_YOUR_LINK']);
    expect((await kim.go(mine, { ...form, csrf: csrfOf(own.text) })).status).toBe(200);
    expect(await decisions(change)).toMatchObject([{ person: 'kim@example.com' }]);
  });

  it('is not opened by the answer to a sign-in that another browser began, nor by one that was used', async () => {
    const { link } = await asked('sam@example.com');
    const victim = newBrowser();
    const callback = await newBrowser().signIn(link, 'sam@example.com');
    const dead = await victim.go(`/review/${'A'.repeat(43)}`);
    await victim.go(`/signin?returnTo=${encodeURIComponent(link)}`);
    const fixed = await victim.go(callback);
    expect([fixed.status, fixed.text]).toEqual([404, dead.text]);
    const own = await victim.signIn(link, 'sam@example.com');
    const wrongState = new URL(own);
    wrongState.searchParams.set('state', 'A'.repeat(43));
    const again = newBrowser();
    expect((await again.go(own)).status).toBe(404);
    expect((await victim.go(wrongState.href)).text).toBe(dead.text);
    expect((await victim.go(own)).status).toBe(404);
    const third = newBrowser();
    const once = await third.signIn(link, 'sam@example.com');
    expect((await third.go(once)).status).toBe(302);
    expect((await third.go(once)).status).toBe(404);
  });
});

describe('#31 where a sign-in leads back to', () => {
  it.each([
    '//evil.test',
    '/\\evil.test',
    'https:evil.test',
    'https://evil.test/review/x',
    `//evil.test/review/${'A'.repeat(43)}`,
    `/review/${'A'.repeat(43)}/../../x`,
    `/review/${'A'.repeat(43)}\r\nset-cookie: a=b`,
    `/review/${'A'.repeat(43)}?x=//evil.test`,
    '/',
    '',
  ])('is a review page of ours and nothing else: %j', async (returnTo) => {
    const browser = newBrowser();
    const { status, location } = await browser.go(`/signin?returnTo=${encodeURIComponent(returnTo)}`);
    expect([status, location, browser.set]).toEqual([404, '', []]);
  });

  it('goes to the issuer of the deployment with PKCE, whatever the request says', async () => {
    const path = encodeURIComponent(`/review/${'A'.repeat(43)}`);
    const { status, location } = await newBrowser().go(`/signin?returnTo=${path}`);
    const url = new URL(location);
    expect([status, url.origin]).toEqual([302, world.running.api]);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: 'countersign-web',
      code_challenge_method: 'S256',
      prompt: 'login',
      response_type: 'code',
    });
    expect((await newBrowser().go(`/signin?returnTo=${path}&issuer=https://evil.test`)).status).toBe(404);
  });
});
