import type { Guardians } from '../../lib/policy/types.ts';
import type { ValidateInput } from '../../lib/policy/validate.ts';
import { APPLIER, allow, KEY, ROLE, ROOT, ROOT_STATEMENT, type StatementValue, withRoot } from './judge.ts';

type More = Partial<ValidateInput>;
interface Breach {
  document: unknown;
  more?: More;
  /** Where the finding must point. */
  at: string;
  /** What its message must name. */
  names?: string;
}
interface Case {
  bad: Breach[];
  /** Documents just on the right side. */
  good: { document: unknown; more?: More }[];
}

const one = (change: StatementValue): unknown => withRoot(allow(change));
const at = (element: string): string => `/Statement/1${element}`;
const bad = (change: StatementValue, element: string, names?: string, more?: More): Breach => ({
  document: one(change),
  at: at(element),
  ...(names !== undefined && { names }),
  ...(more !== undefined && { more }),
});
const good = (change: StatementValue, more?: More): { document: unknown; more?: More } => ({
  document: one(change),
  ...(more !== undefined && { more }),
});
const aws = (...ids: string[]): StatementValue => ({ Principal: { AWS: ids } });
const when = (operator: string, key: string, value: unknown, change: StatementValue = {}): StatementValue => ({
  Condition: { [operator]: { [key]: value } },
  ...change,
});
const key = (change: object): More => ({ key: { ...KEY, ...change } });
const request = (change: object): More => ({ request: change });
const guardians = (change: Partial<Guardians>): More => ({
  guardians: { applier: APPLIER, breakGlass: [], ...change },
});
const document = (change: object): unknown => ({ Version: '2012-10-17', Statement: [ROOT_STATEMENT], ...change });
const only = (...statements: StatementValue[]): unknown => ({ Version: '2012-10-17', Statement: statements });
const OTHER = 'arn:aws:iam::444455556666';
const SESSION = 'arn:aws:sts::111122223333:assumed-role/ExampleRole/session';
const GLASS = 'arn:aws:iam::111122223333:role/BreakGlass';
const SNS = { Principal: { Service: 'sns.amazonaws.com' } };
const plain = { document: withRoot(allow()) };
const admin = (...ids: string[]): StatementValue =>
  allow({ Action: ['kms:PutKeyPolicy', 'kms:GetKeyPolicy'], ...aws(...ids) });
const denyPut = (change: StatementValue): StatementValue =>
  allow({ Sid: 'deny', Effect: 'Deny', Principal: { AWS: '*' }, Action: 'kms:PutKeyPolicy', ...change });

const REPLICA = 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab';

