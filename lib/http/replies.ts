import * as z from 'zod/mini';
import { type Status, TRANSITIONS } from '../change/change.ts';
import type { Preflight } from '../change/preflight.ts';
import type { ChangeSummary, ChangeView } from '../change/view.ts';
import {
  type Access,
  type AccessEntry,
  type Assessment,
  type DefaultView,
  type ExternalPolicy,
  type Finding,
  type MatrixCell,
  type PolicyText,
  RISKS,
} from '../policy/types.ts';
import type { AccessAt } from '../workflow/accessAt.ts';
import type { SetDecision } from '../workflow/decideSet.ts';
import type { ForeignView } from '../workflow/foreignView.ts';
import type { KeyHistory, Version } from '../workflow/history.ts';
import type { KeyView, NotListed, viewKeyPolicy } from '../workflow/keys.ts';
import type { preview } from '../workflow/propose.ts';
import type { SetView } from '../workflow/set.ts';

/** A type with its intersections and optional members spread out, so that two spellings of one shape are one type. */
type Flat<T> = T extends readonly (infer U)[] ? Flat<U>[] : T extends object ? { [K in keyof T]: Flat<T[K]> } : T;
type Same<A, B> = (<T>() => T extends Flat<A> ? 1 : 2) extends <T>() => T extends Flat<B> ? 1 : 2 ? true : false;

/** A schema that says what `T` says, member for member. Anything else does not compile, so no answer can outgrow its document. */
export const says =
  <T>() =>
  <S extends z.ZodMiniType>(schema: S, ..._: Same<z.output<S>, T> extends true ? [] : [schemaDiffersFrom: T]): S =>
    schema;

/** What a handler answers where it succeeds. */
type Done<F extends (...args: never[]) => unknown> =
  Extract<Awaited<ReturnType<F>>, { ok: true }> extends {
    value: infer T;
  }
    ? T
    : never;

/** As `SlackReply` of the act, whose union of cases is one object on the wire. */
interface SlackReplyShape {
  response_action?: 'errors' | 'update' | 'clear';
  errors?: Record<string, string>;
  view?: unknown;
}

const about = <S extends z.ZodMiniType>(schema: S, description: string): S => schema.check(z.describe(description));
const optional = z.exactOptional;
const texts = z.array(z.string());

export const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/), z.describe('Lower-case hex SHA-256.'));
export const instant = about(z.string(), 'ISO 8601, UTC, milliseconds.');
export const changeId = z.string().check(z.regex(/^chg_[0-9A-HJKMNP-TV-Z]{26}$/));
export const setId = z.string().check(z.regex(/^set_[0-9A-HJKMNP-TV-Z]{26}$/));
export const foreignId = z.string().check(z.regex(/^out_[0-9A-HJKMNP-TV-Z]{26}$/));
export const person = about(
  z.string(),
  'Verified email, lower case; countersign for the workflow itself; slack:, iam:, oidc: or link: and what is known of somebody whom nobody knows.',
);
export const channel = z.enum(['api', 'link', 'slack']);
export const risk = z.enum(RISKS);
const cursor = about(z.nullable(z.string()), 'For the next page; null when this is the last.');

export const changeKey = says<ChangeView['key']>()(
  z.object({ arn: z.string(), keyId: z.string(), accountId: z.string(), region: z.string(), aliases: texts }),
);

export const policyText = says<PolicyText>()(
  z.object({
    document: about(z.string(), 'The exact text, as read from or sent to KMS.'),
    sha256: about(sha256, 'Of the bytes of the document.'),
    canonical: about(sha256, 'Of its canonical form: equal for two spellings of one policy.'),
  }),
);

const jsonPatch = z.object({
  op: z.enum(['add', 'replace', 'remove']),
  path: z.string(),
  value: optional(z.unknown()),
});

export const finding = says<Finding>()(
  z.object({
    code: about(z.string(), 'Never changes its meaning.'),
    severity: z.enum(['error', 'warning', 'info']),
    message: z.string(),
    path: about(z.string(), 'JSON pointer (RFC 6901); the empty one is the whole.'),
    line: optional(z.int()),
    column: optional(z.int()),
    fix: optional(about(z.string(), 'How to mend it.')),
    patch: optional(about(z.array(jsonPatch), 'The mend as a JSON Patch (RFC 6902), where it is mechanical.')),
    aws: optional(about(z.string(), 'The error name with which KMS would refuse the put.')),
    documents: optional(z.array(z.object({ title: z.string(), document: z.unknown() }))),
  }),
);

