import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { TableProperties } from './dynamodb/tables.ts';
import type { IamStatement } from './iam/evaluate.ts';
import type { TrustStatement } from './iam/trust.ts';
import { type CloudFormation, cloudFormation } from './serverless/cloudformation.ts';
import { type Data, type DataMap, isMapData, readServerlessFile, ServerlessError } from './serverless/read.ts';

export { ServerlessError } from './serverless/read.ts';

export interface Service {
  name: string;
  stage: string;
  region: string;
  accountId: string;
  /** By their key in serverless.yml. */
  functions: Map<string, ServiceFunction>;
  routes: Route[];
  schedules: Schedule[];
  eventRules: EventRule[];
  /** By logical id. */
  roles: Map<string, ServiceRole>;
  /** By their key under `stepFunctions.stateMachines`. */
  stateMachines: Map<string, ServiceStateMachine>;
  tables: TableProperties[];
  keys: ServiceKey[];
  /** JWT authorizers of the HTTP API, by name. */
  authorizers: Map<string, JwtAuthorizer>;
  /** `provider.logs.httpApi.format`, with its `$context.…`. */
  accessLogFormat: string;
}

export interface ServiceFunction {
  key: string;
  /** `countersign-local-submit` */
  name: string;
  arn: string;
  /** Absolute path of the source file. */
  file: string;
  /** The export that is called: `handler`. */
  exportName: string;
  /** Logical id of its role. */
  role: string;
  /** Seconds. */
  timeout: number;
  /** MB. */
  memorySize: number;
  environment: Record<string, string>;
}

export interface Route {
  /** `GET /keys/{key}` */
  routeKey: string;
  method: string;
  path: string;
  functionKey: string;
  authorizer: { type: 'none' } | { type: 'aws_iam' } | { type: 'jwt'; name: string; scopes: string[] };
}

export interface Schedule {
  functionKey: string;
  /** `rate(1 minute)` */
  expression: string;
  seconds: number;
}

/** A rule on the default event bus: each member of the pattern lists what it matches. */
export interface EventRule {
  functionKey: string;
  pattern: EventPattern;
}

/** Each member lists the texts that it matches, or has members of its own. */
export interface EventPattern {
  [member: string]: string[] | EventPattern;
}

export interface ServiceRole {
  logicalId: string;
  /** `countersign-local-apply` */
  name: string;
  arn: string;
  statements: IamStatement[];
  /** Who may assume it. */
  trust: TrustStatement[];
}

export interface ServiceStateMachine {
  key: string;
  name: string;
  arn: string;
  roleArn: string;
  /** Amazon States Language, function references resolved to function ARNs. */
  definition: Record<string, unknown>;
}

/** An AWS::KMS::Key with the alias of an AWS::KMS::Alias that points to it. */
export interface ServiceKey {
  keyId: string;
  arn: string;
  description: string;
  spec: string;
  usage: string;
  policy: string;
  aliases: string[];
}

export interface JwtAuthorizer {
  name: string;
  issuer: string;
  audience: string[];
}

export interface ReadServiceOptions {
  stage: string;
  /** serverless.yml of the project when left out. */
  path?: string;
  overrides?: {
    /** Win over `params`. */
    params?: Record<string, string | number | boolean>;
    /** Win over the environment of every function. */
    environment?: Record<string, string>;
  };
  /** For `${env:X}`; `process.env` when left out. */
  env?: Readonly<Record<string, string | undefined>>;
}

export const LOCAL_ACCOUNT = '111122223333';
export const LOCAL_REGION = 'us-east-1';

/**
 * Reads what would be deployed from serverless.yml itself, with every reference resolved for the local account.
 * @throws ServerlessError naming the place of what cannot be read or resolved
 */
export function readService({ stage, path, overrides = {}, env = process.env }: ReadServiceOptions): Service {
  const file = resolve(path ?? join(import.meta.dirname, '..', 'serverless.yml'));
  const root = readServerlessFile(file, { stage, params: overrides.params ?? {}, env });
  const name = text(root.service, 'service');
  const cfn = cloudFormation({ root, service: name, stage, accountId: LOCAL_ACCOUNT, region: LOCAL_REGION });
  const provider = map(root.provider, 'provider');

  const functions = new Map<string, ServiceFunction>();
  const routes: Route[] = [];
  const schedules: Schedule[] = [];
  const eventRules: EventRule[] = [];
  const authorizers = readAuthorizers(provider, cfn);
  for (const [key, data] of Object.entries(map(root.functions, 'functions'))) {
    const place = `functions.${key}`;
    const given = map(data, place);
    functions.set(
      key,
      readFunction({ key, given, provider, cfn, place, folder: dirname(file), extra: overrides.environment ?? {} }),
    );
    list(given.events ?? [], `${place}.events`).forEach((event, index) => {
      const at = `${place}.events[${index}]`;
      const [[kind, value] = [], ...more] = Object.entries(map(event, at));
      if (more.length > 0 || value === undefined) throw new ServerlessError(at, 'is not one event');
      if (kind === 'httpApi') routes.push(readRoute(value, key, authorizers, at));
      else if (kind === 'schedule') schedules.push(readSchedule(value, key, at));
      else if (kind === 'eventBridge') eventRules.push(readEventRule(value, key, at));
      else throw new ServerlessError(at, `${kind} events are not run locally`);
    });
  }

  return {
    name,
    stage,
    region: LOCAL_REGION,
    accountId: LOCAL_ACCOUNT,
    functions,
    routes,
    schedules,
    eventRules,
    roles: readRoles(cfn),
    stateMachines: readStateMachines(root, cfn),
    tables: cfn.resources('AWS::DynamoDB::Table').map(({ properties, place }) => {
      const resolved = map(cfn.resolve(properties, place), place);
      return { ...resolved, TableName: text(resolved.TableName, `${place}.TableName`) };
    }),
    keys: readKeys(cfn),
    authorizers,
    accessLogFormat: text(
      map(map(provider.logs ?? {}, 'provider.logs').httpApi ?? {}, 'provider.logs.httpApi').format ?? '',
      'provider.logs.httpApi.format',
    ),
  };
}