/** For every rule a document that breaks it and one that just does not. */
export const CASES: Record<string, Case> = {
  KEY_AWS_MANAGED: {
    bad: [
      { document: withRoot(), more: key({ manager: 'AWS' }), at: '' },
      { document: withRoot(), more: key({ aliases: ['alias/aws/s3'] }), at: '', names: 'alias/aws/s3' },
    ],
    good: [{ document: withRoot(), more: key({ aliases: ['alias/awsome'] }) }],
  },
  KEY_OTHER_ACCOUNT: {
    bad: [
      {
        document: withRoot(),
        more: key({ arn: KEY.arn.replace('111122223333', '444455556666'), accountId: '444455556666' }),
        at: '',
        names: '444455556666',
      },
      { document: withRoot(), more: key({ accountId: '444455556666' }), at: '' },
    ],
    good: [plain],
  },
  POLICY_NAME_INVALID: {
    bad: [
      { document: withRoot(), more: request({ policyName: 'my-policy' }), at: '', names: 'my-policy' },
      { document: withRoot(), more: request({ policyName: '' }), at: '' },
      { document: withRoot(), more: request({ policyName: 'a'.repeat(129) }), at: '' },
    ],
    good: [{ document: withRoot(), more: request({ policyName: 'a'.repeat(128) }) }],
  },
  POLICY_NAME_NOT_DEFAULT: {
    bad: [{ document: withRoot(), more: request({ policyName: 'other' }), at: '', names: 'other' }],
    good: [
      { document: withRoot(), more: request({ policyName: 'default' }) },
      { document: withRoot(), more: request({ policyName: 'my-policy' }) },
    ],
  },
  LOCKOUT_BYPASSED: {
    bad: [{ document: withRoot(), more: request({ bypass: true }), at: '' }],
    good: [{ document: withRoot(), more: request({ bypass: false }) }],
  },
  KEY_PENDING_DELETION: {
    bad: [
      { document: withRoot(), more: key({ state: 'PendingDeletion' }), at: '', names: 'PendingDeletion' },
      { document: withRoot(), more: key({ state: 'PendingReplicaDeletion' }), at: '' },
    ],
    good: [{ document: withRoot(), more: key({ state: 'PendingImport' }) }],
  },
  KEY_MULTI_REGION: {
    bad: [{ document: withRoot(), more: key({ multiRegion: true }), at: '', names: 'us-west-2' }],
    good: [plain, { document: withRoot(), more: key({ multiRegion: true, related: [REPLICA] }) }],
  },
  KEY_RELATED_KEPT: {
    bad: [{ document: withRoot(), more: key({ multiRegion: true, related: [REPLICA] }), at: '', names: REPLICA }],
    good: [plain, { document: withRoot(), more: key({ multiRegion: true }) }],
  },
  POLICY_TOO_LARGE: {
    bad: [{ document: document({ Id: 'a'.repeat(40_000) }), at: '', names: '32,768' }],
    good: [{ document: `${' '.repeat(33_000)}${JSON.stringify(document({}))}` }],
  },
  POLICY_MINIFIED: {
    bad: [{ document: `${' '.repeat(33_000)}${JSON.stringify(document({}))}`, at: '' }],
    good: [{ document: `${' '.repeat(30_000)}${JSON.stringify(document({}))}` }],
  },
  POLICY_NEAR_LIMIT: {
    bad: [{ document: document({ Id: 'a'.repeat(28_000) }), at: '' }],
    good: [{ document: document({ Id: 'a'.repeat(27_000) }) }, { document: document({ Id: 'a'.repeat(40_000) }) }],
  },
  VERSION_MISSING: { bad: [{ document: { Statement: [ROOT_STATEMENT] }, at: '' }], good: [plain] },
  VERSION_OLD: { bad: [{ document: document({ Version: '2008-10-17' }), at: '/Version' }], good: [plain] },
  VERSION_UNKNOWN: {
    bad: [{ document: document({ Version: '2012-10-18' }), at: '/Version', names: '2012-10-18' }],
    good: [{ document: document({ Version: '2008-10-17' }) }],
  },
  STATEMENT_MISSING: {
    bad: [
      { document: { Version: '2012-10-17', Statement: [] }, at: '/Statement' },
      { document: { Version: '2012-10-17' }, at: '' },
    ],
    good: [{ document: document({ Statement: ROOT_STATEMENT }) }],
  },
  DUPLICATE_SID: {
    bad: [
      { document: withRoot(allow(), allow({ Action: 'kms:Encrypt' })), at: '/Statement/2/Sid', names: 'Statement 2' },
    ],
    good: [
      { document: withRoot(allow(), allow({ Sid: 'TESTED' }), allow({ Sid: undefined }), allow({ Sid: undefined })) },
    ],
  },
  CHARACTER_NOT_ALLOWED: {
    bad: [{ document: one({ Sid: 'Admin’s key' }), at: '', names: 'U+2019' }],
    good: [{ document: one({ Sid: 'Clé ÿ' }) }, { document: `\t\r\n${JSON.stringify(withRoot())}` }],
  },
  IDENTIFIER_CHARACTER: {
    bad: [
      {
        document: JSON.stringify(one(aws('arn:aws:iam::111122223333:role/admin'))).replace(
          'role/admin',
          'role/\\u0430dmin',
        ),
        at: at('/Principal/AWS/0'),
        names: 'role/admin',
      },
      {
        document: JSON.stringify(one({ Action: 'kms:Decrypt' })).replace('kms:D', '\\u212Ams:D'),
        at: at('/Action'),
        names: 'looks like "Kms:Decrypt"',
      },
      bad({ Action: ['kms:Decrypt\u00ad'] }, '/Action/0', 'U+00AD'),
      bad(
        when('StringEquals', 'kms:ViaService', 's3.us-west-2.amazonaws.com\u00a0'),
        '/Condition/StringEquals/kms:ViaService',
        'U+00A0',
      ),
      bad(when('StringEquals\u0085', 'kms:ViaService', 'x'), '/Condition/StringEquals\u0085/kms:ViaService', 'U+0085'),
      bad(
        when('StringEquals', 'kms:CallerAccount', ' 111122223333'),
        '/Condition/StringEquals/kms:CallerAccount',
        'U+0020',
      ),
    ],
    good: [good({ Sid: 'Schlüssel' }), good(when('StringEquals', 'kms:EncryptionContext:Größe', 'é'))],
  },
  TEXT_INVISIBLE_CHARACTER: {
    bad: [
      {
        document: JSON.stringify(one({ Sid: 'SID' })).replace('SID', 'abc\\u202edef'),
        at: at('/Sid'),
        names: '<U+202E>',
      },
      bad({ Sid: 'a\u00adb' }, '/Sid', '<U+00AD>'),
      bad({ Sid: 'a\u00a0b' }, '/Sid', 'U+00A0'),
      { document: document({ Id: 'a\u0085' }), at: '/Id', names: 'U+0085' },
      bad(
        when('StringEquals', 'kms:EncryptionContext:Dept', 'I\u200bT'),
        '/Condition/StringEquals/kms:EncryptionContext:Dept',
        'U+200B',
      ),
    ],
    good: [good({ Sid: 'Accès à la clé' })],
  },
  POLICY_CHARSET_ESCAPED: {
    bad: [
      {
        document: JSON.stringify(one({ Sid: 'SID' })).replace('SID', 'Klucze \\u0142'),
        at: at('/Sid'),
        names: 'U+0142',
      },
    ],
    good: [{ document: JSON.stringify(one({ Sid: 'SID' })).replace('SID', 'Cl\\u00e9') }],
  },
  PRINCIPAL_MISSING: {
    bad: [
      bad({ Principal: undefined }, '', 'Statement 2'),
      bad({ Principal: {} }, ''),
      bad({ Principal: { AWS: [] } }, ''),
    ],
    good: [plain],
  },
  ACTION_MISSING: {
    bad: [bad({ Action: undefined }, ''), bad({ Action: [] }, '')],
    good: [good({ Action: undefined, NotAction: 'kms:Decrypt', Effect: 'Deny' })],
  },
  RESOURCE_MISSING: {
    bad: [bad({ Resource: undefined }, ''), bad({ Resource: [] }, '')],
    good: [good({ Resource: ['*'] })],
  },
  RESOURCE_NOT_STAR: {
    bad: [
      bad({ Resource: KEY.arn }, '/Resource', KEY.arn),
      bad({ Resource: ['*', KEY.arn] }, '/Resource/1'),
      bad({ Resource: undefined, NotResource: '*' }, '/NotResource'),
    ],
    good: [good({ Resource: ['*', '*'] })],
  },
  STATEMENT_REPEATED: {
    bad: [
      {
        document: withRoot(allow(), allow({ Sid: 'again', Action: ['KMS:decrypt'] })),
        at: '/Statement/2',
        names: 'Statement 2',
      },
    ],
    good: [
      { document: withRoot(allow(), allow({ Sid: 'again', Effect: 'Deny' })) },
      { document: withRoot(allow(), allow(when('Bool', 'aws:SecureTransport', 'true'))) },
    ],
  },
  STATEMENT_NO_EFFECT: {
    bad: [
      bad({ Action: ['kms:Sign', 's3:GetObject', 'kms:ListKeys'] }, ''),
      bad({ Action: 'kms:Sign', Effect: 'Deny' }, '', 'denies nothing'),
    ],
    good: [
      good({ Action: ['kms:Sign', 'kms:Decrypt'] }),
      good({ Action: 'kms:Sign' }, key({ usage: 'SIGN_VERIFY', spec: 'ECC_NIST_P256' })),
    ],
  },
  NOT_ACTION_ALLOW: {
    bad: [bad({ Action: undefined, NotAction: 'kms:Decrypt' }, '/NotAction', 'kms:PutKeyPolicy')],
    good: [good({ Action: undefined, NotAction: 'kms:Decrypt', Effect: 'Deny' })],
  },
  ALLOW_ALWAYS_DENIED: {
    bad: [
      {
        document: withRoot(
          allow(when('StringEquals', 'kms:CallerAccount', '444455556666')),
          allow({ Sid: 'no', Effect: 'Deny', ...when('StringEquals', 'kms:CallerAccount', '444455556666') }),
        ),
        at: at(''),
      },
      { document: withRoot(allow(), allow({ Sid: 'no', Effect: 'Deny', ...aws(`${ROLE}2`, ROLE) })), at: at('') },
      {
        document: withRoot(
          allow({ Principal: { Service: 'sns.amazonaws.com' } }),
          allow({ Sid: 'no', Effect: 'Deny', Principal: { Service: 'sns.amazonaws.com' } }),
        ),
        at: at(''),
      },
      {
        document: withRoot(allow(), allow({ Sid: 'no', Effect: 'Deny', Principal: '*', Action: 'kms:De*' })),
        at: at(''),
        names: 'Statement 3',
      },
      { document: withRoot(allow(), allow({ Sid: 'no', Effect: 'Deny', ...aws(ROOT) })), at: at('') },
      {
        document: withRoot(
          allow(aws('arn:aws:sts::111122223333:assumed-role/ExampleRole/s')),
          allow({ Sid: 'no', Effect: 'Deny' }),
        ),
        at: at(''),
      },
      {
        document: withRoot(
          allow({ Action: ['kms:Decrypt', 'kms:Encrypt'] }),
          allow({ Sid: 'no', Effect: 'Deny' }),
          allow({ Sid: 'nor', Effect: 'Deny', Action: 'kms:Encrypt' }),
        ),
        at: at(''),
      },
      {
        document: withRoot(
          allow(when('Bool', 'aws:SecureTransport', 'true')),
          allow({ Sid: 'no', Effect: 'Deny', ...when('bool', 'AWS:SecureTransport', true) }),
        ),
        at: at(''),
      },
    ],
    good: [
      {
        document: withRoot(
          allow({ Principal: { Service: 'sns.amazonaws.com' } }),
          allow({ Sid: 'no', Effect: 'Deny', Principal: { Service: 'sqs.amazonaws.com' } }),
        ),
      },
      { document: withRoot(allow(), allow({ Sid: 'no', Effect: 'Deny', Action: 'kms:Encrypt' })) },
      { document: withRoot(allow({ Action: 's3:GetObject' }), allow({ Sid: 'no', Effect: 'Deny' })) },
      { document: withRoot(allow({ Principal: { AWS: [] } }), allow({ Sid: 'no', Effect: 'Deny' })) },
      {
        document: withRoot(
          allow({ Principal: { Federated: 'accounts.google.com' } }),
          allow({ Sid: 'no', Effect: 'Deny', Principal: { Service: 'accounts.google.com' } }),
        ),
      },
      { document: withRoot(allow(), allow({ Sid: 'no', Effect: 'Deny', ...aws(`${ROLE}2`) })) },
      {
        document: withRoot(
          allow(),
          allow({ Sid: 'no', Effect: 'Deny', Principal: '*', ...when('Bool', 'aws:SecureTransport', 'false') }),
        ),
      },
      {
        document: withRoot(
          allow(when('StringEquals', 'aws:SourceVpc', ['vpc-1', 'vpc-2'])),
          allow({
            Sid: 'no',
            Effect: 'Deny',
            ...when('StringEquals', 'aws:SourceVpc', ['vpc-1', 'vpc-3']),
          }),
        ),
      },
      {
        document: withRoot(
          allow(when('StringEquals', 'aws:SourceVpc', ['vpc-1', 'vpc-2'])),
          allow({ Sid: 'no', Effect: 'Deny', ...when('StringEquals', 'aws:SourceVpc', 'vpc-1') }),
        ),
      },
      {
        document: withRoot(
          allow(),
          allow({ Sid: 'no', Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: ROLE } }),
        ),
      },
    ],
  },
  PRINCIPAL_GROUP: {
    bad: [bad(aws(ROLE, 'arn:aws:iam::111122223333:group/Admins'), '/Principal/AWS/1', 'group/Admins')],
    good: [good(aws('arn:aws:iam::111122223333:role/group/Admins'))],
  },
  PRINCIPAL_DELETED: {
    bad: [
      bad(aws(ROLE, 'AROADBQP57FF2AEXAMPLE'), '/Principal/AWS/1', 'a deleted role'),
      bad(aws('AIDACKCEVSQ6C2EXAMPLE'), '/Principal/AWS/0', 'a deleted user'),
      bad({ ...aws('AROADBQP57FF2AEXAMPLE:session'), Effect: 'Deny' }, '/Principal/AWS/0'),
      bad(aws('AGPAJ4TPWDZSEXAMPLE22'), '/Principal/AWS/0', 'the unique id of no living principal;'),
    ],
    good: [good(aws('AROADBQP57FF2AEXAMPLE'), { world: { ids: { AROADBQP57FF2AEXAMPLE: ROLE } } })],
  },
  PRINCIPAL_UNIQUE_ID: {
    bad: [
      bad(aws('AROADBQP57FF2AEXAMPLE'), '/Principal/AWS/0', ROLE, { world: { ids: { AROADBQP57FF2AEXAMPLE: ROLE } } }),
    ],
    good: [good(aws('AROADBQP57FF2AEXAMPLE'), { world: { ids: { AROADBQP57FF2AEXAMPL2: ROLE } } })],
  },
  PRINCIPAL_NOT_FOUND: {
    bad: [
      bad(aws(ROLE), '/Principal/AWS/0', ROLE, { world: { missing: [ROLE] } }),
      bad(aws(ROLE), '/Principal/AWS/0', ROLE, { world: { missing: ['ExampleRole'] } }),
      bad(aws(ROLE.replace('role/', 'role/team/')), '/Principal/AWS/0', 'team', {
        world: { missing: ['ExampleRole'] },
      }),
      bad(aws(SESSION), '/Principal/AWS/0', SESSION, { world: { missing: [ROLE] } }),
      bad(aws(SESSION), '/Principal/AWS/0', SESSION, { world: { missing: ['ExampleRole'] } }),
      bad(aws(ROLE), '/Principal/AWS/0', ROLE, { world: { missing: ['111122223333'] } }),
      bad({ Principal: { Service: 'x.amazonaws.com' } }, '/Principal/Service', 'x.', {
        world: { missing: ['x.amazonaws.com'] },
      }),
    ],
    good: [
      good({ Principal: '*' }, { world: { missing: [ROLE] } }),
      good(aws(ROLE, SESSION), { world: { missing: ['Role', `${ROLE}2`, 'session'] } }),
      good(aws('AROADBQP57FF2AEXAMPLE'), { world: { missing: ['AROADBQP57FF2AEXAMPLE'] } }),
    ],
  },
  PRINCIPAL_WILDCARD: {
    bad: [
      bad(aws('arn:aws:s3:::bucket/*'), '/Principal/AWS/0', 'bucket/*'),
      bad(aws('arn:aws:iam::111122223333:role/App*'), '/Principal/AWS/0', 'role/App*'),
      bad(aws('arn:aws:iam::*:root'), '/Principal/AWS/0'),
      bad(aws('arn:aws:sts::111122223333:assumed-role/ExampleRole/*'), '/Principal/AWS/0'),
      bad({ Principal: { Service: '*.amazonaws.com' } }, '/Principal/Service'),
    ],
    good: [good(when('StringEquals', 'kms:CallerAccount', '111122223333', aws('*')))],
  },
  PRINCIPAL_INVALID: {
    bad: [
      bad(aws('1234'), '/Principal/AWS/0', '1234'),
      bad(aws('ExampleRole'), '/Principal/AWS/0'),
      bad(aws('1111222233334'), '/Principal/AWS/0'),
      bad(aws('arn:aws:iam::1234:role/x'), '/Principal/AWS/0'),
      bad(aws('arn:aws:iam:us-east-1:111122223333:role/x'), '/Principal/AWS/0'),
      bad(aws('arn:aws:iam::111122223333:role/'), '/Principal/AWS/0'),
      bad(aws('arn:aws:sts::111122223333:role/x'), '/Principal/AWS/0'),
      bad(aws(`arn:aws:iam::111122223333:role/${'x'.repeat(65)}`), '/Principal/AWS/0'),
      bad(aws('arn:aws:sts::111122223333:assumed-role/ExampleRole'), '/Principal/AWS/0'),
      bad({ Principal: { Federated: ['accounts.google.com', 'corp'] } }, '/Principal/Federated/1', 'corp'),
      bad({ Principal: { Federated: 'arn:aws:iam::111122223333:role/x' } }, '/Principal/Federated'),
      ...['xarn:aws:iam::111122223333:saml-provider/corp', 'arn:aws:iam::111122223333:saml-provider/corp east'].map(
        (id) => bad({ Principal: { Federated: id } }, '/Principal/Federated', id),
      ),
      ...['https://accounts.google.com', 'accounts.google.com/o/oauth2'].map((id) =>
        bad({ Principal: { Federated: id } }, '/Principal/Federated', id),
      ),
    ],
    good: [
      good(aws('111122223333')),
      good(aws('arn:aws:sts::111122223333:federated-user/bob')),
      good(aws(`arn:aws:iam::111122223333:role/a//b/${'x'.repeat(64)}`)),
      good({ Principal: { Federated: ['accounts.google.com', 'arn:aws:iam::111122223333:saml-provider/corp'] } }),
    ],
  },
  PRINCIPAL_ARN_INVALID: {
    bad: [
      bad(aws('arn:aws:s3:::bucket'), '/Principal/AWS/0', 'arn:aws:s3:::bucket'),
      bad(aws('arn:aws:iam::111122223333:policy/x'), '/Principal/AWS/0'),
      bad(aws('arn:aws:iam::111122223333:instance-profile/x'), '/Principal/AWS/0'),
    ],
    good: [good(aws('arn:aws:iam::111122223333:role/a/b/c_d+e=f,g.h@i-j'))],
  },
  PRINCIPAL_OTHER_PARTITION: {
    bad: [bad(aws('arn:aws-cn:iam::111122223333:root'), '/Principal/AWS/0', 'aws-cn')],
    good: [
      {
        document: withRoot({ ...allow(aws('111122223333')), Action: 'kms:*' }),
        more: key({ arn: KEY.arn.replace('arn:aws:', 'arn:aws-cn:') }),
      },
    ].map(({ document: value, more }) => ({
      document: JSON.stringify(value).replaceAll('arn:aws:', 'arn:aws-cn:'),
      more,
    })),
  },
  PRINCIPAL_IAM_USER: {
    bad: [bad(aws('arn:aws:iam::111122223333:user/Alice'), '/Principal/AWS/0', 'user/Alice')],
    good: [good({ ...aws('arn:aws:iam::111122223333:user/Alice'), Effect: 'Deny' }), good(aws(ROLE))],
  },
  PRINCIPAL_SESSION: {
    bad: [
      bad(aws('arn:aws:sts::111122223333:assumed-role/ExampleRole/s'), '/Principal/AWS/0', 'assumed-role'),
      bad(aws('arn:aws:sts::111122223333:federated-user/bob'), '/Principal/AWS/0'),
    ],
    good: [good(aws(ROLE))],
  },
  NOTPRINCIPAL: {
    bad: [bad({ Principal: undefined, NotPrincipal: { AWS: [ROOT, ROLE] }, Effect: 'Deny' }, '/NotPrincipal')],
    good: [good({ Principal: undefined, NotPrincipal: { AWS: ROLE } })],
  },
  NOTPRINCIPAL_ALLOW: {
    bad: [bad({ Principal: undefined, NotPrincipal: { AWS: ROLE } }, '/NotPrincipal')],
    good: [good({ Principal: undefined, NotPrincipal: { AWS: [ROOT, ROLE] }, Effect: 'Deny' })],
  },
  PRINCIPAL_STAR_WITHOUT_CONDITION: {
    bad: [
      bad(aws('*'), '/Principal/AWS/0'),
      bad(when('StringEquals', 'kms:ViaService', 's3.us-west-2.amazonaws.com', aws('*')), '/Principal/AWS/0'),
      bad(when('StringNotEquals', 'kms:CallerAccount', '111122223333', aws('*')), '/Principal/AWS/0'),
      bad(when('StringEqualsIfExists', 'kms:CallerAccount', '111122223333', aws('*')), '/Principal/AWS/0'),
      bad(when('ForAllValues:StringEquals', 'kms:CallerAccount', '111122223333', aws('*')), '/Principal/AWS/0'),
      bad(when('StringLike', 'aws:PrincipalArn', 'arn:aws:iam::*:*', aws('*')), '/Principal/AWS/0'),
      bad(when('StringEquals', 'aws:PrincipalOrgID', `\${aws:PrincipalOrgID}`, aws('*')), '/Principal/AWS/0'),
      bad(when('Null', 'aws:PrincipalOrgID', 'false', aws('*')), '/Principal/AWS/0'),
      bad(when('StringEquel', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5', aws('*')), '/Principal/AWS/0'),
      bad(when('StringEquals', 'aws:PrincipalOrgID', [], aws('*')), '/Principal/AWS/0'),
      bad(
        when(
          'StringLike',
          'aws:PrincipalArn',
          ['arn:aws:iam::111122223333:role/App', 'arn:aws:iam::*:role/App'],
          aws('*'),
        ),
        '/Principal/AWS/0',
      ),
    ],
    good: [
      good(when('StringEquals', 'kms:CallerAccount', '111122223333', aws('*'))),
      good(when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/App*', aws('*'))),
      good(when('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', 'o-a1b2c3d4e5/*', aws('*'))),
      good(when('StringEquals', 'aws:PrincipalOrgID', `\${aws:ResourceOrgID}`, aws('*'))),
      good({ ...aws('*'), Effect: 'Deny' }),
    ],
  },
  PRINCIPAL_STAR_STRING: {
    bad: [
      bad({ Principal: '*' }, '/Principal'),
      bad({ Principal: undefined, NotPrincipal: '*', Effect: 'Deny' }, '/NotPrincipal'),
    ],
    good: [good({ Principal: { AWS: '*' } }), good(aws('*'))],
  },
  SERVICE_PRINCIPAL_INVALID: {
    bad: [
      bad({ Principal: { Service: 'cloudtrail' } }, '/Principal/Service', 'cloudtrail'),
      bad({ Principal: { Service: ['logs.amazonaws.com.evil.org'] } }, '/Principal/Service/0'),
    ],
    good: [good({ Principal: { Service: ['logs.us-west-2.amazonaws.com', 'ec2.amazonaws.com.cn'] } })],
  },
  SERVICE_WITHOUT_SOURCE: {
    bad: [
      bad(
        when('ArnLike', 'aws:SourceArn', ['arn:aws:sns:*:111122223333:*', '*'], {
          Principal: { Service: 'sns.amazonaws.com' },
        }),
        '/Principal/Service',
      ),
      bad({ Principal: { Service: 'logs.us-west-2.amazonaws.com' } }, '/Principal/Service', 'logs'),
      bad(
        when('StringNotEquals', 'aws:SourceAccount', '1', { Principal: { Service: 'sns.amazonaws.com' } }),
        '/Principal/Service',
      ),
      bad(when('ArnLike', 'aws:SourceArn', 'arn:aws:logs:*', SNS), '/Principal/Service'),
      bad(when('StringLike', 'aws:SourceArn', 'arn:aws:s3:::*', SNS), '/Principal/Service'),
      bad(when('StringEqualsIfExists', 'aws:SourceAccount', '111122223333', SNS), '/Principal/Service'),
      bad(when('ForAllValues:StringEquals', 'aws:SourceAccount', '111122223333', SNS), '/Principal/Service'),
      bad(when('Null', 'aws:SourceAccount', 'false', SNS), '/Principal/Service'),
      bad(when('StringEquals', 'aws:SourceAccount', `\${aws:SourceAccount}`, SNS), '/Principal/Service'),
      bad(when('StringEquals', 'kms:EncryptionContext:aws:sns:topicArn', 'arn:aws:sns:*', SNS), '/Principal/Service'),
      bad(when('StringEquals', 'kms:EncryptionContext:Dept', '111122223333', SNS), '/Principal/Service'),
    ],
    good: [
      good(when('ArnLike', 'aws:SourceArn', 'arn:aws:logs:*:111122223333:*', SNS)),
      good(when('ArnLike', 'aws:SourceArn', 'arn:aws:s3:::bucket/*', SNS)),
      good(when('StringEquals', 'aws:SourceAccount', `\${aws:ResourceAccount}`, SNS)),
      good(when('StringEquals', 'aws:SourceOrgID', `\${aws:ResourceOrgID}`, SNS)),
      good(when('ArnLike', 'kms:EncryptionContext:aws:logs:arn', 'arn:aws:logs:*:111122223333:*', SNS)),
      good(when('StringEquals', 'kms:EncryptionContext:aws:s3:arn', 'arn:aws:s3:::bucket', SNS)),
      good({ Principal: { Service: 'sns.amazonaws.com' }, Effect: 'Deny' }),
    ],
  },
  SERVICE_DOES_NOT_CALL_KMS: {
    bad: [bad({ Principal: { Service: 'ec2.amazonaws.com' } }, '/Principal/Service', 'EC2')],
    good: [good({ Principal: { Service: 'sns.amazonaws.com' } })],
  },
  PRINCIPAL_FEDERATED: {
    bad: [bad({ Principal: { Federated: 'cognito-identity.amazonaws.com' } }, '/Principal/Federated', 'cognito')],
    good: [plain],
  },
  PRINCIPAL_CANONICAL_USER: {
    bad: [bad({ Principal: { CanonicalUser: '79a59df900b949e5' } }, '/Principal/CanonicalUser', '79a59df900b949e5')],
    good: [plain],
  },
  EXTERNAL_ACCOUNT_NEEDS_IAM: {
    bad: [
      bad(aws(ROLE, `${OTHER}:root`), '/Principal/AWS/1', '444455556666'),
      bad(aws(`${OTHER}:role/x`), '/Principal/AWS/0', 'Statement 2'),
    ],
    good: [good({ ...aws(`${OTHER}:root`), Effect: 'Deny' }), plain],
  },
  EXTERNAL_ACCOUNT_REGION: {
    bad: [bad(aws(`${OTHER}:root`), '/Principal/AWS/0', 'me-central-1', key({ region: 'me-central-1' }))],
    good: [good(aws(`${OTHER}:root`)), good(aws(ROLE), key({ region: 'me-central-1' }))],
  },
  ACTION_INVALID: {
    bad: [
      bad({ Action: 'Decrypt' }, '/Action', 'Decrypt'),
      bad({ Action: ['kms:Decrypt', 'kms:'] }, '/Action/1'),
      bad({ Action: 'kms: Decrypt' }, '/Action'),
      bad({ Action: 'k*s:Decrypt' }, '/Action', 'k*s:Decrypt'),
      bad({ Action: '*:*' }, '/Action'),
    ],
    good: [good({ Action: '*' }), good({ Action: 'KMS:D?crypt*' })],
  },
  ACTION_NOT_KMS: {
    bad: [bad({ Action: ['s3:GetObject'] }, '/Action/0', 's3:GetObject'), bad({ Action: 'mykms:Decrypt' }, '/Action')],
    good: [good({ Action: 'KMS:Decrypt' }), good({ Action: '*' })],
  },
  ACTION_UNKNOWN: {
    bad: [
      bad({ Action: 'kms:Decrpyt' }, '/Action', 'kms:Decrpyt'),
      bad({ Action: ['kms:ReEncrypt'] }, '/Action/0'),
      bad({ Action: 'kms:Foo*' }, '/Action'),
    ],
    good: [good({ Action: 'kms:decrypt' }), good({ Action: 'kms:Dec*' }), good({ Action: 'mykms:Decrypt' })],
  },
  ACTION_NOT_EFFECTIVE_IN_KEY_POLICY: {
    bad: [
      bad({ Action: ['kms:Decrypt', 'kms:ListAliases'] }, '/Action/1', 'kms:ListAliases'),
      bad({ Action: 'kms:ListKeys' }, '/Action'),
    ],
    good: [good({ Action: ['kms:List*', 'kms:Create*'] })],
  },
  ACTION_NOT_SUPPORTED_BY_KEY: {
    bad: [
      bad({ Action: ['kms:Decrypt', 'kms:Sign'] }, '/Action/1', 'SYMMETRIC_DEFAULT'),
      bad({ Action: 'kms:GenerateDataKey*' }, '/Action', 'RSA_2048', key({ spec: 'RSA_2048' })),
      bad({ Action: 'kms:ImportKeyMaterial' }, '/Action', 'AWS_KMS'),
      bad({ Action: 'kms:ReplicateKey' }, '/Action', 'one Region'),
      bad({ Action: 'kms:Decrypt' }, '/Action', 'HMAC_256', key({ spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' })),
      bad({ Action: 'kms:GetPublicKey' }, '/Action'),
      bad({ Action: 'kms:Sign' }, '/Action', 'origin AWS_KMS can do', key({ multiRegion: true })),
    ],
    good: [
      good({ Action: ['kms:Get*', 'kms:*'] }),
      good({ Action: 'kms:GetPublicKey' }, key({ spec: 'RSA_2048' })),
      good({ Action: 'kms:ImportKeyMaterial' }, key({ origin: 'EXTERNAL' })),
      good({ Action: 'kms:ReplicateKey' }, key({ multiRegion: true })),
      good({ Action: 'kms:DeriveSharedSecret' }, key({ usage: 'KEY_AGREEMENT', spec: 'ECC_NIST_P256' })),
    ],
  },
  ACTION_NOT_CROSS_ACCOUNT: {
    bad: [
      bad({ ...aws(`${OTHER}:root`), Action: ['kms:Decrypt', 'kms:PutKeyPolicy'] }, '/Action/1', 'kms:PutKeyPolicy'),
    ],
    good: [
      good({ ...aws(`${OTHER}:root`), Action: ['kms:Decrypt', 'kms:ReEncrypt*', 'kms:CreateGrant'] }),
      good({ Action: 'kms:PutKeyPolicy' }),
    ],
  },
  ACTION_PARTLY_CROSS_ACCOUNT: {
    bad: [bad({ ...aws(`${OTHER}:root`), Action: 'kms:*' }, '/Action', 'kms:*')],
    good: [good({ ...aws(`${OTHER}:root`), Action: 'kms:ReEncrypt*' }), good({ Action: 'kms:*' })],
  },
  CONDITION_KEY_FORBIDDEN: {
    bad: [
      bad(when('StringEquals', 'aws:ResourceTag/a', 'b'), '/Condition/StringEquals/aws:ResourceTag~1a'),
      bad(when('StringEquals', 'KMS:resourcetag/a', 'b'), '/Condition/StringEquals/KMS:resourcetag~1a'),
      bad(
        when('ForAnyValue:StringEquals', 'kms:ResourceAliases', 'alias/x'),
        '/Condition/ForAnyValue:StringEquals/kms:ResourceAliases',
      ),
    ],
    good: [
      good(when('StringEquals', 'aws:PrincipalTag/a', 'b')),
      good(when('ForAnyValue:StringEquals', 'kms:RequestAlias', 'alias/x')),
    ],
  },
  CONDITION_KEY_UNKNOWN: {
    bad: [
      bad(
        when('StringEquals', 'kms:ViaServce', 's3.us-west-2.amazonaws.com'),
        '/Condition/StringEquals/kms:ViaServce',
        'kms:ViaServce',
      ),
      bad(when('StringEquals', 'kms:EncryptionContext:', 'x'), '/Condition/StringEquals/kms:EncryptionContext:'),
      bad(when('StringEquals', 's3:prefix', 'x'), '/Condition/StringEquals/s3:prefix'),
    ],
    good: [
      good(when('StringEquals', 'KMS:VIASERVICE', 's3.us-west-2.amazonaws.com')),
      good(when('StringEquals', 'kms:RecipientAttestation:PCR0', 'x')),
    ],
  },
  CONDITION_KEY_REPEATED: {
    bad: [
      bad(
        { Condition: { StringEquals: { 'kms:CallerAccount': '111122223333', 'kms:callerAccount': '444455556666' } } },
        '/Condition/StringEquals/kms:callerAccount',
      ),
    ],
    good: [
      good({
        Condition: {
          StringEquals: { 'kms:CallerAccount': '111122223333' },
          StringLike: { 'kms:CallerAccount': '111122223333' },
        },
      }),
    ],
  },
  CONDITION_KEY_DEPRECATED: {
    bad: [
      bad(
        when('StringEquals', 'kms:CustomerMasterKeySpec', 'SYMMETRIC_DEFAULT'),
        '/Condition/StringEquals/kms:CustomerMasterKeySpec',
      ),
    ],
    good: [good(when('StringEquals', 'kms:KeySpec', 'SYMMETRIC_DEFAULT'))],
  },
  CONDITION_OPERATOR_UNKNOWN: {
    bad: [
      bad(when('StringEqual', 'kms:CallerAccount', '111122223333'), '/Condition/StringEqual', 'StringEqual'),
      bad(when('NullIfExists', 'kms:CallerAccount', 'true'), '/Condition/NullIfExists'),
      bad({ Condition: { StringEqual: {} } }, '/Condition/StringEqual'),
    ],
    good: [
      good(when('stringequalsifexists', 'kms:CallerAccount', '111122223333')),
      good(when('ForAnyValue:StringLike', 'kms:EncryptionContextKeys', 'a')),
    ],
  },
  CONDITION_OPERATOR_TYPE: {
    bad: [
      bad(
        when('NumericEquals', 'kms:CallerAccount', '111122223333'),
        '/Condition/NumericEquals/kms:CallerAccount',
        'String',
      ),
    ],
    good: [
      good(when('IpAddress', 'aws:SourceIp', '10.0.0.0/8')),
      good(when('NumericLessThan', 'aws:MultiFactorAuthAge', '3600')),
    ],
  },
  CONDITION_NEEDS_SET_OPERATOR: {
    bad: [
      bad(
        when('StringEquals', 'kms:EncryptionContextKeys', 'Dept'),
        '/Condition/StringEquals/kms:EncryptionContextKeys',
      ),
    ],
    good: [
      good(when('ForAnyValue:StringEquals', 'kms:EncryptionContextKeys', 'Dept')),
      good(when('Null', 'kms:EncryptionContextKeys', 'false')),
    ],
  },
  CONDITION_FOR_ALL_VALUES_EMPTY: {
    bad: [
      bad(
        when('ForAllValues:StringEquals', 'kms:EncryptionContextKeys', 'Dept', { Action: 'kms:CreateGrant' }),
        '/Condition/ForAllValues:StringEquals/kms:EncryptionContextKeys',
      ),
      bad(
        {
          Condition: {
            'ForAllValues:StringEquals': { 'aws:TagKeys': 'Dept' },
            StringEquals: { 'kms:EncryptionContext:Dept': 'IT' },
          },
        },
        '/Condition/ForAllValues:StringEquals/aws:TagKeys',
      ),
      bad(
        when('ForAllValues:StringEquals', 'kms:EncryptionContextKeys', 'Dept'),
        '/Condition/ForAllValues:StringEquals/kms:EncryptionContextKeys',
      ),
      bad(
        when('ForAllValues:StringEquals', 'kms:GrantOperations', 'Decrypt', {
          Action: ['kms:CreateGrant', 'kms:RevokeGrant'],
        }),
        '/Condition/ForAllValues:StringEquals/kms:GrantOperations',
      ),
    ],
    good: [
      good(when('ForAllValues:StringEquals', 'kms:GrantOperations', 'Decrypt', { Action: 'kms:CreateGrant' })),
      good({
        Condition: {
          'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': 'Dept' },
          Null: { 'kms:EncryptionContext:Dept': 'false' },
        },
      }),
      good({
        Condition: {
          'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': 'Dept' },
          Null: { 'kms:EncryptionContextKeys': 'false' },
        },
      }),
      good(when('ForAllValues:StringEquals', 'kms:EncryptionContextKeys', 'Dept', { Effect: 'Deny' })),
    ],
  },
  CONDITION_BLOCKS_ACTION: {
    bad: [
      bad(
        when('StringEquals', 'kms:EncryptionContext:Dept', 'IT', { Action: ['kms:Decrypt', 'kms:DescribeKey'] }),
        '/Condition/StringEquals/kms:EncryptionContext:Dept',
        'kms:DescribeKey',
      ),
      bad(
        when('Bool', 'kms:GrantIsForAWSResource', 'true', { Effect: 'Deny' }),
        '/Condition/Bool/kms:GrantIsForAWSResource',
        'never denies',
      ),
      bad(
        when('StringEquals', 'kms:RecipientAttestation:PCR0', 'x', { Action: 'kms:Encrypt' }),
        '/Condition/StringEquals/kms:RecipientAttestation:PCR0',
      ),
    ],
    good: [
      good(when('Null', 'kms:EncryptionContext:Dept', ['true', 'false'], { Action: 'kms:DescribeKey' })),
      good(when('Null', 'kms:EncryptionContext:Dept', [], { Action: 'kms:DescribeKey' })),
      good(when('StringEquals', 'kms:EncryptionContext:Dept', 'IT', { Action: ['kms:Decrypt', 'kms:*'] })),
      good(
        when('Bool', 'kms:GrantIsForAWSResource', 'true', {
          Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
        }),
      ),
      good(when('StringEqualsIfExists', 'kms:EncryptionContext:Dept', 'IT', { Action: 'kms:DescribeKey' })),
      good(when('StringEquals', 'kms:RecipientAttestation:PCR0', 'x')),
      good(when('StringEquals', 'kms:KeySpec', 'SYMMETRIC_DEFAULT', { Action: 'kms:DescribeKey' })),
      good(when('StringEquals', 'kms:CustomerMasterKeySpec', 'SYMMETRIC_DEFAULT', { Action: 'kms:DescribeKey' })),
    ],
  },
  CONDITION_ALWAYS_HOLDS: {
    bad: [
      bad(
        when('StringNotEquals', 'kms:EncryptionContext:Dept', 'IT', { Action: 'kms:DescribeKey' }),
        '/Condition/StringNotEquals/kms:EncryptionContext:Dept',
        'allows',
      ),
      bad(
        when('StringEqualsIfExists', 'kms:EncryptionContext:Dept', 'IT', { Action: 'kms:DescribeKey', Effect: 'Deny' }),
        '/Condition/StringEqualsIfExists/kms:EncryptionContext:Dept',
        'denies',
      ),
    ],
    good: [good(when('StringNotEquals', 'kms:EncryptionContext:Dept', 'IT'))],
  },
  CONDITION_NO_VALUES: {
    bad: [bad(when('StringEquals', 'kms:CallerAccount', []), '/Condition/StringEquals/kms:CallerAccount')],
    good: [good(when('StringEquals', 'kms:CallerAccount', ['111122223333']))],
  },
  CONDITION_VALUE_UNREADABLE: {
    bad: [
      bad(when('Bool', 'aws:SecureTransport', 'yes'), '/Condition/Bool/aws:SecureTransport', 'yes'),
      bad(when('DateLessThan', 'aws:CurrentTime', '24.11.2026'), '/Condition/DateLessThan/aws:CurrentTime'),
      bad(
        when('IpAddress', 'aws:SourceIp', ['10.0.0.0/8', '10.0.0.256']),
        '/Condition/IpAddress/aws:SourceIp',
        '10.0.0.256',
      ),
      bad(when('Null', 'kms:CallerAccount', '0'), '/Condition/Null/kms:CallerAccount'),
    ],
    good: [
      good(when('Bool', 'aws:SecureTransport', true)),
      good(when('DateLessThan', 'aws:CurrentTime', '2026-11-24T20:00:00Z')),
      good(when('ArnEquals', 'aws:PrincipalArn', `\${aws:PrincipalArn}`)),
    ],
  },
  CONDITION_VALUE_NUMBER: {
    bad: [
      bad(
        when('StringEquals', 'kms:CallerAccount', 111122223333),
        '/Condition/StringEquals/kms:CallerAccount',
        '111122223333',
      ),
      bad(
        when('NumericLessThan', 'aws:MultiFactorAuthAge', ['5', 6e30]),
        '/Condition/NumericLessThan/aws:MultiFactorAuthAge/1',
      ),
    ],
    good: [
      good(when('NumericLessThan', 'aws:MultiFactorAuthAge', 3600)),
      good(when('DateLessThan', 'aws:EpochTime', 1795550000)),
    ],
  },
  CONDITION_WILDCARD_IS_LITERAL: {
    bad: [
      bad(
        when('StringEquals', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/*'),
        '/Condition/StringEquals/aws:PrincipalArn',
      ),
    ],
    good: [
      good(when('StringLike', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/*')),
      good(when('ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/*')),
      good(when('StringEquals', 'kms:EncryptionContext:Dept', `a\${*}`)),
    ],
  },
  CONDITION_VARIABLE_NOT_EXPANDED: {
    bad: [
      {
        document: document({
          Version: '2008-10-17',
          Statement: [ROOT_STATEMENT, allow(when('StringEquals', 'kms:EncryptionContext:User', `\${aws:username}`))],
        }),
        at: at('/Condition/StringEquals/kms:EncryptionContext:User'),
      },
    ],
    good: [good(when('StringEquals', 'kms:EncryptionContext:User', `\${aws:username}`))],
  },
  CONDITION_VALUE_NEVER_MATCHES: {
    bad: [
      bad(when('Bool', 'kms:MultiRegion', 'true'), '/Condition/Bool/kms:MultiRegion', 'always "false"'),
      bad(when('StringLike', 'kms:KeySpec', 'RSA_*'), '/Condition/StringLike/kms:KeySpec'),
      bad(
        when('StringEquals', 'kms:EncryptionAlgorithm', 'RSAES_OAEP_SHA_256'),
        '/Condition/StringEquals/kms:EncryptionAlgorithm',
      ),
      bad(
        when('ForAnyValue:StringEquals', 'kms:GrantOperations', 'kms:Decrypt'),
        '/Condition/ForAnyValue:StringEquals/kms:GrantOperations',
      ),
      bad(when('StringEquals', 'kms:CallerAccount', '1234'), '/Condition/StringEquals/kms:CallerAccount', '12 digits'),
      bad(when('StringEquals', 'kms:ViaService', 's3.amazonaws.com'), '/Condition/StringEquals/kms:ViaService'),
      bad(when('StringEquals', 'kms:KeySpec', 'RSA_2048'), '/Condition/StringEquals/kms:KeySpec', 'SYMMETRIC_DEFAULT'),
      bad(
        when('StringNotEquals', 'aws:PrincipalOrgID', 'my-org', { Effect: 'Deny' }),
        '/Condition/StringNotEquals/aws:PrincipalOrgID',
      ),
    ],
    good: [
      good(when('StringEquals', 'kms:EncryptionAlgorithm', 'RSAES_OAEP_SHA_256'), key({ spec: 'RSA_2048' })),
      good(when('Bool', 'kms:MultiRegion', 'false')),
      good(when('StringLike', 'kms:KeySpec', 'SYMM*')),
      good(when('StringEqualsIgnoreCase', 'kms:KeySpec', 'symmetric_default')),
      good(when('StringLike', 'kms:KeySpec', `\${aws:PrincipalTag/spec}`)),
      good(when('ForAnyValue:StringEquals', 'kms:GrantOperations', 'Decrypt')),
      good(when('StringEquals', 'kms:KeySpec', ['RSA_2048', `\${aws:PrincipalTag/spec}`])),
      good(when('StringEquals', 'kms:CallerAccount', ['111122223333', '444455556666'])),
      good(when('StringLike', 'kms:ViaService', 's3.*.amazonaws.com')),
      good(when('StringEquals', 'kms:KeySpec', ['RSA_2048', 'SYMMETRIC_DEFAULT'])),
      good(when('StringEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5')),
    ],
  },
  CONDITION_PRIVATE_ADDRESS: {
    bad: [
      bad(when('IpAddress', 'aws:SourceIp', 'fd00::/8'), '/Condition/IpAddress/aws:SourceIp'),
      bad(when('IpAddress', 'aws:SourceIp', '100.64.1.0/24'), '/Condition/IpAddress/aws:SourceIp'),
      bad(
        when('NotIpAddress', 'aws:SourceIp', ['203.0.113.0/24', '10.1.0.0/16']),
        '/Condition/NotIpAddress/aws:SourceIp',
        '10.1.0.0/16',
      ),
      ...['172.31.255.0/24', '192.168.1.1', '127.0.0.1', '169.254.169.254/32'].map((address) =>
        bad(when('IpAddress', 'aws:SourceIp', address), '/Condition/IpAddress/aws:SourceIp', address),
      ),
    ],
    good: [
      good(when('IpAddress', 'aws:SourceIp', ['2001:db8::/32', '100.128.0.0/16'])),
      good(when('IpAddress', 'aws:SourceIp', ['203.0.113.0/24', '172.32.0.0/16', '192.169.0.0/16', '11.0.0.0/8'])),
      good(when('IpAddress', 'aws:VpcSourceIp', '10.1.0.0/16')),
    ],
  },
  CONDITION_KEY_NOT_OF_SERVICE: {
    bad: [
      bad(
        when('StringEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5', SNS),
        '/Condition/StringEquals/aws:PrincipalOrgID',
        'aws:PrincipalOrgID',
      ),
      bad(when('StringLike', 'aws:PrincipalTag/team', '*', SNS), '/Condition/StringLike/aws:PrincipalTag~1team'),
      bad(when('Null', 'aws:username', 'false', { Effect: 'Deny', ...SNS }), '/Condition/Null/aws:username'),
    ],
    good: [
      good(when('StringEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5', { Principal: { Service: [] } })),
      good(when('StringEquals', 'aws:SourceOrgID', 'o-a1b2c3d4e5', SNS)),
      good(when('StringNotEqualsIfExists', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5', SNS)),
      good(when('StringEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5', { Principal: { AWS: ROLE, ...SNS.Principal } })),
      good(
        when('StringEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5', {
          Effect: 'Deny',
          Principal: undefined,
          NotPrincipal: SNS.Principal,
        }),
      ),
    ],
  },
  CONDITION_NEVER_HOLDS: {
    bad: [
      bad(
        {
          Condition: {
            StringEquals: { 'kms:CallerAccount': '111122223333' },
            StringLike: { 'kms:CallerAccount': '4444*' },
          },
        },
        '/Condition',
        'kms:CallerAccount',
      ),
      bad(
        { Condition: { StringEquals: { 'kms:CallerAccount': '111122223333' }, Null: { 'kms:CallerAccount': 'true' } } },
        '/Condition',
      ),
      bad(when('StringEquals', 'kms:CallerAccount', '444455556666'), '/Condition', '"kms:CallerAccount"'),
    ],
    good: [
      good(
        when('StringEquals', 'kms:CallerAccount', '444455556666', {
          Effect: 'Deny',
          Principal: undefined,
          NotPrincipal: { AWS: ROLE },
        }),
      ),
      good(when('StringEquals', 'kms:CallerAccount', '444455556666', aws())),
      good({
        Condition: {
          StringEquals: { 'kms:CallerAccount': '111122223333' },
          StringLike: { 'kms:CallerAccount': '1111*' },
        },
      }),
      good({
        Condition: { StringEquals: { 'kms:CallerAccount': '111122223333', 'aws:SourceAccount': '444455556666' } },
      }),
      good({ ...aws('*'), ...when('StringEquals', 'kms:CallerAccount', '444455556666') }),
    ],
  },
  APPLIER_LOCKED_OUT: {
    bad: [
      { document: only(admin(ROLE)), at: '', names: APPLIER },
      { document: withRoot(denyPut({})), at: '' },
      { document: withRoot(denyPut({ Action: 'KMS:putkeypolicy', ...aws(ROOT) })), at: '' },
      { document: withRoot(denyPut({ Action: 'kms:P?tKeyPolicy', ...aws(APPLIER) })), at: '' },
      { document: withRoot(denyPut({ Action: undefined, NotAction: 'kms:Decrypt' })), at: '' },
      {
        document: withRoot(denyPut({ Action: 'kms:*Policy', ...when('ArnNotEquals', 'aws:PrincipalArn', ROLE) })),
        at: '',
      },
      {
        document: withRoot(denyPut({ ...when('StringNotEquals', 'kms:ViaService', 's3.us-west-2.amazonaws.com') })),
        at: '',
      },
      { document: withRoot(denyPut({ Principal: undefined, NotPrincipal: { AWS: [ROOT, ROLE] } })), at: '' },
      { document: only({ ...ROOT_STATEMENT, Action: 'kms:Decrypt' }, admin(ROLE)), at: '' },
      { document: only({ ...ROOT_STATEMENT, Principal: { AWS: `${OTHER}:root` } }), at: '' },
      { document: only({ ...ROOT_STATEMENT, ...when('Bool', 'aws:SecureTransport', 'false') }), at: '' },
    ],
    good: [
      { document: only(admin(APPLIER, ROLE)) },
      { document: only({ ...ROOT_STATEMENT, Action: '*' }) },
      { document: only({ ...ROOT_STATEMENT, Action: 'KMS:putkeypolicy' }) },
      { document: only({ ...ROOT_STATEMENT, Action: undefined, NotAction: 'kms:Decrypt' }) },
      {
        document: withRoot(
          denyPut(when('ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/Countersign*')),
        ),
      },
      { document: withRoot(denyPut(when('Bool', 'kms:BypassPolicyLockoutSafetyCheck', 'true'))) },
      { document: withRoot(denyPut({ Principal: undefined, NotPrincipal: { AWS: [ROOT, APPLIER] } })) },
      { document: withRoot(denyPut({ Action: 'kms:PutKeyPolic' })) },
      { document: only(admin(ROLE)), more: request({ bypass: true }) },
    ],
  },
  APPLIER_MAY_BE_LOCKED_OUT: {
    bad: [
      { document: withRoot(denyPut(when('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8'))), at: '', names: APPLIER },
      {
        document: withRoot(denyPut(when('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8'))),
        more: guardians({ known: { applier: {}, administrators: { 'aws:SourceIp': ['10.0.0.0/16'] } } }),
        at: '',
      },
      { document: withRoot(denyPut(when('DateGreaterThan', 'aws:CurrentTime', '2027-01-01T00:00:00Z'))), at: '' },
      { document: withRoot(denyPut(when('StringNotEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5'))), at: '' },
      { document: only({ ...ROOT_STATEMENT, ...when('Bool', 'aws:MultiFactorAuthPresent', 'true') }), at: '' },
      { document: withRoot(denyPut({ Principal: undefined, NotPrincipal: { AWS: [APPLIER] } })), at: '' },
      { document: withRoot(denyPut(aws('arn:aws:sts::111122223333:assumed-role/CountersignApplier/s'))), at: '' },
      { document: only(admin(ROLE)), more: request({ bypass: true }), at: '', names: 'could not call it any more' },
    ],
    good: [
      { document: only(admin(ROLE)) },
      {
        document: only(admin(ROLE)),
        more: {
          ...guardians({ applier: 'arn:aws:iam::444455556666:role/CountersignApplier' }),
          ...request({ bypass: true }),
        },
      },
      { document: withRoot(denyPut(when('StringNotEquals', 'aws:PrincipalAccount', '111122223333'))) },
      {
        document: withRoot(denyPut(when('StringNotEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5'))),
        more: guardians({ known: { applier: { 'aws:principalOrgID': ['o-a1b2c3d4e5'] }, administrators: {} } }),
      },
    ],
  },
  APPLIER_CANNOT_READ: {
    bad: [
      { document: only(allow({ Action: 'kms:PutKeyPolicy', ...aws(APPLIER, ROLE) })), at: '', names: APPLIER },
      { document: withRoot(denyPut({ Action: 'kms:Get*', ...aws(APPLIER) })), at: '' },
      {
        document: withRoot(
          denyPut({ Action: 'kms:GetKeyPolicy', ...when('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8') }),
        ),
        at: '',
      },
    ],
    good: [
      { document: only(admin(APPLIER, ROLE)) },
      { document: withRoot(denyPut({ Action: 'kms:GetKeyPolicy', ...aws(ROLE) })) },
      { document: only(admin(ROLE)), more: guardians({ applier: 'arn:aws:iam::444455556666:role/CountersignApply' }) },
    ],
  },
  BREAK_GLASS_LOCKED_OUT: {
    bad: [
      { document: only(admin(APPLIER, ROLE)), more: guardians({ breakGlass: [GLASS] }), at: '', names: GLASS },
      {
        document: withRoot(denyPut({ ...aws(GLASS), ...when('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8') })),
        more: guardians({ breakGlass: [GLASS] }),
        at: '',
      },
      { document: withRoot(), more: { ...guardians({ breakGlass: [GLASS] }), world: { missing: [GLASS] } }, at: '' },
    ],
    good: [
      { document: only(admin(APPLIER, GLASS)), more: guardians({ breakGlass: [GLASS] }) },
      { document: withRoot(denyPut(aws(ROLE))), more: guardians({ breakGlass: [GLASS] }) },
    ],
  },
  NOBODY_BUT_APPLIER: {
    bad: [
      { document: only(admin(APPLIER)), at: '', names: '111122223333' },
      { document: only(admin(APPLIER, 'AROADBQP57FF2AEXAMPLE')), at: '' },
      { document: only(admin(APPLIER, ROLE)), more: { world: { missing: [ROLE] } }, at: '' },
      { document: only(admin(APPLIER, 'arn:aws:sts::111122223333:assumed-role/ExampleRole/s')), at: '' },
      { document: only(admin(APPLIER, `${OTHER}:root`)), at: '' },
      { document: only(admin(APPLIER)), more: guardians({ breakGlass: [APPLIER] }), at: '' },
      {
        document: only(admin(APPLIER, `${OTHER}:role/x`)),
        more: guardians({ breakGlass: [`${OTHER}:role/x`] }),
        at: '',
      },
      { document: withRoot(denyPut(when('ArnNotEquals', 'aws:PrincipalArn', APPLIER))), at: '' },
    ],
    good: [
      { document: only(admin(APPLIER, ROLE)) },
      { document: only(admin(APPLIER, 'arn:aws:iam::111122223333:user/Alice')) },
      { document: withRoot(denyPut(when('ArnNotEquals', 'aws:PrincipalArn', [APPLIER, ROLE]))) },
      {
        document: withRoot(
          denyPut(when('ArnNotLike', 'aws:PrincipalArn', [APPLIER, 'arn:aws:iam::111122223333:role/Adm*'])),
        ),
      },
      { document: withRoot() },
    ],
  },
  ADMINISTRATORS_CONDITIONAL: {
    bad: [
      {
        document: only(
          admin(APPLIER),
          allow({ Action: 'kms:PutKeyPolicy', ...when('Bool', 'aws:MultiFactorAuthPresent', 'true') }),
        ),
        at: '',
      },
      {
        document: only(admin(APPLIER, ROLE), denyPut(when('NotIpAddress', 'aws:SourceIp', '203.0.113.0/24'))),
        at: '',
      },
    ],
    good: [
      { document: only(admin(APPLIER)) },
      { document: only(admin(APPLIER, ROLE)) },
      {
        document: only(
          admin(APPLIER),
          allow({ Action: 'kms:PutKeyPolicy', ...aws(ROOT), ...when('Bool', 'aws:MultiFactorAuthPresent', 'true') }),
          admin(ROLE),
        ),
      },
    ],
  },
  NO_ACCOUNT_ROOT: {
    bad: [
      { document: only(admin(APPLIER, ROLE)), at: '', names: ROOT },
      { document: only({ ...ROOT_STATEMENT, ...when('Bool', 'aws:SecureTransport', 'true') }), at: '' },
      { document: only({ ...ROOT_STATEMENT, Action: 'kms:Describe*' }), at: '' },
      { document: only({ ...ROOT_STATEMENT, Principal: { Federated: ROOT } }), at: '' },
      { document: only(admin(APPLIER, ROLE), denyPut(aws(ROOT))), at: '' },
    ],
    good: [
      { document: only({ ...ROOT_STATEMENT, ...aws(ROLE, ROOT) }) },

      { document: only({ ...ROOT_STATEMENT, Principal: { AWS: '111122223333' }, Action: 'kms:Put*' }) },
      { document: only({ ...ROOT_STATEMENT, Principal: '*' }) },
    ],
  },
  APPLIER_MAY_USE_KEY: {
    bad: [
      bad(aws(ROLE, APPLIER), '/Principal/AWS/1', 'kms:Decrypt'),
      bad({ ...aws(APPLIER), Action: 'kms:*' }, '/Principal/AWS/0'),
      bad({ Principal: { Service: APPLIER, AWS: APPLIER } }, '/Principal/AWS'),
      bad(when('Bool', 'aws:SecureTransport', 'true', aws(APPLIER)), '/Principal/AWS/0'),
      bad(aws('arn:aws:sts::111122223333:assumed-role/CountersignApplier/s'), '/Principal/AWS/0'),
    ],
    good: [
      good({ ...aws(APPLIER), Action: ['kms:PutKeyPolicy', 'kms:DescribeKey', 'kms:Create*', 'kms:Sign'] }),
      good({ ...aws(APPLIER), Effect: 'Deny' }),
      good(aws(`${APPLIER}2`)),
      { document: withRoot(allow(aws(APPLIER)), allow({ Sid: 'no', Effect: 'Deny', Principal: '*' })) },
    ],
  },
  APPLIER_MAY_CREATE_GRANTS: {
    bad: [
      bad({ ...aws(APPLIER), Action: 'kms:Create*' }, '/Principal/AWS/0'),
      bad(
        when('Bool', 'kms:GrantIsForAWSResource', 'false', { ...aws(APPLIER), Action: 'kms:CreateGrant' }),
        '/Principal/AWS/0',
      ),
    ],
    good: [
      good({ ...aws(APPLIER), Action: ['kms:PutKeyPolicy', 'kms:CreateAlias'] }),
      good(when('Bool', 'kms:GrantIsForAWSResource', 'true', { ...aws(APPLIER), Action: 'kms:CreateGrant' })),
      good({ ...aws(ROLE), Action: 'kms:CreateGrant' }),
    ],
  },
  APPLIER_AMONG_EVERYONE: {
    bad: [
      bad(
        { ...when('StringEquals', 'kms:CallerAccount', '111122223333'), Principal: '*' },
        '/Principal',
        'has kms:Decrypt too',
      ),
      bad({ ...aws(ROLE, '*'), Action: 'kms:CreateGrant' }, '/Principal/AWS/1', 'has kms:CreateGrant too'),
      bad(aws(SESSION, '*'), '/Principal/AWS/1', 'has kms:Decrypt too'),
      bad({ Principal: { Service: '*', AWS: '*' } }, '/Principal/AWS', 'has kms:Decrypt too'),
      bad({ ...when('StringEquel', 'aws:PrincipalArn', ROLE), Principal: '*' }, '/Principal', 'may have'),
      bad(
        {
          ...when('ArnLike', 'aws:PrincipalArn', `arn:aws:iam::111122223333:role/\${aws:PrincipalTag/team}*`),
          Principal: '*',
        },
        '/Principal',
        'may have',
      ),
      {
        document: withRoot(
          allow({ Principal: '*', Action: ['kms:Decrypt', 'kms:CreateGrant'] }),
          denyPut({ Action: 'kms:Decrypt', ...when('NotIpAddress', 'aws:SourceIp', '203.0.113.0/24') }),
        ),
        at: at('/Principal'),
        names: 'has kms:CreateGrant and kms:Decrypt too',
      },
      bad({ ...when('StringEquals', 'aws:PrincipalTag/team', 'red'), Principal: '*' }, '/Principal', 'may have'),
    ],
    good: [
      good({ ...when('StringEquals', 'kms:CallerAccount', '444455556666'), Principal: '*' }),
      good({ ...when('StringEquals', 'kms:ViaService', 's3.us-west-2.amazonaws.com'), Principal: '*' }),
      good({ ...when('ArnNotEquals', 'aws:PrincipalArn', APPLIER), Principal: '*' }),
      good({ ...when('ArnEquals', 'aws:PrincipalArn', APPLIER), Principal: '*' }),
      good({ Principal: '*', Action: ['kms:DescribeKey', 'kms:Sign'] }),
      {
        document: withRoot(
          allow({ Principal: '*' }),
          allow({ Sid: 'no', Effect: 'Deny', Principal: '*', ...when('ArnEquals', 'aws:PrincipalArn', APPLIER) }),
        ),
      },
    ],
  },
};
