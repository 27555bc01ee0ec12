import type { Change } from '../change/change.ts';
import { decide, type VerdictName } from '../change/decide.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { counted } from '../change/wording.ts';
import { callSlack, respondEphemeral } from '../notify/slackApi.ts';
import {
  type DecisionValue,
  decisionModal,
  noticeModal,
  readDecisionValue,
  VERDICT_WORDS,
} from '../notify/slackModal.ts';
import { readWholeChange } from '../store/changes.ts';
import { takeRequest } from '../store/slackRequests.ts';
import { confirms } from './answerReview.ts';
import { decideChange } from './decide.ts';
import { noteRefusal, TELLING } from './noteRefusal.ts';
import { personOf, type SlackRefusal, slackApi } from './slackUser.ts';
import { toView } from './view.ts';

/** Something that a Slack user did, as Slack signed it. */
export type SlackInteraction = {
  app: string;
  team: string;
  /** Empty outside of an Enterprise Grid. */
  enterprise: string;
  user: string;
  /** The workspace of the user, which is another one for somebody in a shared channel. */
  userTeam: string;
  triggerId: string;
  signature: string;
  decision: VerdictName;
  /** As the button had it. */
  value: string;
} & ({ kind: 'click'; responseUrl?: string } | { kind: 'submission'; comment: string; confirm: string });

/** What Slack does with the modal that was sent: shows what is wrong in it, or something else in its place, or closes it. */
export type SlackReply =
  | Record<string, never>
  | { response_action: 'clear' }
  | { response_action: 'errors'; errors: Record<string, string> }
  | { response_action: 'update'; view: ReturnType<typeof noticeModal> };

export interface SlackContext {
  rules: Rules;
  /** ISO 8601. */
  at: string;
  /** Milliseconds since 1970: when Slack must have its answer. */
  deadline: number;
}

/** Milliseconds that Slack has for saying who a user is, and for taking a word to them. */
const USER_TIMEOUT_MS = 900;
const TELL_TIMEOUT_MS = 900;

/**
 * Answers a click or a modal in time, whatever is slow. What is decided is committed before the answer says so; where that
 * cannot be known in time, the answer says just this. Everything that can wait (the messages of the others) is another function's.
 */
export async function answerSlack(interaction: SlackInteraction, context: SlackContext): Promise<Outcome<SlackReply>> {
  const foreign = foreignWorkspace(interaction);
  const work = (async (): Promise<Outcome<SlackReply>> => {
    const now = Date.parse(context.at);
    if (!(await takeRequest(interaction.signature, interaction.triggerId, now))) {
      return done(interaction.kind === 'click' ? {} : { response_action: 'clear' });
    }
    const value = readDecisionValue(interaction.value);
    if (foreign !== undefined) {
      await note(interaction, value, 'SLACK_WORKSPACE', context);
      return foreign;
    }
    if (value === undefined) return refuse('BAD_REQUEST', 'The button has a value that is none of ours.');
    return done(
      interaction.kind === 'click'
        ? await openModal(interaction, value, context)
        : await decideInSlack(interaction, value, context),
    );
  })();
  const { kind } = interaction;
  const late = foreign ?? done(kind === 'click' ? {} : unsure());
  return inTime(kind === 'click' ? work : work.catch(() => late), late, context.deadline);
}

/** Where the app is installed is configured: one signing secret serves every workspace that installs it. */
function foreignWorkspace({
  app,
  team,
  enterprise,
  userTeam,
}: SlackInteraction): ReturnType<typeof refuse> | undefined {
  const { SLACK_APP_ID = '', SLACK_TEAM_ID = '', SLACK_ENTERPRISE_ID = '' } = process.env;
  const ours =
    SLACK_APP_ID !== '' && SLACK_TEAM_ID !== '' && app === SLACK_APP_ID && team === SLACK_TEAM_ID && userTeam === team;
  if (ours && enterprise === SLACK_ENTERPRISE_ID) return undefined;
  return refuse('UNKNOWN_PERSON', 'This app, workspace or user is not the one that is configured here.');
}

/** The answer when it comes in time. A click that is late has done nothing; a decision that is late may or may not be in; who is none of ours is refused at any time. */
async function inTime(
  work: Promise<Outcome<SlackReply>>,
  late: Outcome<SlackReply>,
  deadline: number,
): Promise<Outcome<SlackReply>> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<Outcome<SlackReply>>((resolve) => {
    timer = setTimeout(() => resolve(late), Math.max(0, deadline - Date.now()));
  });
  return Promise.race([work, over]).finally(() => clearTimeout(timer));
}

const unsure = () =>
  notice(
    'Not certain yet',
    'It could not be confirmed in time that your decision is recorded. Look at the message in a minute: when it does not show your decision, decide again.',
  );