function readFunction(options: {
  key: string;
  given: DataMap;
  provider: DataMap;
  cfn: CloudFormation;
  place: string;
  folder: string;
  extra: Record<string, string>;
}): ServiceFunction {
  const { key, given, provider, cfn, place, folder, extra } = options;
  const handler = text(given.handler, `${place}.handler`);
  const dot = handler.lastIndexOf('.');
  const source = ['.ts', '.mts', '.js', '.mjs'].map((ending) => resolve(folder, handler.slice(0, dot) + ending));
  const environment: Record<string, string> = {};
  for (const [from, variables] of [
    ['provider', provider.environment],
    [place, given.environment],
  ] as const) {
    for (const [name, value] of Object.entries(map(variables ?? {}, `${from}.environment`))) {
      const at = `${from}.environment.${name}`;
      const resolved = cfn.resolve(value, at);
      if (typeof resolved === 'object') throw new ServerlessError(at, 'is not a text');
      environment[name] = String(resolved);
    }
  }
  return {
    key,
    name: cfn.functionName(key),
    arn: cfn.functionArn(key),
    // A file that is not there is the lambda's own error at its first call, as on AWS: the rest stays usable.
    file: source.find((path) => existsSync(path)) ?? String(source[0]),
    exportName: handler.slice(dot + 1),
    role: text(given.role, `${place}.role`),
    timeout: seconds(given.timeout ?? provider.timeout ?? 6, `${place}.timeout`),
    memorySize: seconds(given.memorySize ?? provider.memorySize ?? 1024, `${place}.memorySize`),
    environment: { ...environment, ...extra },
  };
}

function readAuthorizers(provider: DataMap, cfn: CloudFormation): Map<string, JwtAuthorizer> {
  const authorizers = new Map<string, JwtAuthorizer>();
  const httpApi = map(provider.httpApi ?? {}, 'provider.httpApi');
  for (const [name, data] of Object.entries(map(httpApi.authorizers ?? {}, 'provider.httpApi.authorizers'))) {
    const place = `provider.httpApi.authorizers.${name}`;
    const given = map(cfn.resolve(data, place), place);
    if ((given.type ?? 'jwt') !== 'jwt') throw new ServerlessError(place, 'only jwt authorizers are run locally');
    if (text(given.identitySource, `${place}.identitySource`) !== '$request.header.Authorization')
      throw new ServerlessError(place, 'only $request.header.Authorization is read locally');
    authorizers.set(name, {
      name,
      issuer: text(given.issuerUrl, `${place}.issuerUrl`),
      audience: [given.audience ?? []].flat().map((one) => text(one, `${place}.audience`)),
    });
  }
  return authorizers;
}

function readRoute(value: Data, functionKey: string, authorizers: Map<string, JwtAuthorizer>, place: string): Route {
  const given = typeof value === 'string' ? value : undefined;
  const event: DataMap = given === undefined ? map(value, place) : {};
  const [method = '', path = ''] = given?.split(' ') ?? [
    text(event.method, `${place}.method`),
    text(event.path, `${place}.path`),
  ];
  const route = { routeKey: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path, functionKey };
  if (event.authorizer === undefined) return { ...route, authorizer: { type: 'none' } };
  const authorizer = map(event.authorizer, `${place}.authorizer`);
  if (authorizer.type === 'aws_iam') return { ...route, authorizer: { type: 'aws_iam' } };
  const name = text(authorizer.name, `${place}.authorizer.name`);
  if (!authorizers.has(name)) throw new ServerlessError(`${place}.authorizer`, `there is no authorizer ${name}`);
  const scopes = list(authorizer.scopes ?? [], `${place}.authorizer.scopes`);
  return { ...route, authorizer: { type: 'jwt', name, scopes: scopes.map((one) => text(one, place)) } };
}

const UNITS: Record<string, number> = { minute: 60, minutes: 60, hour: 3600, hours: 3600, day: 86_400, days: 86_400 };

