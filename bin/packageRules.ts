import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkRetention, readRetention } from '../lib/change/retention.ts';
import { parseRules } from '../lib/change/rules/parse.ts';

type Environment = Parameters<typeof readRetention>[0];

/** The part of the packager that is used here. */
interface Serverless {
  serviceDir: string;
  service: { provider: { environment?: Environment } };
}

/**
 * A plugin of serverless.yml: reads and checks rules.yml, and packs what it says with each lambda as rules.json. A file with
 * an error is not packaged. So no lambda carries the reading of YAML, nor does it at each cold start.
 */
export default class PackageRules {
  readonly hooks: Record<string, () => void>;

  constructor({ serviceDir, service }: Serverless) {
    const packed = join(serviceDir, 'rules.json');
    this.hooks = {
      'before:package:createDeploymentArtifacts': () =>
        writeFileSync(packed, packedRules(join(serviceDir, 'rules.yml'), service.provider.environment)),
      'after:package:createDeploymentArtifacts': () => rmSync(packed),
    };
  }
}

/**
 * The rules of a file as a lambda reads them. Throws with every error and its line, and where the retention that the environment of
 * the lambdas sets is too short for them.
 */
export function packedRules(path: string, environment: Environment = {}): string {
  const parsed = parseRules(readFileSync(path, 'utf8'));
  if (parsed.ok) {
    checkRetention(readRetention(environment), parsed.rules);
    return JSON.stringify(parsed.rules);
  }
  const errors = parsed.errors.map(({ line, path: place, message }) => `line ${line} ${place}: ${message}`);
  throw new Error(`${path} is not a rules file: ${errors.join('; ')}`);
}
