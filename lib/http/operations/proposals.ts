import { idempotencyKey, previewBody, setBody, setDecisionBody, submitBody } from '../schemas.ts';
import { APP, PROPOSALS, SUBMITS, WHY } from './examples.ts';
import { DECIDING, EVERYBODY, type Operation, SUBMITTING } from './operation.ts';

/** What is proposed: changes and sets of them. */
export const PROPOSED: readonly Operation[] = [
  {
    id: 'preview',
    method: 'post',
    path: '/changes/preview',
    tag: 'Changes',
    summary: 'Everything a submit would answer; nothing is stored',
    who: ['submitters'],
    iam: true,
    body: { name: 'PreviewBody', schema: previewBody, examples: PROPOSALS },
    reply: { status: 200, schema: 'Preview' },
    refusals: ['NOT_FOUND', 'BASE_MOVED', 'POLICY_REFUSED'],
  },
  {
    id: 'submit',
    method: 'post',
    path: '/changes',
    tag: 'Changes',
    summary: 'Submit a change',
    who: ['submitters'],
    iam: true,
    headers: { 'Idempotency-Key': idempotencyKey },
    body: { name: 'SubmitBody', schema: submitBody, examples: SUBMITS },
    reply: { status: 201, schema: 'Change' },
    refusals: ['NOT_FOUND', 'BASE_MOVED', ...SUBMITTING],
  },
  {
    id: 'submitSet',
    method: 'post',
    path: '/sets',
    tag: 'Changes',
    summary: 'Submit the same change for several keys; all are stored or none, and each is applied by itself',
    who: ['submitters'],
    iam: true,
    headers: { 'Idempotency-Key': idempotencyKey },
    body: {
      name: 'SetBody',
      schema: setBody,
      examples: {
        edits: { keys: ['alias/payments', 'alias/reports'], edits: [{ op: 'addUser', principal: APP }], ...WHY },
      },
    },
    reply: { status: 201, schema: 'Set' },
    refusals: ['NOT_FOUND', ...SUBMITTING],
  },
  {
    id: 'getSet',
    method: 'get',
    path: '/sets/{id}',
    tag: 'Changes',
    summary: 'A set, with where each of its changes stands',
    who: EVERYBODY,
    iam: true,
    reply: { status: 200, schema: 'Set' },
    refusals: ['NOT_FOUND'],
  },
  {
    id: 'decideSet',
    method: 'post',
    path: '/sets/{id}/decisions',
    tag: 'Changes',
    summary: 'Approve or reject every change of a set, signed in; each decision is recorded by itself',
    who: EVERYBODY,
    iam: true,
    body: {
      name: 'SetDecisionBody',
      schema: setDecisionBody,
      examples: { approve: { decision: 'approve', comment: 'For all three.' }, reject: { decision: 'reject' } },
    },
    reply: { status: 200, schema: 'SetDecision' },
    refusals: ['NOT_YOUR_STAGE', 'CHANGES_REQUESTED', 'TOO_MANY_REQUESTS', ...DECIDING],
  },
];