function readSchedule(value: Data, functionKey: string, place: string): Schedule {
  const expression = text(isMapData(value) ? value.rate : value, place);
  const match = /^rate\((\d+) (\w+)\)$/.exec(expression);
  const unit = UNITS[match?.[2] ?? ''];
  if (!match || unit === undefined) throw new ServerlessError(place, `${expression} is not run locally: only rate(…)`);
  return { functionKey, expression, seconds: Number(match[1]) * unit };
}

function readEventRule(value: Data, functionKey: string, place: string): EventRule {
  return { functionKey, pattern: readPattern(map(value, place).pattern, `${place}.pattern`) };
}

function readPattern(value: Data | undefined, place: string): EventPattern {
  return Object.fromEntries(
    Object.entries(map(value, place)).map(([name, values]) => {
      const at = `${place}.${name}`;
      return [name, isMapData(values) ? readPattern(values, at) : list(values, at).map((one) => text(one, at))];
    }),
  );
}

/** The roles of a template, by logical id. */
export function readRoles(cfn: CloudFormation): Map<string, ServiceRole> {
  const roles = new Map<string, ServiceRole>();
  for (const { logicalId, properties, place } of cfn.resources('AWS::IAM::Role')) {
    if (properties.ManagedPolicyArns !== undefined)
      throw new ServerlessError(
        `${place}.ManagedPolicyArns`,
        'managed policies are not read locally: write the statements',
      );
    const resolved = map(cfn.resolve(properties, place), place);
    const policies = list(resolved.Policies ?? [], `${place}.Policies`);
    const statements = policies.flatMap((policy, index) => {
      const at = `${place}.Policies[${index}].PolicyDocument`;
      const document = map(map(policy, at).PolicyDocument, at);
      return [document.Statement ?? []].flat().map((one) => readStatement(map(one, at), at));
    });
    const name = text(resolved.RoleName, `${place}.RoleName`);
    const document = map(resolved.AssumeRolePolicyDocument ?? {}, `${place}.AssumeRolePolicyDocument`);
    const trust = [document.Statement ?? []].flat() as unknown as TrustStatement[];
    roles.set(logicalId, { logicalId, name, arn: cfn.roleArn(name), statements, trust });
  }
  return roles;
}

function readStatement(data: DataMap, place: string): IamStatement {
  const { Effect, Action, Resource } = data;
  const isList = (value: Data | undefined) => [value].flat().every((one) => typeof one === 'string');
  if ((Effect !== 'Allow' && Effect !== 'Deny') || !isList(Action) || !isList(Resource))
    throw new ServerlessError(
      place,
      'a statement needs Effect, Action and Resource; NotAction and NotResource are not read',
    );
  return data as unknown as IamStatement;
}

function readKeys(cfn: CloudFormation): ServiceKey[] {
  const aliases = cfn.resources('AWS::KMS::Alias').map(({ properties, place }) => {
    const { AliasName, TargetKeyId } = map(cfn.resolve(properties, place), place);
    return { name: text(AliasName, `${place}.AliasName`), target: text(TargetKeyId, `${place}.TargetKeyId`) };
  });
  return cfn.resources('AWS::KMS::Key').map(({ logicalId, properties, place }) => {
    const { Description, KeySpec, KeyUsage, KeyPolicy } = map(cfn.resolve(properties, place), place);
    const keyId = String(cfn.resolve({ Ref: logicalId }, place));
    return {
      keyId,
      arn: String(cfn.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] }, place)),
      description: text(Description ?? '', `${place}.Description`),
      spec: text(KeySpec ?? 'SYMMETRIC_DEFAULT', `${place}.KeySpec`),
      usage: text(KeyUsage ?? 'ENCRYPT_DECRYPT', `${place}.KeyUsage`),
      policy: JSON.stringify(map(KeyPolicy, `${place}.KeyPolicy`)),
      aliases: aliases.filter(({ target }) => target === keyId).map(({ name }) => name),
    };
  });
}

function readStateMachines(root: DataMap, cfn: CloudFormation): Map<string, ServiceStateMachine> {
  const machines = new Map<string, ServiceStateMachine>();
  const given = map(map(root.stepFunctions ?? {}, 'stepFunctions').stateMachines ?? {}, 'stepFunctions.stateMachines');
  for (const [key, data] of Object.entries(given)) {
    const place = `stepFunctions.stateMachines.${key}`;
    const machine = map(cfn.resolve(data, place), place);
    const name = text(machine.name, `${place}.name`);
    machines.set(key, {
      key,
      name,
      arn: cfn.stateMachineArn(name),
      roleArn: text(machine.role, `${place}.role`),
      definition: map(machine.definition, `${place}.definition`),
    });
  }
  return machines;
}

function map(data: Data | undefined, place: string): DataMap {
  if (!isMapData(data)) throw new ServerlessError(place, 'is not a map');
  return data;
}

function list(data: Data | undefined, place: string): Data[] {
  if (!Array.isArray(data)) throw new ServerlessError(place, 'is not a list');
  return data;
}

function text(data: Data | undefined, place: string): string {
  if (typeof data !== 'string') throw new ServerlessError(place, 'is not a text');
  return data;
}

function seconds(data: Data, place: string): number {
  if (typeof data !== 'number' || !(data > 0)) throw new ServerlessError(place, 'is not a positive number');
  return data;
}
