import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDefaultView } from '../../lib/policy/console/defaultView.ts';
import { applyEdits } from '../../lib/policy/console/edit.ts';
import { canonicalForm } from '../../lib/policy/document/canonical.ts';
import { memberOf } from '../../lib/policy/document/json.ts';
import type { DefaultView, Edit, EditOp, Finding, Key } from '../../lib/policy/types.ts';
import { validateKeyPolicy } from '../../lib/policy/validate.ts';
import { policyOf, policyValue, readingOf, statementValue } from './arbitrary.ts';
import { ADMIN, ANA, APP, EXTERNAL, FOREIGN, KEYS, keyOf, ROOT } from './keyOf.ts';

type Element = Record<string, unknown>;
const ACCOUNT = {
  Sid: 'Enable IAM User Permissions',
  Effect: 'Allow',
  Principal: { AWS: ROOT },
  Action: 'kms:*',
  Resource: '*',
};
const MINE = {
  Sid: 'Mine',
  Effect: 'Deny',
  Principal: '*',
  Action: 'kms:*',
  Resource: '*',
  Condition: { Bool: { 'aws:SecureTransport': false } },
};
const documentOf = (...statements: Element[]): Element => ({ Version: '2012-10-17', Id: 'x', Statement: statements });
const START = JSON.stringify(documentOf(ACCOUNT, MINE));

