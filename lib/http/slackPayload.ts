import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { VERDICTS } from '../change/decide.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import type { SlackInteraction } from '../workflow/slackInteraction.ts';
import { bodyBytes, MAX_BODY } from './body.ts';
import { isSignedBySlack } from './slackSignature.ts';

/** What Slack sends when somebody presses a button or sends a modal; members that we do not read may be there. */
const common = {
  api_app_id: z.string(),
  team: z.nullish(z.object({ id: z.string() })),
  enterprise: z.nullish(z.object({ id: z.string() })),
  user: z.object({ id: z.string(), team_id: z.optional(z.string()) }),
  trigger_id: z.string(),
};

const click = z.object({
  type: z.literal('block_actions'),
  ...common,
  response_url: z.optional(z.string()),
  actions: z.array(z.object({ action_id: z.string(), value: z.optional(z.string()) })).check(z.minLength(1)),
});

const input = z.record(z.string(), z.object({ value: z.nullish(z.string()) }));
const submission = z.object({
  type: z.literal('view_submission'),
  ...common,
  view: z.object({
    callback_id: z.string(),
    private_metadata: z.string(),
    state: z.object({ values: z.record(z.string(), input) }),
  }),
});

type Common = Pick<z.infer<typeof click>, keyof typeof common>;

/**
 * A request of Slack's, verified and read: the signature over the raw bytes first, then one form field `payload` and no other, then
 * its JSON. `value` is undefined for what Slack tells and nobody has to act on, such as a press on a button that is a link.
 *
 * @param secret The app's signing secret.
 * @param now Milliseconds since 1970.
 */
export function readSlackRequest(
  event: APIGatewayProxyEventV2,
  secret: string,
  now: number,
): Outcome<SlackInteraction | undefined> {
  const body = bodyBytes(event);
  const {
    'x-slack-request-timestamp': timestamp = '',
    'x-slack-signature': signature = '',
    'content-type': type = '',
  } = event.headers;
  if (body.length > MAX_BODY) return refuse('TOO_LARGE', 'The body is too large.');
  if (!isSignedBySlack({ timestamp, signature, body }, secret, now)) {
    return refuse('NOT_SIGNED', 'This request was not signed by Slack, or not just now.');
  }
  if (type.split(';')[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    return refuse('BAD_REQUEST', 'An interaction is a form.');
  }
  const [field, ...more] = new URLSearchParams(Buffer.from(body).toString('utf8'));
  if (field?.[0] !== 'payload' || more.length > 0) return refuse('BAD_REQUEST', 'The form has one field, payload.');
  const payload = json(field[1]);
  if (payload === undefined) return refuse('BAD_REQUEST', 'The payload is not JSON.');
  return interactionOf(payload, signature);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function interactionOf(payload: unknown, signature: string): Outcome<SlackInteraction | undefined> {
  const { type } = (payload ?? {}) as { type?: unknown };
  if (type === 'block_actions') {
    const read = click.safeParse(payload);
    const action = read.data?.actions[0];
    if (!read.success || action === undefined)
      return refuse('BAD_REQUEST', 'The payload is no block_actions of Slack.');
    const decision = decisionOf(action.action_id);
    if (decision === undefined) return done(undefined);
    const { response_url: responseUrl } = read.data;
    return done({
      kind: 'click',
      ...caller(read.data, signature),
      decision,
      value: action.value ?? '',
      ...(responseUrl === undefined ? {} : { responseUrl }),
    });
  }
  if (type !== 'view_submission') return done(undefined);
  const read = submission.safeParse(payload);
  if (!read.success) return refuse('BAD_REQUEST', 'The payload is no view_submission of Slack.');
  const { callback_id, private_metadata: value, state } = read.data.view;
  const decision = decisionOf(callback_id);
  if (decision === undefined) return done(undefined);
  const typed = (name: string) => state.values[name]?.[name]?.value ?? '';
  const comment = typed('comment');
  return done({
    kind: 'submission',
    ...caller(read.data, signature),
    decision,
    value,
    comment,
    confirm: typed('confirm'),
  });
}

const decisionOf = (id: string) => VERDICTS.find((verdict) => verdict === id);

const caller = ({ api_app_id, team, enterprise, user, trigger_id }: Common, signature: string) => ({
  app: api_app_id,
  team: team?.id ?? '',
  enterprise: enterprise?.id ?? '',
  user: user.id,
  userTeam: user.team_id ?? team?.id ?? '',
  triggerId: trigger_id,
  signature,
});