const conditionBlock = z.record(z.string(), z.record(z.string(), texts));

export const accessEntry = says<AccessEntry>()(
  z.object({
    principal: z.string(),
    actions: texts,
    when: optional(about(conditionBlock, 'The Condition block under which it holds.')),
    kind: optional(about(z.literal('delegated'), 'Only through IAM policies of the account.')),
    certainty: optional(about(z.literal('may'), 'Left out when certain.')),
    statements: optional(about(texts, 'JSON pointers of the statements behind it.')),
  }),
);

export const access = says<Access>()(
  z.object({
    gains: z.array(accessEntry),
    loses: z.array(accessEntry),
    changed: z.array(accessEntry),
    public: z.boolean(),
    crossAccount: texts,
    lockout: about(z.boolean(), "Nobody in the key's account could change the policy again."),
    summary: about(texts, 'Plain sentences, most dangerous first.'),
  }),
);

const yesNo = z.enum(['no', 'conditional', 'yes']);
export const matrixCell = says<MatrixCell>()(
  z.object({
    principal: z.string(),
    verb: z.enum(['decrypt', 'encrypt', 'sign', 'grant', 'administer', 'delete', 'read']),
    before: yesNo,
    after: yesNo,
    within: optional(
      about(
        z.enum(['gains', 'loses', 'changes']),
        'What becomes of a part of the verb where before and after are the same word.',
      ),
    ),
  }),
);

export const externalPolicy = says<ExternalPolicy>()(
  z.object({ accountId: z.string(), document: z.unknown(), note: z.string() }),
);

const notSeen = z.object({ notSeen: about(z.string(), 'Why AWS did not tell.') });
const constraints = z.record(z.string(), z.unknown());
const grantGroup = z.object({
  grantee: about(z.string(), 'An ARN or a service principal.'),
  operations: texts,
  issuingAccount: z.string(),
  retiring: optional(z.string()),
  count: about(z.int(), 'How many grants differ in nothing but their constraints.'),
  unconstrained: about(z.int(), 'How many of them nothing limits.'),
  different: about(z.int(), 'How many different constraints they have.'),
  constraints: about(z.array(constraints), 'The first few of these.'),
});
const analyzerFinding = z.object({
  severity: z.enum(['error', 'warning', 'info']),
  code: z.string(),
  message: z.string(),
  path: optional(about(z.string(), 'JSON pointer (RFC 6901).')),
});

export const preflight = says<Preflight>()(
  about(
    z.object({
      principals: about(
        z.object({
          ids: about(z.record(z.string(), z.string()), 'Unique id by ARN.'),
          missing: texts,
          notSeen: z.array(z.object({ principal: z.string(), why: z.string() })),
        }),
        "The roles and users of the key's account that the live policy does not name yet, as IAM knows them.",
      ),
      grants: about(
        z.union([
          z.object({
            total: z.int(),
            complete: about(z.boolean(), 'False when there are more.'),
            groups: z.array(grantGroup),
          }),
          notSeen,
        ]),
        'Access past the policy.',
      ),
      accessAnalyzer: about(
        z.array(
          z.union([
            z.object({ check: z.string(), findings: z.array(analyzerFinding) }),
            z.object({ check: z.string(), ...notSeen.shape }),
          ]),
        ),
        'Findings of IAM Access Analyzer, where it is configured.',
      ),
    }),
    'What AWS said when the change was proposed.',
  ),
);

/** What is found out about a proposed document. */
const assessed = {
  findings: z.array(finding),
  access,
  matrix: z.array(matrixCell),
  riskReasons: texts,
  externalPolicies: about(z.array(externalPolicy), 'The IAM policy that each new external account needs.'),
};

