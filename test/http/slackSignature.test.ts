import { createHmac } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSlackRequest } from '../../lib/http/slackPayload.ts';
import { isSignedBySlack, type SlackSigned } from '../../lib/http/slackSignature.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const NOW = 1_764_019_200_000;
const STAMP = String(NOW / 1000);
const BODY = Buffer.from('payload=%7B%7D');

const sign = (timestamp: string, body: Uint8Array, secret = SECRET) =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
const signed = (over: Partial<SlackSigned> = {}): SlackSigned => {
  const { timestamp = STAMP, body = BODY } = over;
  return { timestamp, body, signature: sign(timestamp, body), ...over };
};

describe('a signature of Slack', () => {
  it('is that of the example in its documentation', () => {
    const body = Buffer.from(
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    );
    const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
    expect(isSignedBySlack({ timestamp: '1531420618', signature, body }, SECRET, 1_531_420_618_000)).toBe(true);
  });

  it.each([-300, -1, 0, 1, 300])('counts when it is %i s from now', (seconds) => {
    expect(isSignedBySlack(signed(), SECRET, NOW + seconds * 1000)).toBe(true);
  });

  it.each([-301, 301, -86_400, 86_400])('does not count when it is %i s from now', (seconds) => {
    expect(isSignedBySlack(signed(), SECRET, NOW + seconds * 1000)).toBe(false);
  });

  // Number() makes each of these a time that is not more than 300 s away, or no number, which compares as false.
  it.each(['abc', 'NaN', 'Infinity', '', ' ', ` ${STAMP}`, `${STAMP} `, `${STAMP}\n`, '1e9', '1764019.2e3'])(
    'does not count with the timestamp %j, signed for this text',
    (timestamp) => expect(isSignedBySlack(signed({ timestamp }), SECRET, NOW)).toBe(false),
  );
  it.each([
    `0x${(NOW / 1000).toString(16)}`,
    `+${STAMP}`,
    `-${STAMP}`,
    `${STAMP}.0`,
    `${STAMP}000`,
    `0${STAMP}`,
    '١٧٦٤٠١٩٢٠٠',
  ])('does not count with the timestamp %j, signed for this text', (timestamp) =>
    expect(isSignedBySlack(signed({ timestamp }), SECRET, NOW)).toBe(false),
  );

  const good = sign(STAMP, BODY);
  it.each([
    ['empty', ''],
    ['only the version', 'v0='],
    ['too short', good.slice(0, -1)],
    ['too long', `${good}0`],
    ['no hex', `v0=${'zz'.repeat(32)}`],
    ['in upper case', good.toUpperCase()],
    ['upper case digits', `v0=${good.slice(3).toUpperCase()}`],
    ['of another version', good.replace('v0', 'v1')],
    ['without a version', good.slice(3)],
    ['twice', `${good},${good}`],
    ['with a line end', `${good}\n`],
    ['in other letters', `v0=${'ａ'.repeat(64)}`],
  ])('that is %s is refused and throws nothing', (_, signature) => {
    expect(isSignedBySlack(signed({ signature }), SECRET, NOW)).toBe(false);
  });

  it('is over the bytes: two that decode to the same text are two', () => {
    const [one, other] = [Buffer.from([0x70, 0xff]), Buffer.from([0x70, 0xfe])];
    expect(one.toString('utf8')).toBe(other.toString('utf8'));
    expect(isSignedBySlack({ timestamp: STAMP, signature: sign(STAMP, one), body: one }, SECRET, NOW)).toBe(true);
    expect(isSignedBySlack({ timestamp: STAMP, signature: sign(STAMP, one), body: other }, SECRET, NOW)).toBe(false);
  });

  it('never counts under an empty secret', () => {
    expect(isSignedBySlack({ ...signed(), signature: sign(STAMP, BODY, '') }, '', NOW)).toBe(false);
  });

  it('counts for nothing but what was signed', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), fc.integer({ min: 1, max: 255 }), (body, at, flip) => {
        const whole = signed({ body });
        expect(isSignedBySlack(whole, SECRET, NOW)).toBe(true);
        if (body.length === 0) return;
        const other = Uint8Array.from(body);
        other[at % body.length] = (other[at % body.length] ?? 0) ^ flip;
        expect(isSignedBySlack({ ...whole, body: other }, SECRET, NOW)).toBe(false);
      }),
    );
  });
});

describe('a request', () => {
  const event = (body: string, over: object = {}) =>
    ({
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': STAMP,
        'x-slack-signature': sign(STAMP, Buffer.from(body)),
      },
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
      ...over,
    }) as unknown as APIGatewayProxyEventV2;
  const read = (body: string, over: object = {}) => readSlackRequest(event(body, over), SECRET, NOW);
  const form = (payload: unknown) => new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const user = { id: 'U1', team_id: 'T1' };
  const common = { api_app_id: 'A1', team: { id: 'T1' }, enterprise: null, user, trigger_id: '1.2' };

  it('says who did what', () => {
    const actions = [{ action_id: 'reject', value: 'v', type: 'button' }];
    const click = { type: 'block_actions', ...common, actions, response_url: 'https://hooks.slack.com/x', more: 1 };
    expect(read(form(click))).toMatchObject({
      ok: true,
      value: {
        kind: 'click',
        app: 'A1',
        team: 'T1',
        enterprise: '',
        user: 'U1',
        userTeam: 'T1',
        triggerId: '1.2',
        decision: 'reject',
        value: 'v',
        responseUrl: 'https://hooks.slack.com/x',
      },
    });
  });

  it('keeps the words of the modal as they were typed', () => {
    const values = { comment: { comment: { value: 'é + <b> %20' } }, confirm: { confirm: { value: null } } };
    const view = { callback_id: 'approve', private_metadata: 'v', state: { values } };
    expect(read(form({ type: 'view_submission', ...common, view }))).toMatchObject({
      ok: true,
      value: { kind: 'submission', comment: 'é + <b> %20', confirm: '' },
    });
  });

  it('is refused before it is read when it is not signed, and when it is too large', () => {
    expect(read('payload=%7B', { headers: {} })).toMatchObject({ ok: false, refusal: { code: 'NOT_SIGNED' } });
    expect(read('x'.repeat(262_145))).toMatchObject({ ok: false, refusal: { code: 'TOO_LARGE' } });
  });
});
