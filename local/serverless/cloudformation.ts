import { createHash } from 'node:crypto';
import { type Data, type DataMap, isMapData, ServerlessError } from './read.ts';

export interface CfnResource {
  logicalId: string;
  properties: DataMap;
  place: string;
}

/** CloudFormation's references, resolved for one account and Region without asking anybody. */
export interface CloudFormation {
  /** Every Ref, Fn::Sub, Fn::GetAtt and Fn::Join inside `data` replaced by its value. @throws ServerlessError */
  resolve(data: Data, place: string): Data;
  resources(type: string): CfnResource[];
  functionName(key: string): string;
  functionArn(key: string): string;
  roleArn(name: string): string;
  stateMachineArn(name: string): string;
}

/** `Fn::GetAtt` and `Ref` by resource type: what AWS would return for a resource of that name. */
const NAME_PROPERTY: Record<string, string> = { 'AWS::DynamoDB::Table': 'TableName', 'AWS::IAM::Role': 'RoleName' };

export function cloudFormation(options: {
  root: DataMap;
  service: string;
  stage: string;
  accountId: string;
  region: string;
  /** Values of the template's own parameters. */
  parameters?: Record<string, string>;
}): CloudFormation {
  const { root, service, stage, accountId, region, parameters = {} } = options;
  const declared = isMapData(root.resources) && isMapData(root.resources.Resources) ? root.resources.Resources : {};
  const functions = isMapData(root.functions) ? root.functions : {};
  /** serverless-step-functions lets a definition name a function by its key; CloudFormation knows it by its logical id. */
  const functionKeys = new Map(
    Object.keys(functions).flatMap((key) => [
      [key, key],
      [`${key[0]?.toUpperCase()}${key.slice(1)}LambdaFunction`, key],
    ]),
  );
  const pseudo: Record<string, string> = {
    ...parameters,
    'AWS::AccountId': accountId,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': `${service}-${stage}`,
  };
  const arn = (kind: string, name: string, where = region) =>
    `arn:aws:${kind.replace('*', `${where}:${accountId}`)}${name}`;
  const functionName = (key: string) => `${service}-${stage}-${key}`;
  const functionArn = (key: string) => arn('lambda:*:function:', functionName(key));
  const roleArn = (name: string) => arn('iam:*:role/', name, '');
  const stateMachineArn = (name: string) => arn('states:*:stateMachine:', name);

  const nameOf = (logicalId: string, place: string): { type: string; name: string } => {
    const resource = declared[logicalId];
    if (!isMapData(resource)) throw new ServerlessError(place, `there is no resource ${logicalId}`);
    const type = String(resource.Type);
    if (type === 'AWS::KMS::Key') return { type, name: keyIdOf(`${service}-${stage}-${logicalId}`) };
    const property = NAME_PROPERTY[type];
    const given = property !== undefined && isMapData(resource.Properties) ? resource.Properties[property] : undefined;
    if (given === undefined)
      throw new ServerlessError(place, `${logicalId} (${type}) has no name that is known before it is deployed`);
    return { type, name: String(resolve(given, `resources.Resources.${logicalId}.Properties.${property}`)) };
  };
  const ref = (logicalId: string, place: string): string => {
    const known = pseudo[logicalId];
    if (known !== undefined) return known;
    if (logicalId === 'HttpApi') return 'local';
    const key = functionKeys.get(logicalId);
    return key === undefined ? nameOf(logicalId, place).name : functionName(key);
  };
  const getAtt = (logicalId: string, attribute: string, place: string): string => {
    if (attribute !== 'Arn') throw new ServerlessError(place, `${logicalId}.${attribute} is not known locally`);
    const key = functionKeys.get(logicalId);
    if (key !== undefined) return functionArn(key);
    const { type, name } = nameOf(logicalId, place);
    if (type === 'AWS::IAM::Role') return roleArn(name);
    return type === 'AWS::KMS::Key' ? arn('kms:*:key/', name) : arn('dynamodb:*:table/', name);
  };
  const sub = (argument: Data, place: string): string => {
    const [template, given] = Array.isArray(argument) ? argument : [argument, {}];
    if (typeof template !== 'string' || !isMapData(given)) throw new ServerlessError(place, 'Fn::Sub has no text');
    return template.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      if (given[name] !== undefined) return String(resolve(given[name], place));
      const dot = name.indexOf('.');
      return dot < 0 ? ref(name, place) : getAtt(name.slice(0, dot), name.slice(dot + 1), place);
    });
  };
  const call = (name: string, argument: Data, place: string): Data => {
    switch (name) {
      case 'Ref':
        return ref(String(argument), place);
      case 'Fn::Sub':
        return sub(argument, place);
      case 'Fn::GetAtt': {
        const [logicalId, attribute] = Array.isArray(argument) ? argument : String(argument).split(/\.(.*)/s);
        return getAtt(String(logicalId), String(attribute), place);
      }
      case 'Fn::Join': {
        const [separator, parts] = Array.isArray(argument) ? argument : [];
        if (typeof separator !== 'string' || !Array.isArray(parts)) throw new ServerlessError(place, 'Fn::Join is odd');
        return parts.map((part) => String(resolve(part, place))).join(separator);
      }
      default:
        throw new ServerlessError(place, `${name} is not resolved locally`);
    }
  };
  function resolve(data: Data, place: string): Data {
    if (Array.isArray(data)) return data.map((item, index) => resolve(item, `${place}[${index}]`));
    if (!isMapData(data)) return data;
    const entries = Object.entries(data);
    const [[name, argument] = []] = entries;
    if (
      entries.length === 1 &&
      name !== undefined &&
      argument !== undefined &&
      (name === 'Ref' || name.startsWith('Fn::'))
    )
      return call(name, argument, place);
    return Object.fromEntries(entries.map(([key, value]) => [key, resolve(value, `${place}.${key}`)]));
  }

  return {
    resolve,
    functionName,
    functionArn,
    roleArn,
    stateMachineArn,
    resources: (type) =>
      Object.entries(declared).flatMap(([logicalId, resource]) =>
        isMapData(resource) && resource.Type === type
          ? [
              {
                logicalId,
                properties: isMapData(resource.Properties) ? resource.Properties : {},
                place: `resources.Resources.${logicalId}.Properties`,
              },
            ]
          : [],
      ),
  };
}

/** The id that a key of the template has here: always the same one, where KMS would choose. */
function keyIdOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
