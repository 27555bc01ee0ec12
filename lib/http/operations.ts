import type * as z from 'zod/mini';
import type { RefusalCode } from '../change/refusal.ts';
import type { GroupName } from '../change/rules.ts';
import {
  cancelBody,
  changesQuery,
  decisionBody,
  eventsQuery,
  exportQuery,
  historyQuery,
  idempotencyKey,
  previewBody,
  reviewForm,
  submitBody,
} from './schemas.ts';

/** One operation as it is published. */
export interface Operation {
  /** The key of its function in serverless.yml. */
  id: string;
  method: 'get' | 'post';
  path: string;
  tag: 'Keys' | 'Changes' | 'Review' | 'Audit' | 'Service';
  summary: string;
  /** The groups that may call it; `link`: whoever holds one. */
  who: GroupName[] | 'link' | 'anyone';
  /** Also under `/iam`, signed with SigV4. */
  iam?: true;
  body?: { name: string; schema: z.ZodMiniType; examples: Record<string, unknown>; optional?: true };
  /** Sent as application/x-www-form-urlencoded. */
  form?: { name: string; schema: z.ZodMiniType; example: unknown };
  query?: z.ZodMiniObject;
  headers?: Record<string, z.ZodMiniType>;
  /** What it answers where it succeeds: the name of a schema, `page` for HTML, or `export` for a file in parts. */
  reply: { status: 200 | 201; schema: string };
  /** What it may refuse, beside what every operation of its kind may. */
  refusals: RefusalCode[];
}

const EVERYBODY: GroupName[] = ['submitters', 'approvers', 'auditors', 'admins'];
const KEY_READERS: GroupName[] = ['submitters', 'auditors'];

const APP = 'arn:aws:iam::111122223333:role/App';
const PROPOSALS = {
  edits: { key: 'alias/payments', edits: [{ op: 'addUser', principal: APP }] },
  document: {
    key: 'alias/payments',
    policy: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111122223333:root' },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    },
  },
  copy: { key: 'alias/payments', copyFrom: 'alias/other' },
};
const WHY = { reason: 'The new worker takes over retries.', ticket: 'SEC-123' };
const SUBMITS = {
  edits: { ...PROPOSALS.edits, ...WHY },
  document: { ...PROPOSALS.document, ...WHY },
  copy: { ...PROPOSALS.copy, ...WHY },
};