const approvalRule = { rule: z.string(), quorum: z.int(), approvers: z.array(person) };
const stage = z.object({
  name: z.string(),
  quorum: z.int(),
  approvers: z.array(person),
  counted: about(z.array(person), 'Whose approvals count in it.'),
  state: z.enum(['complete', 'waiting', 'later']),
});
const approval = z.object({
  ...approvalRule,
  decisions: about(
    z.array(
      z.object({
        person,
        decision: z.enum(['approve', 'reject']),
        comment: z.string(),
        channel,
        at: instant,
        onBehalfOf: optional(about(person, 'The approver whose place a delegate takes.')),
      }),
    ),
    'What stands: no withdrawn approval, none of an older version; the timeline has all.',
  ),
  counted: about(z.array(person), 'The people whose approval counts.'),
  stages: about(z.array(stage), 'One after the other; a rule without stages has one.'),
  signIn: about(z.boolean(), 'A link alone is not enough.'),
  escalatedAt: optional(instant),
  lapsed: optional(
    about(
      z.object({ people: z.array(person), at: instant }),
      'Whose approvals counted once and, since somebody left the rules file, do not; until it is approved again.',
    ),
  ),
  delegations: optional(z.array(z.object({ person, to: person, at: instant, until: instant }))),
});

const timing = {
  applyAfter: optional(about(instant, 'It is not applied before.')),
  windows: optional(about(texts, 'The change windows of which one must be open when it is applied.')),
  revertAfter: optional(about(z.string(), 'ISO 8601 duration: so long after it was applied it is put back.')),
};

const hashes = z.object({ sha256, canonical: sha256 });
const summarized = {
  id: changeId,
  status: z.enum(Object.keys(TRANSITIONS) as [Status, ...Status[]]),
  key: changeKey,
  submitter: person,
  reason: z.string(),
  ticket: optional(z.string()),
  submittedAt: instant,
  expiresAt: instant,
  risk,
  version: about(z.int(), '1 is what was submitted; each new one voids every approval.'),
  coAuthors: optional(about(z.array(person), 'Who wrote it too: they never count.')),
  set: optional(
    about(
      z.object({ id: setId, changes: z.array(changeId), asOne: z.boolean() }),
      'The changes that it was submitted with; each is applied by itself and has its own end.',
    ),
  ),
  rebases: optional(about(changeId, 'The stale change that this one brings onto the live policy.')),
  undoes: optional(about(foreignId, 'The write outside of the workflow that this one undoes.')),
  approval,
  changesRequested: optional(z.object({ person, comment: z.string(), at: instant })),
  breakGlass: optional(
    about(
      z.object({
        reviewers: z.array(person),
        reviewed: optional(
          z.object({ person, verdict: z.enum(['accept', 'object']), comment: z.string(), at: instant }),
        ),
      }),
      'An emergency. Once applied, its review is open until `reviewed` is there.',
    ),
  ),
  ...timing,
  held: optional(
    about(
      z.object({
        by: about(z.string(), 'A freeze or a change window by its name, or applyAfter.'),
        until: optional(about(instant, 'It is applied then. Left out when that would be too late.')),
        applyBy: about(instant, 'It expires when it was not applied before.'),
      }),
      'What holds it although it is approved.',
    ),
  ),
  revertAt: optional(about(instant, 'When it is put back; there once it was applied.')),
  revertOverdue: optional(about(z.boolean(), 'It should have been put back ten minutes ago or more, and was not.')),
  reverts: optional(about(changeId, 'The change that it undoes.')),
  outcome: optional(about(z.string(), 'How it ended, for people.')),
};

export const changeSummary = says<ChangeSummary>()(z.object({ ...summarized, before: hashes, after: hashes }));

export const eventType = z.enum([
  'SUBMITTED',
  'VERSIONED',
  'ASKED',
  'REMINDED',
  'ESCALATED',
  'CHANGES_TOLD',
  'HELD_TOLD',
  'APPROVALS_LAPSED',
  'LAPSE_TOLD',
  'APPROVAL_GIVEN',
  'APPROVAL_WITHDRAWN',
  'CHANGES_REQUESTED',
  'COMMENTED',
  'DELEGATED',
  'LINKS_REVOKED',
  'REVIEWED',
  'REVIEW_ASKED',
  'REJECTED',
  'CANCELLED',
  'EXPIRED',
  'APPLY_INTENT',
  'APPLY_HELD',
  'APPLIED',
  'REVERT_INTENT',
  'REVERTED',
  'STALE',
  'FAILED',
  'UNCERTAIN',
  'CLOSED',
  'BOUNCED',
  'COMPLAINED',
  'PERSON_ERASED',
  'REFUSED',
  'BASELINED',
  'FOREIGN_WRITE',
  'FOREIGN_TRACED',
  'FOREIGN_TOLD',
  'FOREIGN_ADOPTED',
]);

