import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyPolicy } from '../../lib/policy/console/copy.ts';
import { readDefaultView } from '../../lib/policy/console/defaultView.ts';
import { applyEdits } from '../../lib/policy/console/edit.ts';
import { canonicalForm } from '../../lib/policy/document/canonical.ts';
import type { Finding, Key } from '../../lib/policy/types.ts';
import { policyOf, policyValue } from './arbitrary.ts';
import { ADMIN, APP, EXTERNAL, KEYS, keyOf, ROOT } from './keyOf.ts';

type Element = Record<string, unknown>;
const FROM = keyOf();
const KEY_ID = '99998888-7777-6666-5555-444433332222';
/** The target in another account, in another Region, and a neighbour of the source. */
const OTHER = keyOf({ accountId: '999900001111', region: 'eu-west-1', keyId: KEY_ID, aliases: ['alias/ledger'] });
const ABROAD = keyOf({ region: 'eu-west-1', keyId: KEY_ID, aliases: ['alias/ledger'] });
const BESIDE = keyOf({ keyId: KEY_ID, aliases: ['alias/ledger'] });
const NEXT_DOOR = keyOf({ accountId: '999900001111', keyId: KEY_ID });
const CHINA = keyOf({
  arn: `arn:aws-cn:kms:cn-north-1:999900001111:key/${KEY_ID}`,
  accountId: '999900001111',
  region: 'cn-north-1',
  keyId: KEY_ID,
});

