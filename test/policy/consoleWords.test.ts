import { expect, test } from 'vitest';
import { copyPolicy } from '../../lib/policy/console/copy.ts';
import { applyEdits } from '../../lib/policy/console/edit.ts';
import type { Edit, EditOp, Finding, Key } from '../../lib/policy/types.ts';
import { ADMIN, ANA, APP, EXTERNAL, FOREIGN, KEYS, keyOf, ROOT } from './keyOf.ts';

type Element = Record<string, unknown>;
const KEM = keyOf({ spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE' });
const textOf = (...statements: Element[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (more: Element): Element => ({
  Sid: 'Mine',
  Effect: 'Allow',
  Principal: { AWS: APP },
  Action: 'kms:DescribeKey',
  Resource: '*',
  ...more,
});
const kms = (names: string): string[] => names.split(' ').map((name) => `kms:${name}`);
const users = (more: Element = {}) =>
  allow({
    Sid: 'Allow use of the key',
    Action: kms('Encrypt Decrypt ReEncrypt* GenerateDataKey* DescribeKey'),
    ...more,
  });

const START = textOf(allow({ Sid: 'Enable IAM User Permissions', Principal: { AWS: ROOT }, Action: 'kms:*' }));
const EDITS: [EditOp, string | undefined, text?: string, Key?][] = [
  ['addUser', undefined],
  ['allowDeletion', ADMIN],
  ['addUser', 'arn:aws:iam::111122223333:group/Developers'],
  ['addUser', '*'],
  ['addUser', FOREIGN],
  ['addAdministrator', FOREIGN],
  ['addAdministrator', EXTERNAL],
  ['addAdministrator', ROOT],
  ['addUser', 'arn:aws:sts::111122223333:assumed-role/App/x'],
  ['addUser', 'AIDACKCEVSQ6C2EXAMPLE'],
  ['addUser', 'arn:aws-cn:iam::111122223333:role/App'],
  ['addUser', 'App'],
  ['addUser', 'App', START, { ...KEYS.mac, arn: KEYS.mac.arn.replace('aws', 'aws-us-gov') }],
  ['addExternalAccount', '111122223333'],
  ['addExternalAccount', FOREIGN],
  ['addExternalAccount', '44445555666'],
  ['addExternalAccount', 'arn:aws-cn:iam::444455556666:root'],
  ['removeUser', EXTERNAL],
  ['removeUser', '444455556666777', textOf(users())],
  ['removeUser', ANA],
  ['removeUser', ANA, textOf(users())],
  ['addUser', APP, textOf(users())],
  [
    'addUser',
    'arn:aws:iam::111122223333:role/a..b',
    textOf(users({ Principal: { AWS: 'arn:aws:iam::111122223333:role/a..b' } })),
  ],
  ['addUser', ANA, textOf(users(), users())],
  ['addUser', ANA, textOf(users({ Principal: '*' }))],
  ['addUser', ANA, textOf(users({ Principal: { AWS: [APP, 'arn:aws:iam::111122223333:role/*'] } }))],
  ['addUser', ANA, textOf(users({ Action: 'kms:Decrypt' }))],
  ['removeUser', APP, textOf(users())],
  ['addUser', APP, '{"Version":"2012-10-17"}'],
  ['addUser', APP, START, KEM],
  ['preventDeletion', undefined],
];

const OTHER_ID = '99998888-7777-6666-5555-444433332222';
const OTHER = keyOf({ accountId: '999900001111', region: 'eu-west-1', keyId: OTHER_ID, aliases: [] });
const CHINA = { ...OTHER, arn: OTHER.arn.replace('aws:kms:eu-west-1', 'aws-cn:kms:cn-north-1'), region: 'cn-north-1' };
const compared = (key: string, value: unknown) => allow({ Condition: { StringLike: { [key]: value } } });
const COPIES: [Element, to: Key, from?: Key][] = [
  [allow({}), OTHER, keyOf({ manager: 'AWS', aliases: ['alias/aws/s3'] })],
  [allow({}), OTHER],
  [allow({ Resource: keyOf().arn }), OTHER],
  [allow({ Principal: { AWS: '999900001111' } }), OTHER],
  [allow({ Principal: { AWS: EXTERNAL } }), CHINA],
  [compared('kms:CallerAccount', 111122223333), OTHER],
  [compared('kms:EncryptionContext:tenant', '111122223333'), OTHER],
  [compared('kms:ReplicaRegion', 'us-east-1'), OTHER],
  [compared('aws:userid', 'AROACKCEVSQ6C2EXAMPLE:*'), OTHER],
  [compared('aws:SourceArn', 'arn:aws:sns:us-east-1:444455556666:topic'), OTHER],
  [compared('aws:SourceArn', 'arn:aws:kms:us-east-1:111122223333:key/else'), OTHER],
  [compared('kms:RequestAlias', 'alias/payments'), OTHER],
  [compared('kms:KeySpec', 'SYMMETRIC_DEFAULT'), KEYS.mac],
  [allow({ Action: kms('Decrypt GenerateDataKey ReEncryptFrom') }), KEYS.rsaEncryption],
  [allow({ Action: kms('Encrypt Decrypt DescribeKey') }), KEYS.signing],
  [allow({ Effect: 'Deny', Action: kms('Encrypt Decrypt') }), KEYS.mac],
  [allow({ Action: kms('Decrypt') }), KEM],
  [users(), KEYS.mac],
];

const lineOf = ({ severity, code, aws, path, message, fix }: Finding): string =>
  `  ${severity} ${code}${aws ? ` (${aws})` : ''} at "${path}": ${message}${fix ? ` | ${fix}` : ''}`;

// Each sentence, read and found true; `-u` writes the page anew.
test('what is said of an edit that is refused, and of a copy', async () => {
  const edits = EDITS.map(([op, principal, text = START, key = keyOf()]) => {
    const edit: Edit = { op, ...(principal !== undefined && { principal }) };
    const result = applyEdits(text, [edit], key);
    return [JSON.stringify(edit), ...(result.ok ? ['  done'] : result.findings.map(lineOf))];
  });
  const copies = COPIES.map(([statement, to, from = keyOf()]) => [
    `${JSON.stringify(statement)} for a ${to.spec} key in ${to.accountId}, ${to.region}`,
    ...copyPolicy(textOf(statement), from, to).findings.map(lineOf),
  ]);
  const path = new URL('../vectors/told/console.txt', import.meta.url).pathname;
  await expect(`${[...edits, ...copies].map((lines) => lines.join('\n')).join('\n')}\n`).toMatchFileSnapshot(path);
});