/** As GetKeyPolicy prints: names and colons apart, lists on one line. */
function jackson(value: unknown, indent = ''): string {
  if (Array.isArray(value)) return `[ ${value.map((item) => jackson(item, indent)).join(', ')} ]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const members = Object.entries(value).map(
    ([name, item]) => `${inner}${JSON.stringify(name)} : ${jackson(item, inner)}`,
  );
  return `{\n${members.join(',\n')}\n${indent}}`;
}
const PRINTERS: Record<string, (value: unknown) => string> = {
  minified: (value) => JSON.stringify(value),
  'two spaces': (value) => JSON.stringify(value, null, 2),
  tabs: (value) => JSON.stringify(value, null, '\t'),
  'Windows lines': (value) => JSON.stringify(value, null, 4).replaceAll('\n', '\r\n'),
  'one line, with spaces': (value) => JSON.stringify(value, null, 1).replace(/\n */g, ' '),
  GetKeyPolicy: jackson,
};

const edit = (op: EditOp, principal?: string): Edit => ({ op, ...(principal !== undefined && { principal }) });
function edited(text: string, edits: Edit[], key: Key = keyOf()): string {
  const result = applyEdits(text, edits, key);
  if (!result.ok) throw new Error(result.findings.map((finding) => `${finding.code} ${finding.message}`).join('\n'));
  return result.text;
}
function refused(text: string, edits: Edit[], key: Key = keyOf()): Finding[] {
  const result = applyEdits(text, edits, key);
  if (result.ok) throw new Error(`not refused: ${result.text}`);
  return result.findings;
}
const codes = (text: string, edits: Edit[], key?: Key) => refused(text, edits, key).map((finding) => finding.code);
const view = (text: string, key: Key = keyOf()): DefaultView => readDefaultView(policyOf(text), key);
const meaning = (text: string) => canonicalForm(policyOf(text));
const statements = (text: string) => (JSON.parse(text) as { Statement: Element[] }).Statement;
/** The bytes of every statement, by Sid. */
function rawStatements(text: string): string[] {
  const list = memberOf(readingOf(text).node, 'Statement');
  if (list === undefined) throw new Error('no Statement');
  return (list.kind === 'array' ? list.items : [list]).map(({ start, end }) => text.slice(start, end));
}

describe('each edit', () => {
  const full = () => edited(START, [edit('addAdministrator', ADMIN), edit('addUser', APP)]);

  it('addAdministrator writes the statement of the console, without deletion, after the account', () => {
    expect(statements(edited(START, [edit('addAdministrator', ADMIN)]))).toEqual([
      ACCOUNT,
      {
        Sid: 'Allow access for Key Administrators',
        Effect: 'Allow',
        Principal: { AWS: ADMIN },
        Action: [
          ...'Create* Describe* Enable* List* Put* Update* Revoke* Disable* Get* Delete*'.split(' '),
          ...'TagResource UntagResource RotateKeyOnDemand'.split(' '),
        ].map((name) => `kms:${name}`),
        Resource: '*',
      },
      MINE,
    ]);
  });
  it('addUser writes both statements, in the console order', () => {
    const principal = { Effect: 'Allow', Principal: { AWS: APP }, Resource: '*' };
    expect(statements(edited(START, [edit('addUser', APP)]))).toEqual([
      ACCOUNT,
      {
        ...principal,
        Sid: 'Allow use of the key',
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      },
      {
        ...principal,
        Sid: 'Allow attachment of persistent resources',
        Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
        Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      },
      MINE,
    ]);
  });
  it('a new statement goes before those that the console writes later', () => {
    const text = edited(edited(JSON.stringify(documentOf(MINE)), [edit('addUser', APP)]), [
      edit('addAdministrator', ADMIN),
    ]);
    expect(statements(text).map(({ Sid }) => Sid)).toEqual([
      'Mine',
      'Allow access for Key Administrators',
      'Allow use of the key',
      'Allow attachment of persistent resources',
    ]);
  });
  it('a new statement is the last where there is none of the console', () => {
    const text = edited(JSON.stringify(documentOf(MINE, { ...MINE, Sid: 'Mine too' })), [
      edit('addAdministrator', ADMIN),
    ]);
    expect(statements(text).map(({ Sid }) => Sid)).toEqual(['Mine', 'Mine too', 'Allow access for Key Administrators']);
  });
  it('addExternalAccount takes the id or the root ARN, and writes the root ARN', () => {
    for (const id of ['444455556666', EXTERNAL]) {
      const [, users, grants] = statements(edited(START, [edit('addExternalAccount', id)]));
      expect([users?.Principal, grants?.Principal]).toEqual([{ AWS: EXTERNAL }, { AWS: EXTERNAL }]);
      expect(meaning(edited(full(), [edit('addExternalAccount', id), edit('removeExternalAccount', EXTERNAL)]))).toBe(
        meaning(full()),
      );
    }
  });
  it('allowDeletion and preventDeletion add and remove the pair', () => {
    const allowed = edited(full(), [edit('allowDeletion')]);
    expect(statements(allowed)[1]?.Action).toEqual(
      expect.arrayContaining(['kms:ScheduleKeyDeletion', 'kms:CancelKeyDeletion']),
    );
    expect(edited(allowed, [edit('preventDeletion')])).toBe(full());
    expect(codes(allowed, [edit('allowDeletion')])).toEqual(['EDIT_NO_EFFECT']);
    expect(refused(full(), [edit('addAdministrator', ADMIN)])[0]).toMatchObject({
      code: 'EDIT_NO_EFFECT',
      path: '/Statement/1/Principal',
    });
    expect(refused(full(), [edit('preventDeletion')])[0]).toMatchObject({
      code: 'EDIT_NO_EFFECT',
      path: '/Statement/1/Action',
    });
  });
  it('finds the deletion pair in whatever case it was written', () => {
    const text = edited(full(), [edit('allowDeletion')]).replace('kms:ScheduleKeyDeletion', 'KMS:schedulekeydeletion');
    expect(edited(text, [edit('preventDeletion')])).toBe(full());
  });
  it('removing the last principal removes its statements, and nothing else', () => {
    expect(edited(full(), [edit('removeUser', APP)])).toBe(edited(START, [edit('addAdministrator', ADMIN)]));
    expect(edited(full(), [edit('removeAdministrator', ADMIN)])).toBe(edited(START, [edit('addUser', APP)]));
  });
  it('removing one of several leaves the others', () => {
    const text = edited(full(), [
      edit('addUser', ANA),
      edit('addExternalAccount', EXTERNAL),
      edit('addAdministrator', ANA),
    ]);
    const [, admins, users, grants] = statements(
      edited(text, [edit('removeUser', APP), edit('removeAdministrator', ADMIN)]),
    );
    expect(admins?.Principal).toEqual({ AWS: [ANA] });
    expect(users?.Principal).toEqual({ AWS: [ANA, EXTERNAL] });
    expect(grants?.Principal).toEqual({ AWS: [ANA, EXTERNAL] });
  });
  it('removes a principal however often and however it is spelt', () => {
    const text = edited(START, [edit('addUser', APP)]).replaceAll(
      JSON.stringify(APP),
      JSON.stringify(['444455556666', EXTERNAL, APP, '444455556666']),
    );
    const [, users] = statements(edited(text, [edit('removeExternalAccount', '444455556666')]));
    expect(users?.Principal).toEqual({ AWS: [APP] });
  });
  it('a deleted principal can be taken away, though it could not be added', () => {
    const text = full().replaceAll(ADMIN, 'AROACKCEVSQ6C2EXAMPLE').replaceAll(APP, FOREIGN);
    const mended = edited(text, [edit('removeAdministrator', 'AROACKCEVSQ6C2EXAMPLE'), edit('removeUser', FOREIGN)]);
    expect(mended).toBe(START);
  });
  it('adds to whichever of the two statements a user is missing from', () => {
    const one = edited(START, [edit('addUser', APP), edit('addUser', ANA)]);
    const text = one.replace(`["${APP}","${ANA}"]`, `"${APP}"`);
    expect(text).not.toBe(one);
    expect(meaning(edited(text, [edit('addUser', ANA)]))).toBe(meaning(one));
    const last = one.lastIndexOf(`["${APP}","${ANA}"]`);
    const other = `${one.slice(0, last)}"${APP}"${one.slice(last + `["${APP}","${ANA}"]`.length)}`;
    expect(meaning(edited(other, [edit('addUser', ANA)]))).toBe(meaning(one));
  });
  it('a role that ends in an account id is that role', () => {
    const role = 'arn:aws:iam::111122223333:role/logs-444455556666';
    expect(view(edited(START.replace(JSON.stringify(MINE), '').replace(',]', ']'), [edit('addUser', role)]))).toEqual(
      expect.objectContaining({ users: [role], externalAccounts: [] }),
    );
  });
  it('adds no statement for grants where users have none', () => {
    const [account, users] = statements(full()).filter(
      ({ Sid }) => Sid === ACCOUNT.Sid || Sid === 'Allow use of the key',
    );
    const text = JSON.stringify(documentOf(account ?? {}, users ?? {}));
    expect(statements(edited(text, [edit('addUser', ANA)]))).toHaveLength(2);
  });
});

describe('what an edit cannot name', () => {
  const GROUP = 'arn:aws:iam::111122223333:group/Developers';
  it.each<[EditOp, string | undefined, string, string]>([
    ['addUser', GROUP, 'EDIT_PRINCIPAL_GROUP', 'attach the IAM policy'],
    ['addAdministrator', GROUP, 'EDIT_PRINCIPAL_GROUP', 'Name its users'],
    ['addUser', '*', 'EDIT_PRINCIPAL_WILDCARD', 'aws:PrincipalArn'],
    ['addAdministrator', 'arn:aws:iam::111122223333:role/*', 'EDIT_PRINCIPAL_WILDCARD', 'aws:PrincipalArn'],
    ['addUser', FOREIGN, 'EDIT_PRINCIPAL_FOREIGN', 'addExternalAccount with 444455556666'],
    ['addUser', EXTERNAL, 'EDIT_PRINCIPAL_FOREIGN', 'addExternalAccount with 444455556666'],
    ['addUser', '444455556666', 'EDIT_PRINCIPAL_FOREIGN', 'addExternalAccount with 444455556666'],
    ['removeUser', '444455556666', 'EDIT_PRINCIPAL_FOREIGN', 'removeExternalAccount with 444455556666'],
    ['addAdministrator', FOREIGN, 'EDIT_PRINCIPAL_FOREIGN', 'may assume'],
    ['addUser', ROOT, 'EDIT_PRINCIPAL_ROOT', 'Enable IAM User Permissions'],
    ['addAdministrator', '111122223333', 'EDIT_PRINCIPAL_ROOT', 'Enable IAM User Permissions'],
    ['addUser', 'arn:aws:sts::111122223333:assumed-role/App/x', 'EDIT_PRINCIPAL_SESSION', 'Name the role itself'],
    ['addUser', 'arn:aws:sts::111122223333:federated-user/Bob', 'EDIT_PRINCIPAL_SESSION', 'or the user'],
    ['addUser', 'AIDACKCEVSQ6C2EXAMPLE', 'EDIT_PRINCIPAL_DELETED', 'exists'],
    ['addUser', 'arn:aws-cn:iam::111122223333:role/App', 'EDIT_PRINCIPAL_PARTITION', 'arn:aws:iam'],
    ['addUser', 'ec2.amazonaws.com', 'EDIT_PRINCIPAL_INVALID', 'role/NAME'],
    ['addUser', ` ${APP}`, 'EDIT_PRINCIPAL_INVALID', 'role/NAME'],
    ['addUser', undefined, 'EDIT_PRINCIPAL_MISSING', 'ARN'],
    ['removeAdministrator', '', 'EDIT_PRINCIPAL_MISSING', 'ARN'],
    ['allowDeletion', ADMIN, 'EDIT_PRINCIPAL_UNEXPECTED', 'Leave'],
    ['preventDeletion', ADMIN, 'EDIT_PRINCIPAL_UNEXPECTED', 'Leave'],
    ['addExternalAccount', '111122223333', 'EDIT_ACCOUNT_OWN', 'addUser'],
    ['removeExternalAccount', ROOT, 'EDIT_ACCOUNT_OWN', 'addUser'],
    ['addExternalAccount', FOREIGN, 'EDIT_ACCOUNT_INVALID', '444455556666'],
    ['addExternalAccount', 'arn:aws:iam::777788889999:role/R', 'EDIT_ACCOUNT_INVALID', 'the account, 777788889999;'],
    ['addExternalAccount', 'arn:aws:iam::777788889999:group/G', 'EDIT_ACCOUNT_INVALID', 'the account, 777788889999;'],
    ['addExternalAccount', '4444', 'EDIT_ACCOUNT_INVALID', '(444455556666)'],
    ['addExternalAccount', 'arn:aws-cn:iam::444455556666:root', 'EDIT_PRINCIPAL_PARTITION', 'partition'],
  ])('%s %s: %s', (op, principal, code, fix) => {
    const findings = refused(START, [edit(op, principal)]);
    expect(findings).toMatchObject([{ code, severity: 'error', path: '', fix: expect.stringContaining(fix) }]);
    expect(findings[0]?.message).toContain(`edits[0] ${op}: `);
  });
  it('all of them are said at once', () => {
    expect(codes(START, [edit('addUser', GROUP), edit('addUser', APP), edit('addUser', '*')])).toEqual([
      'EDIT_PRINCIPAL_GROUP',
      'EDIT_PRINCIPAL_WILDCARD',
    ]);
  });
  it('a group comes with the IAM policy for its members', () => {
    const document = (Action: unknown) => ({
      Version: '2012-10-17',
      Statement: [{ Sid: 'AllowThroughKeyPolicy', Effect: 'Allow', Action, Resource: KEYS.mac.arn }],
    });
    const given = (op: EditOp) => refused(START, [edit(op, GROUP)], KEYS.mac)[0]?.documents;
    expect(given('addUser')).toEqual([
      {
        title: `IAM policy for ${GROUP}`,
        document: document(['kms:DescribeKey', 'kms:GenerateMac', 'kms:VerifyMac']),
      },
    ]);
    const administrators = statements(edited(START, [edit('addAdministrator', ADMIN)], KEYS.mac))[1];
    expect(given('addAdministrator')?.[0]?.document).toEqual(document(administrators?.Action));
  });
});

describe('what an edit cannot change', () => {
  const users = (more: Element = {}) => ({
    Sid: 'Allow use of the key',
    Effect: 'Allow',
    Principal: { AWS: APP },
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
    Resource: '*',
    ...more,
  });
  const grants = (more: Element = {}) => ({
    Sid: 'Allow attachment of persistent resources',
    Effect: 'Allow',
    Principal: { AWS: APP },
    Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
    Resource: '*',
    Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    ...more,
  });
  it.each<[string, Element[], EditOp, string | undefined, string, string]>([
    ['a user who is there', [users(), grants()], 'addUser', APP, 'EDIT_NO_EFFECT', '/Statement/0/Principal'],
    [
      'an account that is there',
      [users({ Principal: { AWS: '444455556666' } })],
      'addExternalAccount',
      EXTERNAL,
      'EDIT_NO_EFFECT',
      '/Statement/0/Principal',
    ],
    ['a user who is not there', [users()], 'removeUser', ANA, 'EDIT_NO_EFFECT', '/Statement/0/Principal'],
    [
      'an account that is not there',
      [users()],
      'removeExternalAccount',
      '444455556666',
      'EDIT_NO_EFFECT',
      '/Statement/0/Principal',
    ],
    ['an administrator who is not there', [users()], 'removeAdministrator', ADMIN, 'EDIT_NO_EFFECT', ''],
    ['deletion without administrators', [users()], 'allowDeletion', undefined, 'EDIT_NO_ADMINISTRATORS', ''],
    [
      'a Sid with other actions',
      [users({ Action: 'kms:Decrypt' })],
      'addUser',
      ANA,
      'EDIT_STATEMENT_UNRECOGNISED',
      '/Statement/0/Action',
    ],
    [
      'a Sid with a Condition',
      [users({ Condition: MINE.Condition })],
      'removeUser',
      APP,
      'EDIT_STATEMENT_UNRECOGNISED',
      '/Statement/0/Condition',
    ],
    [
      'a Sid for everyone',
      [users({ Principal: '*' })],
      'addUser',
      ANA,
      'EDIT_STATEMENT_UNRECOGNISED',
      '/Statement/0/Principal',
    ],
    [
      'a Sid for everyone and somebody',
      [users({ Principal: { AWS: [APP, '*'] } })],
      'addUser',
      ANA,
      'EDIT_STATEMENT_UNRECOGNISED',
      '/Statement/0/Principal',
    ],
    [
      'a Sid with Deny',
      [users({ Effect: 'Deny' })],
      'addUser',
      ANA,
      'EDIT_STATEMENT_UNRECOGNISED',
      '/Statement/0/Effect',
    ],
    [
      'grants with a Sid only',
      [users(), grants({ Condition: undefined })],
      'addUser',
      ANA,
      'EDIT_STATEMENT_UNRECOGNISED',
      '/Statement/1',
    ],
    [
      'grants that stand before the users who are to be added',
      [grants({ Condition: undefined })],
      'addUser',
      ANA,
      'EDIT_STATEMENT_UNRECOGNISED',
      '/Statement/0',
    ],
    ['a Sid twice', [users(), users()], 'addUser', ANA, 'EDIT_STATEMENT_TWICE', '/Statement/1/Sid'],
    ['the only statement', [users()], 'removeUser', APP, 'EDIT_LEAVES_NO_STATEMENT', '/Statement/0'],
  ])('%s', (_, list, op, principal, code, path) => {
    const findings = refused(JSON.stringify(documentOf(...list)), [edit(op, principal)]);
    expect(findings).toMatchObject([{ code, severity: 'error', path, fix: expect.any(String) }]);
    expect(findings[0]?.message).toMatch(/^edits\[0\] /);
  });
  it('the two only statements', () => {
    expect(codes(JSON.stringify(documentOf(users(), grants())), [edit('removeUser', APP)])).toEqual([
      'EDIT_LEAVES_NO_STATEMENT',
    ]);
    expect(codes(JSON.stringify({ ...documentOf(), Statement: users() }), [edit('removeUser', APP)])).toEqual([
      'EDIT_LEAVES_NO_STATEMENT',
    ]);
  });
  it('a document that cannot be read, or has no Statement', () => {
    expect(codes('{', [edit('addUser', APP)])).toEqual(['JSON_SYNTAX']);
    expect(codes('{"Version":"2012-10-17"}', [edit('addUser', APP)])).toEqual(['EDIT_NO_STATEMENT_ELEMENT']);
  });
  it('a key whose usage the console is not known to handle', () => {
    const key = keyOf({ spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE' });
    expect(codes(START, [edit('addUser', APP)], key)).toEqual(['EDIT_USAGE_UNKNOWN']);
    expect(codes(START, [edit('addUser', 'arn:aws:iam::111122223333:group/G')], key)).toEqual(['EDIT_PRINCIPAL_GROUP']);
    expect(edited(START, [edit('addAdministrator', ADMIN)], key)).toContain(ADMIN);
  });
  it('stops at the first, and names it', () => {
    const [finding, ...more] = refused(START, [edit('addUser', APP), edit('addUser', APP), edit('allowDeletion')]);
    expect([finding?.code, finding?.message.slice(0, 18), more]).toEqual(['EDIT_NO_EFFECT', 'edits[1] addUser: ', []]);
  });
  it('no edit leaves the text as it is', () => expect(edited(START, [])).toBe(START));
});

describe('a key of every class', () => {
  const plain = JSON.stringify(documentOf(ACCOUNT));
  it.each(Object.entries(KEYS))('%s: what is added is read back as the default view', (_, key) => {
    const text = edited(
      plain,
      [edit('addAdministrator', ADMIN), edit('addUser', APP), edit('addExternalAccount', EXTERNAL)],
      key,
    );
    expect(view(text, key)).toEqual({
      supported: true,
      administrators: [ADMIN],
      administratorsMayDelete: false,
      users: [APP],
      externalAccounts: ['444455556666'],
    });
    expect(view(edited(text, [edit('allowDeletion')], key), key)).toMatchObject({ administratorsMayDelete: true });
  });
  it.each(Object.entries(KEYS))('%s: what is added passes every rule', (_, key) => {
    const text = edited(plain, [edit('addAdministrator', ADMIN), edit('addUser', APP), edit('allowDeletion')], key);
    const guardians = { applier: 'arn:aws:iam::111122223333:role/Applier', breakGlass: [] };
    const { findings } = validateKeyPolicy({ text, key, guardians });
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });
  it('has in its statements what belongs to it', () => {
    const all = (key: Key) =>
      JSON.stringify(statements(edited(plain, [edit('addAdministrator', ADMIN), edit('addUser', APP)], key)).slice(1));
    expect(all(KEYS.imported)).toContain('kms:ImportKeyMaterial');
    expect(all(KEYS.symmetric)).not.toContain('kms:ImportKeyMaterial');
    expect(all(KEYS.multiRegion)).toContain('"kms:ReplicateKey","kms:UpdatePrimaryRegion"');
    expect(all(KEYS.symmetric)).not.toContain('kms:ReplicateKey');
    expect(all(KEYS.symmetric)).toContain('kms:RotateKeyOnDemand');
    expect(all(KEYS.signing)).not.toContain('kms:RotateKeyOnDemand');
    expect(all(KEYS.signing)).toContain('persistent resources');
    expect(all(KEYS.mac)).not.toContain('persistent resources');
  });
});

describe('the layout of the document is kept', () => {
  const full = [edit('addAdministrator', ADMIN), edit('addUser', APP), edit('addUser', ANA), edit('allowDeletion')];
  it.each(Object.entries(PRINTERS))('%s', (_, printed) => {
    const text = edited(printed(JSON.parse(START)), full);
    expect(text).toBe(printed(JSON.parse(text)));
    const back = edited(text, [edit('removeUser', APP), edit('removeUser', ANA), edit('removeAdministrator', ADMIN)]);
    expect(back).toBe(printed(JSON.parse(START)));
  });
  it('where each statement has a line of its own', () => {
    const line = (value: unknown) =>
      JSON.stringify(value, null, 1)
        .replace(/\n */g, ' ')
        .replace(/([{[]) | ([}\]])/g, '$1$2');
    const written = (list: unknown[]) =>
      `{"Version": "2012-10-17", "Statement": [\n  ${list.map(line).join(',\n  ')}\n]}`;
    const text = edited(written([ACCOUNT]), full);
    expect(text).toBe(written(statements(text)));
  });
  it('where Statement is one object, which becomes a list', () => {
    const only = JSON.stringify({ Version: '2012-10-17', Statement: ACCOUNT });
    expect(edited(only, [edit('addAdministrator', ADMIN)])).toContain(`"Statement":[${JSON.stringify(ACCOUNT)},{"Sid"`);
    const last = JSON.stringify({ Version: '2012-10-17', Statement: statements(edited(START, full))[2] });
    expect(statements(edited(last, [edit('addAdministrator', ADMIN)]))).toHaveLength(2);
    expect(view(edited(last, [edit('addAdministrator', ADMIN)]))).toMatchObject({
      administrators: [ADMIN],
      users: [APP, ANA],
    });
  });
  it('where Statement is an empty list', () => {
    expect(view(edited('{"Version":"2012-10-17","Statement":[ ]}', [edit('addUser', APP)]))).toMatchObject({
      users: [APP],
    });
  });
});

describe('properties', () => {
  const printer = fc.constantFrom(...Object.values(PRINTERS));
  const key = fc.constantFrom(...Object.values(KEYS));
  const name = fc.string({ unit: fc.constantFrom(...'abcXYZ019+=,.@_-'), minLength: 1, maxLength: 12 });
  const identity = fc
    .tuple(fc.constantFrom('role/', 'user/', 'role/a/b/'), name)
    .map(([path, end]) => `arn:aws:iam::111122223333:${path}${end}`);
  const account = fc.constantFrom('444455556666', 'arn:aws:iam::555566667777:root', '999900001111');
  const pair = fc.oneof(
    identity.map((id): [Edit, Edit] => [edit('addAdministrator', id), edit('removeAdministrator', id)]),
    identity.map((id): [Edit, Edit] => [edit('addUser', id), edit('removeUser', id)]),
    account.map((id): [Edit, Edit] => [edit('addExternalAccount', id), edit('removeExternalAccount', id)]),
  );
  const others = fc.array(
    statementValue.map((value) => ({ ...value, Sid: `other ${String(value.Sid)}` })),
    { maxLength: 4 },
  );

  it('adding and removing again gives the same meaning', () => {
    fc.assert(
      fc.property(
        others,
        fc.array(pair, { maxLength: 3 }),
        pair,
        key,
        printer,
        (list, before, [add, remove], key, print) => {
          const start = applyEdits(
            print(documentOf(ACCOUNT, ...list)),
            before.map(([first]) => first),
            key,
          );
          fc.pre(start.ok);
          const added = applyEdits(start.text, [add], key);
          fc.pre(added.ok);
          expect(meaning(edited(added.text, [remove], key))).toBe(meaning(start.text));
        },
      ),
    );
  });
  it('other statements keep their bytes and their order', () => {
    fc.assert(
      fc.property(others, fc.array(pair, { minLength: 1, maxLength: 5 }), key, printer, (list, pairs, key, print) => {
        const start = print(documentOf(ACCOUNT, ...list));
        const result = applyEdits(
          start,
          pairs.map(([add]) => add),
          key,
        );
        fc.pre(result.ok);
        const kept = rawStatements(start);
        expect(rawStatements(result.text).filter((raw) => kept.includes(raw))).toEqual(kept);
      }),
    );
  });
  it('whatever is added is in the default view', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(identity, { maxLength: 4 }),
        fc.uniqueArray(identity, { minLength: 1, maxLength: 4 }),
        key,
        printer,
        (admins, users, key, print) => {
          const edits = [
            ...admins.map((id) => edit('addAdministrator', id)),
            ...users.map((id) => edit('addUser', id)),
          ];
          expect(view(edited(print(documentOf(ACCOUNT)), edits, key), key)).toMatchObject({
            administrators: admins,
            users,
          });
        },
      ),
    );
  });
  it('an answer is a readable document or a finding, for any policy', () => {
    fc.assert(
      fc.property(
        policyValue,
        fc.array(
          pair.map(([add]) => add),
          { minLength: 1, maxLength: 2 },
        ),
        printer,
        (value, edits, print) => {
          const result = applyEdits(print(value), edits, keyOf());
          if (result.ok) policyOf(result.text);
          else expect(result.findings).not.toEqual([]);
        },
      ),
    );
  });
});