export const changeView = says<ChangeView>()(
  z.object({
    ...summarized,
    ...assessed,
    preflight: optional(preflight),
    before: policyText,
    after: policyText,
    executionArn: z.string(),
    timeline: z.array(z.object({ seq: z.int(), at: instant, type: eventType, person, text: z.string() })),
  }),
);

export const setView = says<SetView>()(
  z.object({
    id: setId,
    submitter: person,
    reason: z.string(),
    ticket: optional(z.string()),
    submittedAt: instant,
    askedAsOne: about(z.boolean(), 'Are the approvers asked once for all of its changes?'),
    whyNot: optional(z.string()),
    summary: about(z.string(), 'How far it is, and what became of the changes that are not applied.'),
    changes: about(z.array(changeSummary), 'Each is applied by itself and has its own end.'),
  }),
);

export const setDecision = says<SetDecision>()(
  z.object({
    set: setView,
    outcomes: about(
      z.array(z.object({ change: changeId, recorded: z.boolean(), detail: optional(z.string()) })),
      'What became of the decision, change by change.',
    ),
  }),
);

export const changeList = says<{ changes: ChangeSummary[]; cursor: string | null }>()(
  z.object({ changes: z.array(changeSummary), cursor }),
);

export const previewReply = says<ReturnType<typeof preview>>()(
  z.object({
    ...assessed,
    preflight,
    key: changeKey,
    related: optional(about(texts, 'The other keys of the same multi-Region key, which a set can change too.')),
    before: policyText,
    after: policyText,
    risk,
    ...timing,
    approval: z.object(approvalRule),
  }),
);

export const keyView = says<KeyView>()(
  z.object({
    arn: z.string(),
    keyId: z.string(),
    accountId: z.string(),
    region: z.string(),
    aliases: texts,
    manager: z.enum(['CUSTOMER', 'AWS']),
    state: z.string(),
    spec: z.string(),
    usage: z.enum([
      'ENCRYPT_DECRYPT',
      'SIGN_VERIFY',
      'GENERATE_VERIFY_MAC',
      'KEY_AGREEMENT',
      'ENCAPSULATE_DECAPSULATE',
    ]),
    origin: z.string(),
    multiRegion: z.boolean(),
    related: optional(
      about(
        texts,
        'The other keys of the same multi-Region key; each has a policy of its own, and a set can change all.',
      ),
    ),
    tags: z.record(z.string(), z.string()),
    changeable: about(z.boolean(), 'Can the policy be changed here?'),
    whyNot: optional(z.string()),
  }),
);

export const keyList = says<{ keys: KeyView[]; notListed: NotListed[] }>()(
  z.object({
    keys: z.array(keyView),
    notListed: about(
      z.array(z.object({ accountId: z.string(), region: z.string(), reason: z.string() })),
      'Places of the rules file whose keys cannot be listed, and why.',
    ),
  }),
);

export const defaultView = says<DefaultView>()(
  z.discriminatedUnion('supported', [
    z.object({
      supported: z.literal(true),
      administrators: texts,
      administratorsMayDelete: z.boolean(),
      users: texts,
      externalAccounts: texts,
    }),
    z.object({ supported: z.literal(false), reason: z.string(), path: z.string() }),
  ]),
);

export const keyPolicyView = says<Done<typeof viewKeyPolicy>>()(
  z.object({ ...policyText.shape, key: keyView, defaultView }),
);

const adopted = z.object({ person, comment: z.string(), at: instant });

export const version = says<Version>()(
  z.discriminatedUnion('origin', [
    z.object({
      origin: z.literal('countersign'),
      at: instant,
      seq: z.int(),
      change: changeId,
      submitter: person,
      reason: z.string(),
      ticket: optional(z.string()),
      approvers: z.array(person),
      before: policyText,
      after: policyText,
      difference: about(texts, 'Who gained and lost what from `before` to `after`, the most dangerous first.'),
      put: about(z.boolean(), 'False when the live policy was the approved one already.'),
      reverted: optional(
        about(z.literal(true), 'A temporary change that was put back: `after` is the policy from before it.'),
      ),
    }),
    z.object({
      origin: z.literal('outside'),
      foundAt: instant,
      foundBy: about(
        z.string(),
        'event, comparison, baseline (the first sight of the key), or the change that found it there.',
      ),
      after: policyText,
      id: optional(foreignId),
      seq: optional(z.int()),
      before: optional(about(policyText, 'The last one that was known here.')),
      difference: optional(about(texts, 'From `before` to `after`.')),
      caller: optional(about(z.string(), 'ARN of whoever put it, as CloudTrail tells it.')),
      writtenAt: optional(instant),
      eventId: optional(z.string()),
      stands: optional(about(z.boolean(), 'False when something else was live by the time it was recorded.')),
      byApplier: optional(about(z.literal(true), "The applier's own role put it, and no change had asked for it.")),
      adopted: optional(adopted),
      undo: optional(about(changeId, 'The newest change that was to undo it.')),
    }),
  ]),
);

