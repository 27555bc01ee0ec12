import { problem } from '../lib/http/problem.ts';
import { readSlackRequest } from '../lib/http/slackPayload.ts';
import { logger, open, openJson } from '../lib/http/stack.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { answerSlack } from '../lib/workflow/slackInteraction.ts';

/** Milliseconds from the moment that API Gateway has a request; Slack gives up after 3,000, and the way back takes some. */
const ANSWER_WITHIN = 2_500;

/** `POST /slack/interactions`: somebody pressed a button or sent a modal. */
export const handler = open(async ({ event, now }) => {
  const began = event.requestContext?.timeEpoch ?? Date.now();
  const read = readSlackRequest(event, process.env.SLACK_SIGNING_SECRET ?? '', Date.now());
  const answer =
    read.ok && read.value !== undefined
      ? await answerSlack(read.value, { rules: loadRules(), at: now, deadline: began + ANSWER_WITHIN })
      : read;
  if (answer.ok) return openJson(answer.value ?? {});
  logger.info('refused', { code: answer.refusal.code, route: event.routeKey });
  return problem(answer.refusal);
});
