/** The words of the policy room. Everything here is plain data: no AWS client, no clock, no randomness. */

export type Severity = 'error' | 'warning' | 'info';

/** One step of an RFC 6902 JSON Patch. */
export type JsonPatch = { op: 'add' | 'replace' | 'remove'; path: string; value?: unknown };

/** One thing that a rule has to say about a document. A code never changes its meaning. */
export interface Finding {
  code: string;
  severity: Severity;
  /** Names the place and what is wrong, for a person. */
  message: string;
  /** JSON pointer (RFC 6901) into the document; '' is the whole of it. */
  path: string;
  /** 1-based position in the text as sent, when there is one. */
  line?: number;
  column?: number;
  /** How to mend it. */
  fix?: string;
  /** The mend as a patch, where it is mechanical. */
  patch?: JsonPatch[];
  /** The error name with which KMS would refuse the put. */
  aws?: string;
  /** Documents that belong to the mend, such as the IAM policy for a group's members. */
  documents?: { title: string; document: unknown }[];
}

export type KeyUsage =
  | 'ENCRYPT_DECRYPT'
  | 'SIGN_VERIFY'
  | 'GENERATE_VERIFY_MAC'
  | 'KEY_AGREEMENT'
  | 'ENCAPSULATE_DECAPSULATE';

/** A principal as the policy means it: `id` is an ARN, a service name, `*`, or a unique id (AIDA…, AROA…) of a deleted one. An account id is already its root ARN. */
export interface Principal {
  kind: 'AWS' | 'Service' | 'Federated' | 'CanonicalUser';
  id: string;
}

/** One line of a Condition block. Operator and key as written; values always a list, booleans and numbers as strings. */
export interface Condition {
  operator: string;
  key: string;
  values: string[];
}

/** A statement with every scalar-or-list made a list; an element that is missing is an empty list. */
export interface Statement {
  /** JSON pointer of the statement in the document. */
  path: string;
  sid?: string;
  effect: 'Allow' | 'Deny';
  principals: Principal[];
  /** NotPrincipal was written: `principals` are the exceptions. */
  notPrincipal: boolean;
  /** As written, wildcards and case kept. */
  actions: string[];
  notAction: boolean;
  resources: string[];
  notResource: boolean;
  conditions: Condition[];
}

/** A key policy as read: the meaning, in order, without the spelling. */
export interface KeyPolicy {
  version?: string;
  id?: string;
  statements: Statement[];
}

/** What DescribeKey, ListAliases and ListResourceTags say of a key, in AWS's own words. */
export interface Key {
  arn: string;
  keyId: string;
  accountId: string;
  region: string;
  /** With their `alias/` prefix, sorted. */
  aliases: string[];
  manager: 'CUSTOMER' | 'AWS';
  state: string;
  spec: string;
  usage: KeyUsage;
  origin: string;
  multiRegion: boolean;
  /** ARNs of the other keys of the same multi-Region key, the primary before its replicas. Left out when there are none. */
  related?: string[];
  tags: Record<string, string>;
}

/** Who must keep power over the key whatever the document says. ARNs of IAM roles or users. */
export interface Guardians {
  /** The role that calls PutKeyPolicy for approved changes. */
  applier: string;
  /** Roles for emergencies that must stay able to manage the key; may be empty. */
  breakGlass: string[];
  /**
   * What every request of the applier, and every one of the emergency roles and the account's administrators, is known to have.
   * What is not named here counts as unknown: a Deny under a condition on it may hit them.
   */
  known?: { applier: KnownValues; administrators: KnownValues };
}

/** By condition key, such as `aws:PrincipalOrgID`, the values of which a request has one; for addresses also ranges. */
export type KnownValues = Readonly<Record<string, readonly string[]>>;

export type EditOp =
  | 'addAdministrator'
  | 'removeAdministrator'
  | 'allowDeletion'
  | 'preventDeletion'
  | 'addUser'
  | 'removeUser'
  | 'addExternalAccount'
  | 'removeExternalAccount';

/** A change in the terms of the console's default view. `principal` is an ARN or an account id; the deletion pair has none. */
export interface Edit {
  op: EditOp;
  principal?: string;
}

/** The console's default view of a policy, or the first reason why it has none. */
export type DefaultView =
  | {
      supported: true;
      administrators: string[];
      administratorsMayDelete: boolean;
      users: string[];
      externalAccounts: string[];
    }
  | { supported: false; reason: string; path: string };

export type Certainty = 'certain' | 'may';

/** One principal's difference. `when` is an IAM Condition block under which it holds. */
export interface AccessEntry {
  principal: string;
  /** Sorted, in AWS's spelling: `kms:Decrypt`. */
  actions: string[];
  when?: Record<string, Record<string, string[]>>;
  /** 'delegated': only through IAM policies of the account, which the root statement enables. */
  kind?: 'delegated';
  /** Left out when certain. */
  certainty?: 'may';
  /** JSON pointers of the statements behind it, in the after document for gains, in the before document for losses. */
  statements?: string[];
}

/** Who may do what more or less once `after` stands instead of `before`. */
export interface Access {
  gains: AccessEntry[];
  loses: AccessEntry[];
  /** Gains some and loses some: the condition was swapped for one that neither contains nor is contained. */
  changed: AccessEntry[];
  /** Of the after document. */
  public: boolean;
  /** Of the after document: accounts other than the key's own that it lets in, sorted. */
  crossAccount: string[];
  /** Nobody in the key's account could change the policy again. */
  lockout: boolean;
  /** Plain sentences for the approver, most dangerous first, each naming the statement behind it. */
  summary: string[];
}

/** From the least dangerous on. */
export const RISKS = ['low', 'medium', 'high', 'critical'] as const;
export type Risk = (typeof RISKS)[number];

/** One row and column of the picture that an approver sees: a principal and a verb. */
export interface MatrixCell {
  principal: string;
  verb: 'decrypt' | 'encrypt' | 'sign' | 'grant' | 'administer' | 'delete' | 'read';
  before: 'no' | 'conditional' | 'yes';
  after: 'no' | 'conditional' | 'yes';
  /** Where before and after are the same word: what becomes of a part of the verb, such as one action that an IAM policy had to give until now. */
  within?: 'gains' | 'loses' | 'changes';
}

/** A policy text with both of its hashes. */
export interface PolicyText {
  /** The exact text, as read from or sent to KMS. */
  document: string;
  /** Lower-case hex SHA-256 of the UTF-8 bytes of `document`. */
  sha256: string;
  /** Lower-case hex SHA-256 of its canonical form. */
  canonical: string;
}

/** The IAM policy that an external account (or a group's members) needs beside the key policy. */
export interface ExternalPolicy {
  accountId: string;
  document: unknown;
  /** What to do with it, in a sentence. */
  note: string;
}

/** Everything there is to say of a proposed document before a person is asked. */
export interface Assessment {
  /** False when any finding is an error: it must not be stored, let alone applied. */
  ok: boolean;
  before: PolicyText;
  /** `document` is what would be sent: the proposal as it came, or minified when only that makes it fit. */
  after: PolicyText;
  findings: Finding[];
  access: Access;
  matrix: MatrixCell[];
  risk: Risk;
  riskReasons: string[];
  externalPolicies: ExternalPolicy[];
}