/** Every operation of serverless.yml but the one that answers with this document. */
export const OPERATIONS: readonly Operation[] = [
  {
    id: 'listKeys',
    method: 'get',
    path: '/keys',
    tag: 'Keys',
    summary: 'The keys of this account and Region, and whether their policy can be changed',
    who: KEY_READERS,
    iam: true,
    reply: { status: 200, schema: 'KeyList' },
    refusals: [],
  },
  {
    id: 'getKey',
    method: 'get',
    path: '/keys/{key}',
    tag: 'Keys',
    summary: 'One key',
    who: KEY_READERS,
    iam: true,
    reply: { status: 200, schema: 'KeyView' },
    refusals: ['NOT_FOUND'],
  },
  {
    id: 'getKeyPolicy',
    method: 'get',
    path: '/keys/{key}/policy',
    tag: 'Keys',
    summary: 'The live policy of a key, its hashes and its default view',
    who: KEY_READERS,
    iam: true,
    reply: { status: 200, schema: 'KeyPolicyView' },
    refusals: ['NOT_FOUND'],
  },
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
    refusals: ['NOT_FOUND', 'BASE_MOVED', 'IDEMPOTENCY_CONFLICT', 'POLICY_REFUSED', 'TOO_MANY_REQUESTS', 'UNAVAILABLE'],
  },
  {
    id: 'listChanges',
    method: 'get',
    path: '/changes',
    tag: 'Changes',
    summary: 'One page of changes, newest first',
    who: EVERYBODY,
    iam: true,
    query: changesQuery,
    reply: { status: 200, schema: 'ChangeList' },
    refusals: ['NOT_FOUND'],
  },
  {
    id: 'getChange',
    method: 'get',
    path: '/changes/{id}',
    tag: 'Changes',
    summary: 'One change, whole',
    who: EVERYBODY,
    iam: true,
    reply: { status: 200, schema: 'Change' },
    refusals: ['NOT_FOUND'],
  },
  {
    id: 'cancel',
    method: 'post',
    path: '/changes/{id}/cancel',
    tag: 'Changes',
    summary: 'Take a change back: its submitter, or an admin',
    who: ['submitters', 'admins'],
    iam: true,
    body: {
      name: 'CancelBody',
      schema: cancelBody,
      examples: { cancel: { comment: 'The worker is not needed any more.' } },
      optional: true,
    },
    reply: { status: 200, schema: 'Change' },
    refusals: ['NOT_FOUND', 'ALREADY_DECIDED', 'ALREADY_ENDED', 'UNAVAILABLE'],
  },
  {
    id: 'decide',
    method: 'post',
    path: '/changes/{id}/decisions',
    tag: 'Changes',
    summary: 'Approve or reject a change, signed in: one of its approvers',
    who: EVERYBODY,
    body: {
      name: 'DecisionBody',
      schema: decisionBody,
      examples: {
        approve: { decision: 'approve', comment: 'Checked the role with the team.' },
        reject: { decision: 'reject', comment: 'Grant it to the role, not to the account.' },
      },
    },
    reply: { status: 200, schema: 'Change' },
    refusals: [
      'NOT_AN_APPROVER',
      'OWN_CHANGE',
      'NOT_FOUND',
      'ALREADY_DECIDED',
      'ALREADY_ENDED',
      'EXPIRED',
      'BASE_MOVED',
      'UNAVAILABLE',
    ],
  },
  {
    id: 'reviewPage',
    method: 'get',
    path: '/review/{token}',
    tag: 'Review',
    summary: 'The page of a link; changes nothing',
    who: 'link',
    reply: { status: 200, schema: 'page' },
    refusals: ['NOT_FOUND'],
  },
  {
    id: 'reviewPost',
    method: 'post',
    path: '/review/{token}',
    tag: 'Review',
    summary: 'The form of that page: approve or reject',
    who: 'link',
    form: {
      name: 'ReviewForm',
      schema: reviewForm,
      example: { decision: 'approve', comment: 'Fine.', confirm: 'payments' },
    },
    reply: { status: 200, schema: 'page' },
    refusals: [
      'WRONG_CONFIRMATION',
      'NOT_IN_GROUP',
      'NOT_AN_APPROVER',
      'OWN_CHANGE',
      'NOT_FOUND',
      'ALREADY_DECIDED',
      'ALREADY_ENDED',
      'EXPIRED',
      'BASE_MOVED',
      'UNAVAILABLE',
    ],
  },
  {
    id: 'keyHistory',
    method: 'get',
    path: '/keys/{key}/history',
    tag: 'Audit',
    summary: 'One page of the versions that the policy of a key had, newest first, and who had access at a moment',
    who: ['auditors'],
    iam: true,
    query: historyQuery,
    reply: { status: 200, schema: 'KeyHistory' },
    refusals: ['NOT_FOUND'],
  },
  {
    id: 'auditEvents',
    method: 'get',
    path: '/audit/events',
    tag: 'Audit',
    summary: 'One page of everything that happened, newest first',
    who: ['auditors'],
    iam: true,
    query: eventsQuery,
    reply: { status: 200, schema: 'EventList' },
    refusals: ['NOT_FOUND'],
  },
  {
    id: 'auditExport',
    method: 'get',
    path: '/audit/export',
    tag: 'Audit',
    summary: 'One part of the history, oldest first, as it is stored; its Link header names the next part',
    who: ['auditors'],
    iam: true,
    query: exportQuery,
    reply: { status: 200, schema: 'export' },
    refusals: ['NOT_FOUND'],
  },
  {
    id: 'auditVerify',
    method: 'get',
    path: '/audit/verify',
    tag: 'Audit',
    summary: 'Is the history what was signed, and was each put allowed by what was before it?',
    who: ['auditors'],
    iam: true,
    reply: { status: 200, schema: 'VerifiedLog' },
    refusals: [],
  },
  {
    id: 'health',
    method: 'get',
    path: '/health',
    tag: 'Service',
    summary: '200 when the rules file can be read and the table answers',
    who: 'anyone',
    reply: { status: 200, schema: 'Health' },
    refusals: [],
  },
];
