import * as z from 'zod/mini';
import { parseCidr } from '../../policy/condition/cidr.ts';
import { RISKS } from '../../policy/types.ts';
import { isAddress } from '../address.ts';
import { durationSeconds } from '../duration.ts';
import { isTimeZone, minuteOfDay, WEEKDAYS } from './clock.ts';

const about = <S extends z.ZodMiniType>(schema: S, description: string): S => schema.check(z.describe(description));

const email = z.string().check(
  z.regex(/^[^\s@<>"(),;:\\]+@[^\s@<>"(),;:\\]+\.[^\s@<>"(),;:\\]+$/, {
    error: 'must be an email address',
    abort: true,
  }),
  z.refine(isAddress, 'must be an email address without quotes, slashes and brackets'),
);
const DURATION = 'must be an ISO 8601 duration such as PT48H or P7D';
const duration = z.string().check(
  z.regex(/^P(?!$)(\d+W)?(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+S)?)?$/, { error: DURATION, abort: true }),
  z.refine((text) => durationSeconds(text) !== undefined, DURATION),
);
const risk = z.enum(RISKS, 'must be low, medium, high or critical');
const groupName = z.enum(['submitters', 'approvers', 'auditors', 'admins']);
const name = z.string().check(z.minLength(1), z.maxLength(64));
const from = about(z.array(z.string()).check(z.minLength(1)), 'Names of groups under approvers.');
const quorum = about(z.int().check(z.minimum(1), z.maximum(20)), 'How many different people must approve.');
const globs = z.union([z.string(), z.array(z.string()).check(z.minLength(1))]);

const keyMatch = {
  alias: z.optional(about(globs, 'Globs (* and ?) of which one fits one of the aliases, such as alias/prod/*.')),
  key: z.optional(about(globs, 'Globs of which one fits the key ARN.')),
  account: z.optional(z.union([z.string(), z.array(z.string()).check(z.minLength(1))])),
  tags: z.optional(about(z.record(z.string(), z.string()), 'Tags that the key has, exactly so.')),
  environment: z.optional(
    about(
      globs,
      'The value of the tag environment or env of the key; neither tag nor value minds upper and lower case.',
    ),
  ),
};
const match = z.strictObject({ ...keyMatch, risk: z.optional(z.array(risk).check(z.minLength(1))) });
const keyOnly = z.strictObject(keyMatch);

const TIME = 'must be a time of day such as "07:30", in quotes';
const timeOfDay = z.string(TIME).check(
  z.regex(/^\d\d:\d\d$/, { error: TIME, abort: true }),
  z.refine((text) => minuteOfDay(text) !== undefined, TIME),
);
const timeZone = about(
  z.string().check(z.refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin or Etc/UTC')),
  'An IANA time zone, such as Europe/Berlin. There is no default.',
);
const weekday = z.enum(WEEKDAYS, 'must be one of mon, tue, wed, thu, fri, sat and sun');

/** Hours without reminders. */
export const quietHours = z.strictObject({
  from: timeOfDay,
  to: timeOfDay,
  timeZone,
  days: z.optional(about(z.array(weekday), 'Days that are quiet from midnight to midnight.')),
});

const instant = z.string('must be a time with its offset, in quotes, such as "2026-12-20T18:00:00Z"').check(
  z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/, {
    error: 'must be a time with its offset, such as 2026-12-20T18:00:00Z',
    abort: true,
  }),
  z.refine((text) => !Number.isNaN(Date.parse(text)), 'is no time that there is'),
);

/** A window in which nothing is applied: once, or on days of each week. */
export const freeze = z.union([
  z.strictObject({ name, match: z.optional(keyOnly), from: instant, to: instant }),
  z.strictObject({
    name,
    match: z.optional(keyOnly),
    days: z.array(weekday).check(z.minLength(1)),
    from: z.optional(timeOfDay),
    to: z.optional(timeOfDay),
    timeZone,
  }),
]);

/** The same without a key of its own: of a rule. */
const windowsOfRule = z.union([
  z.strictObject({ name, from: instant, to: instant }),
  z.strictObject({
    name,
    days: z.array(weekday).check(z.minLength(1)),
    from: z.optional(timeOfDay),
    to: z.optional(timeOfDay),
    timeZone,
  }),
]);

const stage = z.strictObject({ name: z.optional(name), quorum, from });

const rule = z.strictObject({
  name,
  match: z.optional(match),
  quorum: z.optional(quorum),
  from: z.optional(from),
  stages: z.optional(
    about(z.array(stage).check(z.minLength(1), z.maxLength(5)), 'One after the other, in place of quorum and from.'),
  ),
  expireAfter: duration,
  remindEvery: z.optional(about(duration, 'Left out: no reminder.')),
  escalateAfter: z.optional(
    about(duration, 'After this time without a decision the groups of escalateTo may decide too.'),
  ),
  escalateTo: z.optional(from),
  signIn: z.optional(about(z.boolean(), 'A link alone is not enough: the page asks its person to sign in.')),
  windows: z.optional(
    about(
      z.array(windowsOfRule).check(z.minLength(1)),
      'Windows of which one must be open when it is applied, in place of those of the whole file.',
    ),
  ),
  quietHours: z.optional(about(quietHours, 'No reminder and no escalation is sent in them.')),
  breakGlass: z.optional(
    z.strictObject({
      quorum,
      from,
      review: about(
        z.strictObject({ from, remindEvery: z.optional(duration) }),
        'Who looks at it afterwards. It stays open until one of them, who neither asked nor approved, has done so.',
      ),
    }),
  ),
});