const textOf = (...statements: Element[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (more: Element): Element => ({
  Effect: 'Allow',
  Principal: { AWS: APP },
  Action: 'kms:DescribeKey',
  Resource: '*',
  ...more,
});
function copied(text: string, to: Key, from: Key = FROM): { text: string; findings: Finding[] } {
  const result = copyPolicy(text, from, to);
  if (!result.ok) throw new Error(result.findings.map(({ code, message }) => `${code} ${message}`).join('\n'));
  return result;
}
function refused(text: string, to: Key, from: Key = FROM): Finding[] {
  const result = copyPolicy(text, from, to);
  if (result.ok) throw new Error(`not refused: ${result.text}`);
  return result.findings;
}
/** What becomes of one value of a Condition, and the codes of the findings about it. */
function condition(key: string, value: unknown, to: Key, from: Key = FROM): [unknown, string[]] {
  const { text, findings } = copied(textOf(allow({ Condition: { StringLike: { [key]: value } } })), to, from);
  const about = findings.filter(({ path }) => path.startsWith('/Statement/0/Condition'));
  return [JSON.parse(text).Statement[0].Condition.StringLike[key], about.map(({ code }) => code)];
}
function principal(type: string, id: string, to: Key): [unknown, string[]] {
  const { text, findings } = copied(textOf(allow({ Principal: { [type]: id } })), to);
  return [JSON.parse(text).Statement[0].Principal[type], findings.map(({ code }) => code)];
}
const actionsFor = (statement: Element, to: Key, from: Key = FROM): [unknown, string[]] => {
  const { text, findings } = copied(textOf(statement), to, from);
  return [JSON.parse(text).Statement[0].Action, findings.map(({ code }) => code)];
};
const consolePolicy = (key: Key): string => {
  const account = {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: { AWS: ROOT },
    Action: 'kms:*',
    Resource: '*',
  };
  const result = applyEdits(
    textOf(account),
    [
      { op: 'addAdministrator', principal: ADMIN },
      { op: 'allowDeletion' },
      { op: 'addUser', principal: APP },
      { op: 'addExternalAccount', principal: EXTERNAL },
    ],
    key,
  );
  if (!result.ok) throw new Error(result.findings[0]?.message);
  return result.text;
};

it('is refused of a key that AWS manages', () => {
  const managed = keyOf({ manager: 'AWS', aliases: ['alias/aws/s3'] });
  const findings = refused(textOf(allow({})), BESIDE, managed);
  expect(findings).toMatchObject([{ code: 'COPY_FROM_AWS_MANAGED', severity: 'error', path: '' }]);
  expect(findings[0]?.message).toContain('alias/aws/s3');
  expect(findings[0]?.fix).toMatch(/customer managed key/);
});

describe('a console policy', () => {
  const usages = Object.entries(KEYS);
  const pairs = usages.flatMap(([a, from]) => usages.map(([b, to]) => [a, b, from, to] as const));
  it.each(pairs)('of a %s key is the console policy of a %s key', (_a, _b, from, to) => {
    const target = {
      ...to,
      accountId: '999900001111',
      region: 'eu-west-1',
      arn: `arn:aws:kms:eu-west-1:999900001111:key/${KEY_ID}`,
    };
    const { text, findings } = copied(consolePolicy(from), target, from);
    expect(readDefaultView(policyOf(text), target)).toEqual({
      supported: true,
      administrators: ['arn:aws:iam::999900001111:role/Admin'],
      administratorsMayDelete: true,
      users: ['arn:aws:iam::999900001111:role/service-role/App'],
      externalAccounts: ['444455556666'],
    });
    expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['info']));
  });
  it('gets the actions of imported material and multi-Region keys, and loses them', () => {
    const administration = (text: string) => JSON.parse(text).Statement[1].Action;
    expect(administration(copied(consolePolicy(KEYS.symmetric), KEYS.imported).text)).toContain(
      'kms:ImportKeyMaterial',
    );
    const there = copied(consolePolicy(KEYS.symmetric), KEYS.multiRegion);
    expect(administration(there.text)).toEqual(expect.arrayContaining(['kms:ReplicateKey', 'kms:UpdatePrimaryRegion']));
    expect(there.findings).toMatchObject([{ code: 'COPY_ACTIONS', severity: 'info', path: '/Statement/1/Action' }]);
    expect(there.findings[0]?.message).toMatch(/ENCRYPT_DECRYPT: with kms:ReplicateKey, kms:UpdatePrimaryRegion\.$/);
    expect(copied(there.text, FROM, KEYS.multiRegion).findings[0]?.message).toMatch(
      /ENCRYPT_DECRYPT: without kms:ReplicateKey, kms:UpdatePrimaryRegion\.$/,
    );
    expect(copied(there.text, KEYS.symmetric, KEYS.multiRegion).text).toBe(consolePolicy(KEYS.symmetric));
    expect(administration(copied(consolePolicy(KEYS.symmetric), KEYS.mac).text)).not.toContain('kms:RotateKeyOnDemand');
    const imported = copied(consolePolicy(KEYS.symmetric), { ...KEYS.mac, origin: 'EXTERNAL' });
    expect(imported.findings[0]?.message).toMatch(/: without kms:RotateKeyOnDemand, with kms:ImportKeyMaterial\.$/);
  });
  it('has its administrators changed only as far as the console wrote them', () => {
    const [, administrators] = JSON.parse(consolePolicy(FROM)).Statement;
    for (const statement of [
      { ...administrators, Sid: 'Mine' },
      { ...administrators, Action: [...administrators.Action, 'kms:Decrypt'] },
    ]) {
      expect(actionsFor(statement, KEYS.multiRegion)).toEqual([statement.Action, []]);
    }
  });
  it('loses the statement for grants on the way to an HMAC key, as console edits add none there', () => {
    const sids = (text: string) => policyOf(text).statements.map(({ sid }) => sid);
    const grants = 'Allow attachment of persistent resources';
    const there = copied(consolePolicy(FROM), KEYS.mac);
    expect(sids(consolePolicy(FROM))).toContain(grants);
    expect(sids(there.text)).toEqual(sids(consolePolicy(FROM)).filter((sid) => sid !== grants));
    expect(there.findings.filter(({ code }) => code === 'COPY_GRANTS_LEFT_OUT')).toMatchObject([
      { severity: 'info', path: '/Statement/3', message: expect.stringContaining('HMAC') },
    ]);
    const wider = consolePolicy(FROM).replace('"kms:RevokeGrant"', '"kms:RevokeGrant","kms:RetireGrant"');
    expect(sids(copied(wider, KEYS.mac).text)).toContain(grants);
    const alone = JSON.stringify({ Version: '2012-10-17', Statement: [JSON.parse(consolePolicy(FROM)).Statement[3]] });
    expect(sids(copied(alone, KEYS.mac).text)).toEqual([grants]);
    expect(sids(copied(consolePolicy(FROM), KEYS.signing).text)).toContain(grants);
  });
  it('is unchanged for a key of the same kind beside it', () => {
    expect(copied(consolePolicy(FROM), BESIDE)).toEqual({ ok: true, text: consolePolicy(FROM), findings: [] });
  });
});

