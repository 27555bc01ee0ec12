import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

/**
 * Path of the dynoxide binary: that of the platform's npm package, or the one on PATH. Throws an error that says how to get
 * one when there is neither.
 */
export function dynoxideBinary(
  environment: NodeJS.ProcessEnv = process.env,
  platformPackage = `@dynoxide/${process.platform}-${process.arch}`,
): string {
  const found = [installed(platformPackage), ...onPath(environment.PATH ?? '')].find(
    (path) => path !== undefined && isExecutable(path),
  );
  if (found !== undefined) return found;
  throw new Error(
    `no DynamoDB for this machine: neither the npm package ${platformPackage} nor dynoxide on PATH. ` +
      `Install one (npm install --no-save ${platformPackage}, or a release of https://github.com/nubo-db/dynoxide on PATH), ` +
      'or set AWS_ENDPOINT_URL_DYNAMODB to a DynamoDB that runs elsewhere, such as DynamoDB Local.',
  );
}

function installed(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${name}/dynoxide`);
  } catch {
    return undefined;
  }
}

function onPath(path: string): string[] {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'dynoxide'));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