const oneOrMore = (value: z.ZodMiniString) =>
  z.optional(z.union([value, z.array(value).check(z.minLength(1), z.maxLength(50))]));
const exact = z.string().check(z.regex(/^[^*?$\s]+$/, 'must be the value itself, without wildcards'));
const addresses = z
  .string()
  .check(z.refine((text) => parseCidr(text) !== undefined, 'must be an IP address or a range such as 203.0.113.0/24'));

/** Condition keys whose value is the same in many requests. Those of the key and of the caller are known without being told. */
const known = z.strictObject({
  'aws:PrincipalOrgID': oneOrMore(exact),
  'aws:ResourceOrgID': oneOrMore(exact),
  'aws:SourceIp': oneOrMore(addresses),
  'aws:SourceVpc': oneOrMore(exact),
  'aws:SourceVpce': oneOrMore(exact),
  'aws:VpcSourceIp': oneOrMore(addresses),
});

const people = z.array(email).check(z.minLength(1), z.maxLength(100));

/** The names are fixed, since the roles of the lambdas may assume roles of these names alone. */
const spokeRole = (name: string, what: string) =>
  about(
    z
      .string()
      .check(
        z.regex(
          new RegExp(`^arn:aws[\\w-]*:iam::\\d{12}:role/${name}[\\w+=,.@-]*$`),
          `must be the ARN of a role whose name begins with ${name}`,
        ),
      ),
    what,
  );

/** An account other than Countersign's own whose keys it may change. */
const account = z.strictObject({
  readRole: spokeRole('CountersignRead', 'Is assumed to see keys and their policies.'),
  applyRole: spokeRole('CountersignApply', 'Is assumed by the apply lambda alone, to put an approved policy.'),
  externalId: about(
    z.string().check(z.regex(/^[\w+=,.@:/-]{2,1224}$/, 'must have 2 to 1,224 letters, digits or +=,.@:/-')),
    'The external id that both roles ask for. One for each account; it is no secret.',
  ),
  regions: about(
    z
      .array(z.string().check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a Region such as eu-central-1')))
      .check(z.minLength(1)),
    'The Regions whose keys may be seen and changed.',
  ),
});

/** The rules file. The schema is the single source: types, checks and the published JSON Schema come from it. */
export const rulesSchema = z.strictObject({
  approvers: about(z.record(z.string(), people), 'Groups of people who approve.'),
  delegates: z.optional(
    about(z.record(email, people), 'Who may be asked to stand in for whom, for a time, by the approver themselves.'),
  ),
  teams: z.optional(about(z.record(z.string(), people), 'Groups of people who submit, for submit below.')),
  submit: z.optional(
    about(
      z.array(z.strictObject({ match: z.optional(keyOnly), from: z.array(z.string()).check(z.minLength(1)) })),
      'Who may submit for which keys: the first that matches decides. A key that none matches is open to every submitter.',
    ),
  ),
  raise: z.optional(
    about(
      z.array(z.strictObject({ match: z.optional(keyOnly), atLeast: risk })),
      'Keys of which every change counts as at least so dangerous. Of several that match the highest counts; nothing lowers a risk.',
    ),
  ),
  freeze: z.optional(
    about(z.array(freeze), 'Windows in which nothing is applied; what is approved waits for their end.'),
  ),
  windows: z.optional(
    about(
      z.array(freeze),
      'Change windows: a key that one of them matches is changed only while one of those is open; what is approved waits for it.',
    ),
  ),
  groups: z.optional(z.partialRecord(groupName, z.string())),
  auditors: z.optional(about(z.array(email), 'Who is handed the signed checkpoints of the history.')),
  breakGlass: z.optional(
    about(
      z.array(z.string().check(z.regex(/^arn:aws[\w-]*:iam::\d{12}:(role|user)\//))),
      'Roles and users for emergencies, who must keep power over every key.',
    ),
  ),
  known: z.optional(
    about(
      z.strictObject({
        everybody: z.optional(about(known, 'Of the applier and of the administrators.')),
        applier: z.optional(about(known, 'Of the role that applies changes; it runs in Lambda.')),
        administrators: z.optional(about(known, 'Of the roles of breakGlass, and of whoever else administers a key.')),
      }),
      'What every request of these has, one of several values or ranges. A policy that denies what is not named here may lock them out.',
    ),
  ),
  accounts: z.optional(
    about(
      z.record(z.string().check(z.regex(/^\d{12}$/, 'must be an account id: 12 digits, in quotes')), account),
      'Other accounts whose keys may be changed, by id. docs/spoke.template.yml makes the roles.',
    ),
  ),
  slack: z.optional(
    z.strictObject({ channel: z.optional(z.string()), people: z.optional(z.record(z.string(), email)) }),
  ),
  iam: z.optional(z.record(z.string(), z.strictObject({ person: email, groups: z.array(groupName) }))),
  rules: about(z.array(rule).check(z.minLength(1)), 'The first that matches decides; the last must match everything.'),
});

export type RulesFile = z.infer<typeof rulesSchema>;
export type Rules = RulesFile & { sha256: string };
export type Rule = RulesFile['rules'][number];
export type KeyMatch = z.infer<typeof keyOnly>;
export type Match = z.infer<typeof match>;
export type Freeze = z.infer<typeof freeze>;
export type GroupName = z.infer<typeof groupName>;

/** The published JSON Schema of the rules file, for editors and for a deployment's own checks. */
export const rulesJsonSchema = (): object => ({
  title: 'Countersign rules file',
  ...z.toJSONSchema(rulesSchema, { io: 'input' }),
});