/** A policy that was put outside of the workflow. */
export const foreignView = says<ForeignView>()(
  z.object({
    id: foreignId,
    key: changeKey,
    before: about(policyText, 'The last one that was known here.'),
    after: about(policyText, 'What was put.'),
    foundAt: instant,
    foundBy: z.enum(['event', 'comparison']),
    trace: optional(z.object({ caller: z.string(), writtenAt: instant, eventId: z.string() })),
    byApplier: optional(about(z.literal(true), "The applier's own role put it, and no change had asked for it.")),
    stands: about(z.boolean(), 'Was it live when it was recorded?'),
    risk,
    rule: z.string(),
    approvers: z.array(person),
    signIn: optional(z.literal(true)),
    adopted: optional(adopted),
    undo: optional(about(changeId, 'The newest change that was to undo it.')),
    access,
    matrix: z.array(matrixCell),
  }),
);

export const accessAt = says<AccessAt>()(
  z.object({
    at: instant,
    policy: about(z.nullable(policyText), 'The policy of that moment; null when the history knows of none.'),
    since: about(z.nullable(instant), 'When it was put; null when it was found in place.'),
    change: about(z.nullable(z.union([changeId, foreignId])), 'The change, or the foreign write, that put it.'),
    certain: about(z.boolean(), 'False when the policy was also written by somebody else, nobody knows when.'),
    note: z.string(),
    who: z.array(z.object({ principal: z.string(), verb: matrixCell.shape.verb, may: z.enum(['conditional', 'yes']) })),
    public: z.boolean(),
    crossAccount: texts,
  }),
);

export const keyHistory = says<Omit<KeyHistory, 'cursor'> & { cursor: string | null }>()(
  z.object({
    keyArn: z.string(),
    liveIsNewest: about(z.nullable(z.boolean()), 'Null when the live policy cannot be read, and on later pages.'),
    versions: z.array(version),
    access: optional(accessAt),
    cursor,
  }),
);

export const health = z.object({ status: z.literal('ok') });

const problemShape = {
  type: about(z.string().check(z.regex(/^urn:countersign:problem:[a-z-]+$/)), 'Never changes its meaning.'),
  title: z.string(),
  status: z.int(),
  detail: about(z.string(), 'Names the place and the mend.'),
  findings: optional(about(z.array(finding), 'Each thing that is wrong, and where.')),
};

/** RFC 9457. */
export const problemReply = z.object(problemShape);

/** What Slack does with the modal that was sent; nothing for a button. */
export const slackReply = says<SlackReplyShape>()(
  z.object({
    response_action: optional(z.enum(['errors', 'update', 'clear'])),
    errors: optional(about(z.record(z.string(), z.string()), 'By the block of the modal.')),
    view: optional(about(z.unknown(), 'The modal that takes its place, as views.open takes it.')),
  }),
);

/** What a refused policy is answered with: what is wrong, and, where the document could be read, the rest of what a submit would have answered. */
export const refusedReply = says<
  z.infer<typeof problemReply> & { findings: Finding[] } & Partial<
      Omit<Assessment, 'ok' | 'findings'> & { preflight: Preflight }
    >
>()(
  z.object({
    ...problemShape,
    findings: assessed.findings,
    before: optional(policyText),
    after: optional(policyText),
    access: optional(access),
    matrix: optional(assessed.matrix),
    risk: optional(risk),
    riskReasons: optional(assessed.riskReasons),
    externalPolicies: optional(assessed.externalPolicies),
    preflight: optional(preflight),
  }),
);

/** The gateway's own words, before any function is asked. */
export const gatewayReply = z.object({ message: z.string() });