const notice = (title: string, text: string): SlackReply => ({
  response_action: 'update',
  view: noticeModal(title, text),
});

type Click = SlackInteraction & { kind: 'click' };
type Submission = SlackInteraction & { kind: 'submission' };

async function openModal(click: Click, value: DecisionValue, context: SlackContext): Promise<SlackReply> {
  const asked = await mayAnswer(click, value, context);
  if (!asked.ok) {
    await tell(click, `${asked.refusal.detail} Nothing was decided.`);
    return {};
  }
  const view = decisionModal(toView(asked.value.whole, context.at), click.decision, click.value);
  const api = slackApi(Math.max(100, context.deadline - Date.now()));
  if (api !== undefined) await callSlack(api, 'views.open', { trigger_id: click.triggerId, view });
  return {};
}

async function decideInSlack(sent: Submission, value: DecisionValue, context: SlackContext): Promise<SlackReply> {
  const asked = await mayAnswer(sent, value, context);
  if (!asked.ok) return notice('Nothing was decided', asked.refusal.detail);
  const { person, whole } = asked.value;
  if (!confirms(whole.change, sent.confirm)) {
    const attempt = `${sent.decision} in Slack`;
    await noteRefusal(value.changeId, { person, attempt, code: 'WRONG_CONFIRMATION' }, context.at);
    return {
      response_action: 'errors',
      errors: { confirm: 'This is not the name of the key. Nothing was decided yet.' },
    };
  }
  const { decision, comment } = sent;
  const verdict = { person, decision, comment, channel: 'slack', binding: value.binding } as const;
  const decided = await decideChange(value.changeId, verdict, context.at);
  if (decided.ok) return notice(VERDICT_WORDS[decision].done, `It is recorded. ${standsAt(decided.value)}`);
  const { code, detail } = decided.refusal;
  return code === 'BAD_REQUEST'
    ? { response_action: 'errors', errors: { comment: `${detail} Nothing was recorded yet.` } }
    : notice('Nothing was decided', detail);
}

function standsAt({ status, decisions, rule }: Change): string {
  if (status !== 'PENDING') return '';
  const approvals = decisions.filter(({ decision }) => decision === 'approve').length;
  return `The change has ${approvals} of ${counted(rule.quorum, 'approval')} now.`;
}

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;

/** Who presses, and whether the guard of the decisions would let them. What says something about them is a fact of the change. */
async function mayAnswer(
  interaction: SlackInteraction,
  value: DecisionValue,
  context: SlackContext,
): Promise<{ ok: true; value: { person: string; whole: Whole } } | { ok: false; refusal: SlackRefusal }> {
  const { rules, at } = context;
  const [person, whole] = await Promise.all([
    personOf(interaction, rules, Date.parse(at), USER_TIMEOUT_MS),
    readWholeChange(value.changeId),
  ]);
  if (whole === undefined) return refuse('NOT_FOUND', 'There is no such change.');
  if (!person.ok) {
    if (person.refusal.code !== 'UNAVAILABLE') await note(interaction, value, person.refusal.code, context);
    return { ok: false, refusal: person.refusal };
  }
  const { decision } = interaction;
  const attempt = { person: person.value, attempt: `${decision} in Slack` };
  if (whole.change.rule.signIn === true) {
    await noteRefusal(value.changeId, { ...attempt, code: 'SIGN_IN_NEEDED' }, at);
    return refuse('SIGN_IN_NEEDED', 'The rule of this change asks for a sign-in: decide on its page.');
  }
  const answer = { person: person.value, decision, comment: 'x', channel: 'slack', binding: value.binding } as const;
  // A modal that is sent meets the guard where it is recorded, refusals and all.
  const guarded = interaction.kind === 'click' ? decide(whole.change, answer, at) : done(undefined);
  if (guarded.ok) return done({ person: person.value, whole });
  const { code } = guarded.refusal;
  if (TELLING.has(code)) await noteRefusal(value.changeId, { ...attempt, code }, at);
  return guarded;
}

/** Writes down that somebody tried who must not. */
async function note(
  { team, user, decision }: SlackInteraction,
  value: DecisionValue | undefined,
  code: string,
  { at }: SlackContext,
): Promise<void> {
  const person = `slack:${team}/${user}`;
  if (value !== undefined) await noteRefusal(value.changeId, { person, attempt: decision, code }, at);
}

/** Says it to the one who clicked and to nobody else. */
async function tell({ responseUrl }: Click, text: string): Promise<void> {
  if (responseUrl === undefined) return;
  const localOrigin = process.env.SLACK_RESPONSE_ORIGIN ?? '';
  await respondEphemeral({ url: responseUrl, localOrigin, timeout: TELL_TIMEOUT_MS }, text, fetch);
}
