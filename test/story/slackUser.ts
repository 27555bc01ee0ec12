import { createHmac } from 'node:crypto';
import type { KnownBlock, ModalView } from '@slack/types';
import { until } from '../../local/demo/visitor.ts';
import { LOCAL_SLACK, type SlackFault, type SlackUser } from '../../local/slack.ts';
import type { World } from './system.ts';

/** What was posted, as `GET /_slack/messages` gives it. */
export interface Call {
  method: string;
  ts: string;
  body: {
    channel?: string;
    ts?: string;
    thread_ts?: string;
    text?: string;
    blocks?: KnownBlock[];
    view?: ModalView;
    trigger_id?: string;
    response_type?: string;
  };
}

export interface Signed {
  timestamp?: string;
  secret?: string;
  signature?: string;
  headers?: Record<string, string>;
  /** Changes the body after it was signed. */
  tamper?: (body: string) => string;
}

export interface SlackAnswer {
  status: number;
  body: { response_action?: string; errors?: Record<string, string>; view?: ModalView; type?: string };
  ms: number;
}

let triggers = 0;
const now = () => String(Math.floor(Date.now() / 1000));

/** Slack and the people in it, over the wire of a running system. */
export class SlackSide {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  get #aws(): string {
    return this.#world.running.aws;
  }

  get responseUrl(): string {
    return `${this.#aws}/_slack/response/T0/1/x`;
  }

  /** Sets who else is there, and what goes wrong. */
  async is(state: { users?: SlackUser[]; faults?: Record<string, SlackFault> } = {}): Promise<void> {
    await fetch(`${this.#aws}/_slack/world`, { method: 'PUT', body: JSON.stringify(state) });
  }

  async calls(method?: string): Promise<Call[]> {
    const { messages } = (await (await fetch(`${this.#aws}/_slack/messages`)).json()) as { messages: Call[] };
    return method === undefined ? messages : messages.filter((call) => call.method === method);
  }

  /** The message to this user about this change, once it is there: the value of its buttons, and what it shows now. */
  message(user: string, changeId: string): Promise<{ value: string; ts: string; channel: string }> {
    return until(`a message to ${user} about ${changeId}`, 30, async () => {
      const call = (await this.calls('chat.postMessage')).find(
        ({ body }) => body.channel === user && JSON.stringify(body).includes(changeId) && !body.thread_ts,
      );
      const value = call && buttonsOf(call.body.blocks).find(({ value }) => value !== undefined)?.value;
      return call === undefined
        ? undefined
        : { value: value ?? '', ts: call.ts, channel: user.startsWith('U') ? `D${user.slice(1)}` : user };
    });
  }

  payload(type: 'block_actions' | 'view_submission', user: string, over: object = {}): Record<string, unknown> {
    return {
      type,
      api_app_id: LOCAL_SLACK.appId,
      team: { id: LOCAL_SLACK.teamId, domain: 'countersign' },
      enterprise: null,
      user: { id: user, username: 'x', team_id: LOCAL_SLACK.teamId },
      trigger_id: `1.${++triggers}.${Math.random()}`,
      is_enterprise_install: false,
      ...over,
    };
  }

  click(user: string, value: string, over: object = {}, action = 'approve'): Record<string, unknown> {
    const actions = [{ type: 'button', action_id: action, block_id: 'b', value, action_ts: '1.2' }];
    return this.payload('block_actions', user, { actions, response_url: this.responseUrl, ...over });
  }

  submission(
    user: string,
    value: string,
    { confirm = 'payments', comment = '', decision = 'approve' } = {},
    over: object = {},
  ): Record<string, unknown> {
    const view = {
      type: 'modal',
      callback_id: decision,
      private_metadata: value,
      state: {
        values: {
          comment: { comment: { type: 'plain_text_input', value: comment === '' ? null : comment } },
          confirm: { confirm: { type: 'plain_text_input', value: confirm } },
        },
      },
    };
    return this.payload('view_submission', user, { view, ...over });
  }

  /** Sends it as Slack does, signed unless told how not. */
  send(payload: unknown, how: Signed = {}): Promise<SlackAnswer> {
    return this.sendBody(new URLSearchParams({ payload: JSON.stringify(payload) }).toString(), how);
  }

  async sendBody(body: string, how: Signed = {}): Promise<SlackAnswer> {
    return this.post(this.request(body, how));
  }

  /** One request, to send once or again. */
  request(body: string, { timestamp = now(), secret = LOCAL_SLACK.signingSecret, ...how }: Signed = {}) {
    const signature = how.signature ?? sign(secret, timestamp, body);
    return {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': signature,
        ...how.headers,
      },
      body: (how.tamper ?? ((same) => same))(body),
    };
  }

  async post(request: { method: string; headers: Record<string, string>; body: string }): Promise<SlackAnswer> {
    const began = performance.now();
    const response = await fetch(`${this.#world.running.api}/slack/interactions`, request);
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text) as SlackAnswer['body'], ms: performance.now() - began };
  }
}

export const sign = (secret: string, timestamp: string, body: string): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;

/** Every button of a message. */
export const buttonsOf = (blocks: KnownBlock[] = []) =>
  blocks
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .flatMap((element) => (element.type === 'button' ? [element] : []));