describe('principals', () => {
  it.each<[string, string, Key, string, string[]]>([
    ['AWS', ROOT, OTHER, 'arn:aws:iam::999900001111:root', ['COPY_ACCOUNT']],
    ['AWS', '111122223333', OTHER, '999900001111', ['COPY_ACCOUNT']],
    ['AWS', APP, OTHER, 'arn:aws:iam::999900001111:role/service-role/App', ['COPY_ACCOUNT']],
    [
      'AWS',
      'arn:aws:sts::111122223333:assumed-role/App/x',
      OTHER,
      'arn:aws:sts::999900001111:assumed-role/App/x',
      ['COPY_ACCOUNT'],
    ],
    ['AWS', EXTERNAL, OTHER, EXTERNAL, []],
    ['AWS', '444455556666', OTHER, '444455556666', []],
    ['AWS', '*', OTHER, '*', []],
    ['AWS', APP, ABROAD, APP, []],
    [
      'AWS',
      'arn:aws:iam::111122223333:role/app.us-east-1',
      ABROAD,
      'arn:aws:iam::111122223333:role/app.us-east-1',
      ['COPY_REGION_KEPT'],
    ],
    ['AWS', 'urn:aws:iam::111122223333:role/x', OTHER, 'urn:aws:iam::111122223333:role/x', ['COPY_ACCOUNT_KEPT']],
    ['AWS', APP, CHINA, 'arn:aws-cn:iam::999900001111:role/service-role/App', ['COPY_ACCOUNT']],
    [
      'AWS',
      'arn:aws:iam::111122223333:role/x-111122223333',
      OTHER,
      'arn:aws:iam::999900001111:role/x-111122223333',
      ['COPY_ACCOUNT', 'COPY_ACCOUNT_KEPT'],
    ],
    [
      'AWS',
      'arn:aws:iam::999900001111:role/Theirs',
      OTHER,
      'arn:aws:iam::999900001111:role/Theirs',
      ['COPY_TARGET_WAS_EXTERNAL'],
    ],
    ['AWS', '999900001111', OTHER, '999900001111', ['COPY_TARGET_WAS_EXTERNAL']],
    [
      'AWS',
      'arn:aws:iam::999900001111:role/x-999900001111',
      OTHER,
      'arn:aws:iam::999900001111:role/x-999900001111',
      ['COPY_TARGET_WAS_EXTERNAL'],
    ],
    [
      'Federated',
      'arn:aws:iam::111122223333:saml-provider/X',
      OTHER,
      'arn:aws:iam::999900001111:saml-provider/X',
      ['COPY_ACCOUNT'],
    ],
    ['Federated', 'cognito-identity.amazonaws.com', OTHER, 'cognito-identity.amazonaws.com', []],
    ['Service', 'logs.us-east-1.amazonaws.com', OTHER, 'logs.eu-west-1.amazonaws.com', ['COPY_REGION']],
    ['Service', 'logs.us-west-2.amazonaws.com', OTHER, 'logs.us-west-2.amazonaws.com', []],
    ['Service', 'logs.us-east-1.amazonaws.com', BESIDE, 'logs.us-east-1.amazonaws.com', []],
    ['Service', 'cloudtrail.amazonaws.com', OTHER, 'cloudtrail.amazonaws.com', []],
    ['CanonicalUser', '111122223333', OTHER, '111122223333', []],
  ])('%s %s', (type, id, to, expected, codes) => {
    expect(principal(type, id, to)).toEqual([expected, codes]);
  });
  it('are said with their place, and that they must exist', () => {
    expect(copied(textOf(allow({ Principal: { AWS: [EXTERNAL, APP] } })), OTHER).findings).toEqual([
      {
        code: 'COPY_ACCOUNT',
        severity: 'info',
        message: `${APP} is now arn:aws:iam::999900001111:role/service-role/App.`,
        path: '/Statement/0/Principal/AWS/1',
        fix: 'Make sure that it exists in account 999900001111.',
      },
    ]);
    expect(copied(textOf(allow({ Principal: { AWS: ROOT } })), OTHER).findings[0]).not.toHaveProperty('fix');
    const pattern = { StringLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/app-*' } };
    const [finding] = copied(textOf(allow({ Principal: '*', Condition: pattern })), OTHER).findings;
    expect(finding?.code).toBe('COPY_ACCOUNT');
    expect(finding).not.toHaveProperty('fix');
  });
  it('behind NotPrincipal are put right too, and a Deny of the target is no doubt', () => {
    const { text } = copied(
      textOf({ Effect: 'Deny', NotPrincipal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' }),
      OTHER,
    );
    expect(JSON.parse(text).Statement[0].NotPrincipal.AWS).toBe('arn:aws:iam::999900001111:root');
    expect(copied(textOf(allow({ Effect: 'Deny', Principal: { AWS: '999900001111' } })), OTHER).findings).toEqual([]);
  });
  it('of an external account cannot cross into another partition', () => {
    const findings = refused(textOf(allow({ Principal: { AWS: [EXTERNAL, APP] } })), CHINA);
    expect(findings.filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: 'COPY_PARTITION_FOREIGN', path: '/Statement/0/Principal/AWS/0', fix: expect.any(String) },
    ]);
  });
});

describe('conditions', () => {
  it.each<[string, unknown, Key, unknown, string[]]>([
    ['kms:CallerAccount', '111122223333', OTHER, '999900001111', ['COPY_ACCOUNT']],
    ['KMS:calleraccount', ['111122223333', '444455556666'], OTHER, ['999900001111', '444455556666'], ['COPY_ACCOUNT']],
    ['kms:CallerAccount', 111122223333, OTHER, '999900001111', ['COPY_ACCOUNT']],
    ['aws:SourceAccount', '111122223333', OTHER, '999900001111', ['COPY_ACCOUNT']],
    ['aws:PrincipalAccount', '111122223333', OTHER, '999900001111', ['COPY_ACCOUNT']],
    ['aws:PrincipalAccount', '111122223333', ABROAD, '111122223333', []],
    ['aws:ResourceAccount', '111122223333', OTHER, '999900001111', ['COPY_ACCOUNT']],
    ['aws:SourceOwner', '111122223333', OTHER, '999900001111', ['COPY_ACCOUNT']],
    ['kms:EncryptionContext:tenant', '111122223333', OTHER, '111122223333', ['COPY_ACCOUNT_KEPT']],
    ['kms:EncryptionContext:tenant', '1111222233334', OTHER, '1111222233334', []],
    ['kms:ViaService', 's3.us-east-1.amazonaws.com', ABROAD, 's3.eu-west-1.amazonaws.com', ['COPY_REGION']],
    ['kms:ViaService', '*.us-east-1.amazonaws.com', ABROAD, '*.eu-west-1.amazonaws.com', ['COPY_REGION']],
    ['kms:ViaService', 's3.*.amazonaws.com', ABROAD, 's3.*.amazonaws.com', []],
    ['aws:PrincipalServiceName', 'x.us-east-1.amazonaws.com', ABROAD, 'x.eu-west-1.amazonaws.com', ['COPY_REGION']],
    [
      'aws:PrincipalServiceNamesList',
      'x.us-east-1.amazonaws.com',
      ABROAD,
      'x.eu-west-1.amazonaws.com',
      ['COPY_REGION'],
    ],
    ['kms:RetiringServicePrincipal', 'x.us-east-1.amazonaws.com', ABROAD, 'x.eu-west-1.amazonaws.com', ['COPY_REGION']],
    ['kms:GranteeServicePrincipal', 'x.us-east-1.amazonaws.com', ABROAD, 'x.eu-west-1.amazonaws.com', ['COPY_REGION']],
    ['aws:RequestedRegion', 'us-east-1', ABROAD, 'eu-west-1', ['COPY_REGION']],
    [
      'aws:SourceArn',
      'arn:aws:kms:us-east-1:111122223333:key/else',
      ABROAD,
      'arn:aws:kms:us-east-1:111122223333:key/else',
      ['COPY_KEY_KEPT'],
    ],
    ['kms:ReplicaRegion', 'us-east-1', ABROAD, 'us-east-1', ['COPY_REGION_KEPT']],
    ['kms:ReplicaRegion', 'us-east-1', NEXT_DOOR, 'us-east-1', []],
    ['aws:RequestedRegion', 'eu-central-1', ABROAD, 'eu-central-1', []],
    ['kms:ReplicaRegion', 'eu-central-1', ABROAD, 'eu-central-1', []],
    [
      'aws:PrincipalArn',
      'arn:aws:iam::111122223333:role/*',
      OTHER,
      'arn:aws:iam::999900001111:role/*',
      ['COPY_ACCOUNT'],
    ],
    [
      'aws:SourceArn',
      'arn:aws:logs:us-east-1:111122223333:*',
      OTHER,
      'arn:aws:logs:eu-west-1:999900001111:*',
      ['COPY_ACCOUNT'],
    ],
    [
      'aws:SourceArn',
      'arn:aws:logs:us-east-1:111122223333:*',
      ABROAD,
      'arn:aws:logs:eu-west-1:111122223333:*',
      ['COPY_REGION'],
    ],
    ['aws:SourceArn', 'arn:aws:logs:us-east-1:*:*', ABROAD, 'arn:aws:logs:eu-west-1:*:*', ['COPY_REGION']],
    [
      'aws:SourceArn',
      'arn:aws:logs:us-east-1:444455556666:*',
      OTHER,
      'arn:aws:logs:us-east-1:444455556666:*',
      ['COPY_REGION_KEPT'],
    ],
    ['aws:SourceArn', 'arn:aws:logs:us-east-1:444455556666:*', NEXT_DOOR, 'arn:aws:logs:us-east-1:444455556666:*', []],
    [
      'aws:SourceArn',
      'arn:aws:logs:us-east-1:111122223333:log-group:app:*',
      OTHER,
      'arn:aws:logs:eu-west-1:999900001111:log-group:app:*',
      ['COPY_ACCOUNT'],
    ],
    ['aws:PrincipalArn', 'arn:*:iam::111122223333:role/a', CHINA, 'arn:*:iam::999900001111:role/a', ['COPY_ACCOUNT']],
    ['aws:PrincipalArn', 'arn:*:iam::444455556666:role/a', OTHER, 'arn:*:iam::444455556666:role/a', []],
    [
      'kms:EncryptionContext:policy',
      'arn:aws:iam::aws:policy/ReadOnlyAccess',
      CHINA,
      'arn:aws-cn:iam::aws:policy/ReadOnlyAccess',
      ['COPY_PARTITION'],
    ],
    ['aws:SourceArn', 'arn:aws:logs:us-west-2:444455556666:*', OTHER, 'arn:aws:logs:us-west-2:444455556666:*', []],
    ['aws:SourceArn', 'arn:aws:s3:::logs', CHINA, 'arn:aws-cn:s3:::logs', ['COPY_PARTITION']],
    [
      'kms:EncryptionContext:aws:s3:arn',
      'arn:aws:s3:::logs-111122223333',
      OTHER,
      'arn:aws:s3:::logs-111122223333',
      ['COPY_ACCOUNT_KEPT'],
    ],
    ['kms:EncryptionContext:aws:s3:arn', 'arn:aws:s3:::logs-us-east-1', OTHER, 'arn:aws:s3:::logs-us-east-1', []],
    ['kms:EncryptionContext:key', FROM.keyId, BESIDE, KEY_ID, ['COPY_KEY']],
    ['kms:EncryptionContext:key', FROM.arn, OTHER, OTHER.arn, ['COPY_KEY']],
    ['kms:EncryptionContext:key', FROM.arn, CHINA, CHINA.arn, ['COPY_KEY']],
    [
      'kms:EncryptionContext:key',
      `arn:aws:kms:*:*:key/${FROM.keyId}`,
      BESIDE,
      `arn:aws:kms:*:*:key/${KEY_ID}`,
      ['COPY_KEY'],
    ],
    [
      'aws:SourceArn',
      'arn:aws:kms:us-east-1:111122223333:key/*',
      OTHER,
      'arn:aws:kms:eu-west-1:999900001111:key/*',
      ['COPY_ACCOUNT'],
    ],
    [
      'aws:SourceArn',
      'arn:aws:kms:us-east-1:111122223333:key/*',
      ABROAD,
      'arn:aws:kms:eu-west-1:111122223333:key/*',
      ['COPY_REGION'],
    ],
    [
      'aws:SourceArn',
      'arn:aws:kms:us-east-1:111122223333:key/else',
      OTHER,
      'arn:aws:kms:us-east-1:111122223333:key/else',
      ['COPY_KEY_KEPT'],
    ],
    [
      'aws:SourceArn',
      'arn:aws:kms:us-east-1:111122223333:key/else',
      NEXT_DOOR,
      'arn:aws:kms:us-east-1:111122223333:key/else',
      ['COPY_KEY_KEPT'],
    ],
    [
      'aws:SourceArn',
      'arn:aws:kms:us-east-1:444455556666:key/theirs',
      OTHER,
      'arn:aws:kms:us-east-1:444455556666:key/theirs',
      ['COPY_REGION_KEPT'],
    ],
    [
      'aws:SourceArn',
      'arn:aws:kms:us-east-1:111122223333:key/mrk-*',
      OTHER,
      'arn:aws:kms:eu-west-1:999900001111:key/mrk-*',
      ['COPY_ACCOUNT'],
    ],
    ['aws:SourceArn', 'arn:aws:kms:us-east-1:*:key/*', OTHER, 'arn:aws:kms:eu-west-1:*:key/*', ['COPY_REGION']],
    [
      'aws:SourceArn',
      'arn:aws:kms:us-east-1:111122223333:key/else',
      BESIDE,
      'arn:aws:kms:us-east-1:111122223333:key/else',
      [],
    ],
    [
      'aws:SourceArn',
      'arn:aws:kms:us-east-1:111122223333:alias/payments',
      OTHER,
      'arn:aws:kms:eu-west-1:999900001111:alias/ledger',
      ['COPY_ALIAS'],
    ],
    [
      'aws:SourceArn',
      'arn:aws:kms:us-east-1:111122223333:alias/else',
      OTHER,
      'arn:aws:kms:eu-west-1:999900001111:alias/else',
      ['COPY_ACCOUNT'],
    ],
    [
      'aws:SourceArn',
      'arn:aws:kms:us-east-1:111122223333:alias/else',
      ABROAD,
      'arn:aws:kms:eu-west-1:111122223333:alias/else',
      ['COPY_REGION'],
    ],
    ['kms:RequestAlias', 'alias/payments', BESIDE, 'alias/ledger', ['COPY_ALIAS']],
    ['kms:EncryptionContext:path', 'alias/payments', BESIDE, 'alias/payments', []],
    ['kms:RequestAlias', 'alias/else', BESIDE, 'alias/else', []],
    [
      'kms:RequestAlias',
      'alias/payments',
      keyOf({ keyId: KEY_ID, aliases: ['alias/a', 'alias/payments'] }),
      'alias/payments',
      [],
    ],
    ['kms:KeySpec', 'SYMMETRIC_DEFAULT', KEYS.mac, 'SYMMETRIC_DEFAULT', ['COPY_KEY_FACT_KEPT']],
    ['kms:CustomerMasterKeySpec', 'SYMMETRIC_DEFAULT', KEYS.mac, 'SYMMETRIC_DEFAULT', ['COPY_KEY_FACT_KEPT']],
    ['kms:KeyUsage', 'ENCRYPT_DECRYPT', KEYS.mac, 'ENCRYPT_DECRYPT', ['COPY_KEY_FACT_KEPT']],
    ['kms:CustomerMasterKeyUsage', 'ENCRYPT_DECRYPT', KEYS.mac, 'ENCRYPT_DECRYPT', ['COPY_KEY_FACT_KEPT']],
    ['kms:KeyOrigin', 'AWS_KMS', KEYS.imported, 'AWS_KMS', ['COPY_KEY_FACT_KEPT']],
    ['kms:KeySpec', 'SYMMETRIC_DEFAULT', BESIDE, 'SYMMETRIC_DEFAULT', []],
    ['kms:KeySpec', 'HMAC_256', KEYS.mac, 'HMAC_256', []],
    ['kms:MultiRegion', false, KEYS.multiRegion, false, ['COPY_KEY_FACT_KEPT']],
    ['aws:userid', 'AROACKCEVSQ6C2EXAMPLE:*', OTHER, 'AROACKCEVSQ6C2EXAMPLE:*', ['COPY_ACCOUNT_KEPT']],
    ['kms:EncryptionContext:name', 'BAROACKCEVSQ6C2EXAMPLE', OTHER, 'BAROACKCEVSQ6C2EXAMPLE', []],
    ['kms:EncryptionContext:name', 'AIDA', OTHER, 'AIDA', []],
    ['kms:EncryptionContext:name', 'AIDAN', OTHER, 'AIDAN', []],
    ['aws:userid', 'AROACKCEVSQ6C2EXAMPLE:*', ABROAD, 'AROACKCEVSQ6C2EXAMPLE:*', []],
    ['kms:EncryptionContext:host', 'db.us-east-1.example', ABROAD, 'db.us-east-1.example', ['COPY_REGION_KEPT']],
    ['aws:SourceArn', 'arn:*', OTHER, 'arn:*', []],
    ['aws:SourceArn', 'arn:*:111122223333:*', OTHER, 'arn:*:111122223333:*', ['COPY_ACCOUNT_KEPT']],
    ['aws:SourceArn', 'arn:aws:*:111122223333:*', OTHER, 'arn:aws:*:111122223333:*', ['COPY_ACCOUNT_KEPT']],
  ])('%s %s', (key, value, to, expected, codes) => {
    expect(condition(key, value, to)).toEqual([expected, codes]);
  });
  it('an alias that cannot be matched is refused', () => {
    for (const aliases of [[], ['alias/a', 'alias/b']]) {
      for (const value of ['alias/payments', 'arn:aws:kms:us-east-1:111122223333:alias/payments']) {
        const to = keyOf({ keyId: KEY_ID, aliases });
        const text = textOf(allow({ Condition: { StringEquals: { 'kms:RequestAlias': value } } }));
        expect(refused(text, to)).toMatchObject([
          {
            code: 'COPY_ALIAS_UNCLEAR',
            severity: 'error',
            message: expect.stringContaining(aliases.length === 0 ? 'no alias' : 'the aliases alias/a, alias/b'),
            path: '/Statement/0/Condition/StringEquals/kms:RequestAlias',
          },
        ]);
      }
    }
  });
  it('a Resource that names the other key becomes "*"', () => {
    const { text, findings } = copied(textOf(allow({ Resource: [FROM.arn] })), BESIDE);
    expect(JSON.parse(text).Statement[0].Resource).toEqual(['*']);
    expect(findings).toMatchObject([{ code: 'COPY_KEY', path: '/Statement/0/Resource/0' }]);
  });
});

describe('actions', () => {
  const kms = (names: string): string[] => names.split(' ').map((name) => `kms:${name}`);
  const USE = kms('Encrypt Decrypt ReEncrypt* GenerateDataKey* DescribeKey');
  it.each<[string, Element, Key, Key, unknown, string[]]>([
    [
      'the console list under another Sid',
      allow({ Sid: 'Mine', Action: USE }),
      FROM,
      KEYS.signing,
      kms('DescribeKey GetPublicKey Sign Verify'),
      ['COPY_ACTIONS'],
    ],
    [
      'what is not possible, beside what is',
      allow({ Action: kms('Decrypt GenerateDataKey') }),
      FROM,
      KEYS.rsaEncryption,
      kms('Decrypt'),
      ['COPY_ACTION_DROPPED'],
    ],
    [
      'GetPublicKey of a key that has none',
      allow({ Action: kms('Decrypt GetPublicKey') }),
      KEYS.rsaEncryption,
      FROM,
      kms('Decrypt'),
      ['COPY_ACTION_DROPPED'],
    ],
    [
      'GetPublicKey beside description only',
      allow({ Action: kms('DescribeKey GetPublicKey') }),
      KEYS.signing,
      FROM,
      kms('DescribeKey'),
      ['COPY_ACTION_DROPPED'],
    ],
    [
      'GetPublicKey between asymmetric keys',
      allow({ Action: kms('DescribeKey GetPublicKey') }),
      KEYS.signing,
      KEYS.keyAgreement,
      kms('DescribeKey GetPublicKey'),
      [],
    ],
    ['everything', allow({ Action: 'kms:*' }), FROM, KEYS.mac, 'kms:*', []],
    ['a pattern that means more than use', allow({ Action: 'kms:Get*' }), KEYS.signing, FROM, 'kms:Get*', []],
    [
      'what neither key can do',
      allow({ Action: kms('DescribeKey Sign') }),
      FROM,
      KEYS.mac,
      kms('DescribeKey Sign'),
      [],
    ],
    ['another service', allow({ Action: ['s3:GetObject'] }), FROM, KEYS.mac, ['s3:GetObject'], []],
    [
      'administration',
      allow({ Action: kms('PutKeyPolicy CreateGrant') }),
      FROM,
      KEYS.mac,
      kms('PutKeyPolicy CreateGrant'),
      [],
    ],
    [
      'a pattern that means something else here',
      allow({ Action: 'kms:Generate*' }),
      FROM,
      KEYS.mac,
      'kms:Generate*',
      [],
    ],
    [
      'a pattern of which one is left',
      allow({ Action: kms('Decrypt Generate*') }),
      FROM,
      KEYS.mac,
      kms('Generate*'),
      ['COPY_ACTION_DROPPED'],
    ],
    [
      'a pattern of which none is left',
      allow({ Action: kms('Decrypt Generate* DescribeKey') }),
      FROM,
      KEYS.rsaEncryption,
      kms('Decrypt DescribeKey'),
      ['COPY_ACTION_DROPPED'],
    ],
    [
      'replication of a key that has none',
      allow({ Action: kms('DescribeKey ReplicateKey') }),
      KEYS.multiRegion,
      FROM,
      kms('DescribeKey'),
      ['COPY_ACTION_DROPPED'],
    ],
    ['another key of the same use', allow({ Action: kms('Decrypt') }), FROM, BESIDE, kms('Decrypt'), []],
    [
      'a Deny of what this key does not do',
      allow({ Effect: 'Deny', Action: kms('Decrypt') }),
      FROM,
      KEYS.mac,
      kms('Decrypt'),
      ['COPY_DENY_WITHOUT_EFFECT'],
    ],
    [
      'a Deny of what it does too',
      allow({ Effect: 'Deny', Action: kms('GenerateDataKey Decrypt') }),
      FROM,
      KEYS.rsaEncryption,
      kms('GenerateDataKey Decrypt'),
      [],
    ],
    [
      'a Deny of the console list',
      allow({ Effect: 'Deny', Action: USE }),
      FROM,
      KEYS.mac,
      USE,
      ['COPY_DENY_WITHOUT_EFFECT'],
    ],
    [
      'any case',
      allow({ Action: ['KMS:generatedatakey', 'KMS:decrypt'] }),
      FROM,
      KEYS.rsaEncryption,
      ['KMS:decrypt'],
      ['COPY_ACTION_DROPPED'],
    ],
  ])('%s', (_, statement, from, to, expected, codes) => {
    expect(actionsFor(statement, to, from)).toEqual([expected, codes]);
  });
  it.each<[string, Element, Key, string, Key?]>([
    [
      'use of another kind',
      allow({ Sid: 'Mine', Action: kms('Decrypt DescribeKey') }),
      KEYS.mac,
      'COPY_ACTION_NOT_FOR_USAGE',
    ],
    [
      'a single action',
      allow({ Sid: 'Mine', Action: 'kms:GenerateDataKey*' }),
      KEYS.rsaEncryption,
      'COPY_ACTION_NOT_FOR_USAGE',
    ],
    [
      'the public key alone, of a key that has none',
      allow({ Sid: 'Mine', Action: 'kms:GetPublicKey' }),
      KEYS.symmetric,
      'COPY_ACTION_NOT_FOR_USAGE',
      KEYS.signing,
    ],
    [
      'use of another kind, with the public key',
      allow({ Sid: 'Mine', Action: kms('Encrypt GetPublicKey DescribeKey') }),
      KEYS.mac,
      'COPY_ACTION_NOT_FOR_USAGE',
      KEYS.rsaEncryption,
    ],
    [
      'a pattern beside description',
      allow({ Sid: 'Mine', Action: kms('Generate* DescribeKey') }),
      KEYS.rsaEncryption,
      'COPY_ACTION_NOT_FOR_USAGE',
    ],
    [
      'use beside description',
      allow({ Sid: 'Mine', Action: kms('Decrypt DescribeKey') }),
      keyOf({ usage: 'ENCAPSULATE_DECAPSULATE' }),
      'COPY_USAGE_UNKNOWN',
    ],
    [
      'use by a key that is not known',
      allow({ Sid: 'Mine', Action: kms('Decrypt') }),
      KEYS.symmetric,
      'COPY_USAGE_UNKNOWN',
      keyOf({ usage: 'ENCAPSULATE_DECAPSULATE' }),
    ],
    [
      'use of a key that is not known',
      allow({ Sid: 'Mine', Action: kms('Decrypt') }),
      keyOf({ usage: 'ENCAPSULATE_DECAPSULATE' }),
      'COPY_USAGE_UNKNOWN',
    ],
    [
      'the console list for such a key',
      allow({ Sid: 'Mine', Action: USE }),
      keyOf({ usage: 'ENCAPSULATE_DECAPSULATE' }),
      'COPY_USAGE_UNKNOWN',
    ],
  ])('refuses %s by name', (_, statement, to, code, from) => {
    expect(refused(textOf(statement), to, from)).toMatchObject([
      {
        code,
        severity: 'error',
        path: '/Statement/0/Action',
        message: expect.stringContaining('"Mine"'),
        fix: expect.any(String),
      },
    ]);
  });
  it('of administration alone pass for such a key', () => {
    for (const action of ['kms:*', 'kms:Get*', 's3:GetObject']) {
      expect(actionsFor(allow({ Action: action }), keyOf({ usage: 'ENCAPSULATE_DECAPSULATE' }))).toEqual([action, []]);
    }
    const deny = allow({ Effect: 'Deny', Action: 'kms:Decrypt' });
    expect(actionsFor(deny, keyOf({ usage: 'ENCAPSULATE_DECAPSULATE' }))).toEqual(['kms:Decrypt', []]);
  });
  it('behind NotAction stay', () => {
    const text = textOf(allow({ Action: undefined, NotAction: kms('Decrypt') }));
    expect(copied(text, KEYS.mac)).toEqual({ ok: true, text, findings: [] });
  });
});

describe('the text', () => {
  it('keeps its layout, and everything that is not about the source', () => {
    const text = `{ "Version":"2012-10-17" ,\n\t"Id": "111122223333", "Statement" : {"Sid":"for 111122223333","Effect":"Allow",\n "Principal":{"AWS":["${APP}" , "caf\\u00e9"]}, "Action":"kms:Decrypt","Resource":"*"}}`;
    expect(copied(text, OTHER).text).toBe(text.replace('::111122223333:role', '::999900001111:role'));
  });
  it('that cannot be read is refused with the reasons', () => {
    expect(refused('{"Version":', OTHER)).toMatchObject([{ code: 'JSON_SYNTAX' }]);
  });
  it('is the same when the key is the same', () => {
    fc.assert(
      fc.property(policyValue, (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes(FROM.arn));
        expect(copied(text, FROM)).toEqual({ ok: true, text, findings: [] });
      }),
    );
  });
  it('comes back when it is copied back, where nothing of the target stood in it', () => {
    fc.assert(
      fc.property(policyValue, (value) => {
        const text = JSON.stringify(value);
        const there = copied(text, OTHER);
        expect(there.text).not.toContain('::111122223333:');
        expect(canonicalForm(policyOf(copied(there.text, FROM, OTHER).text))).toBe(canonicalForm(policyOf(text)));
      }),
    );
  });
});
