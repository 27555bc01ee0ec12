import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseRules } from '../../lib/change/rules/parse.ts';
import type { Rules } from '../../lib/change/rules.ts';
import { isLoopback } from '../gateway.ts';

export interface Settings {
  port: number;
  awsPort: number;
  /** Absolute. */
  dataDir: string;
  /** Of `RULES_FILE`, or of the one beside serverless.yml. */
  rules: Rules;
  /** `AWS_ENDPOINT_URL_DYNAMODB` and its like, set by the user: they win over the edge port. */
  endpoints: Record<string, string>;
  /** `LAMBDA_ENDPOINT_URL`: where the lambdas, and they alone, find AWS instead of at the edge. For a proxy between the two that breaks things. */
  lambdaEndpoint?: string;
  /** `WARM=false`: a function is loaded by its first call, not at the start. For many short lives of a system. */
  warm: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the environment asks for, checked before anything is written or opened.
 * @param localKeys access keys of the local account; they look like real ones and are none
 * @throws Error that says which variable to change
 */
export function readSettings(env: Environment, localKeys: () => ReadonlySet<string>): Settings {
  refuseRealAws(env, localKeys);
  return {
    port: port(env, 'PORT', 3000),
    awsPort: port(env, 'AWS_PORT', 4566),
    dataDir: resolve(env.DATA_DIR || '.countersign'),
    rules: readRules(resolve(env.RULES_FILE || join(import.meta.dirname, '..', '..', 'rules.yml'))),
    endpoints: endpointsOf(env),
    warm: env.WARM !== 'false',
    ...(env.LAMBDA_ENDPOINT_URL ? { lambdaEndpoint: env.LAMBDA_ENDPOINT_URL } : {}),
  };
}

/** Variables of the AWS SDK that point one service somewhere else. */
const ENDPOINT = /^AWS_ENDPOINT_URL_[A-Z0-9_]+$/;

/** The lambdas get keys of their own; real ones in the shell mean that somebody is in the wrong terminal. */
function refuseRealAws(env: Environment, localKeys: () => ReadonlySet<string>): void {
  const key = env.AWS_ACCESS_KEY_ID ?? '';
  if (/^(?:AKIA|ASIA)[A-Z0-9]{16}$/.test(key) && !localKeys().has(key)) {
    throw new Error(
      'AWS_ACCESS_KEY_ID looks like a real AWS access key. Nothing here needs one: unset it (and AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN) and start again.',
    );
  }
  const { LAMBDA_ENDPOINT_URL } = env;
  const local = { ...endpointsOf(env), ...(LAMBDA_ENDPOINT_URL ? { LAMBDA_ENDPOINT_URL } : {}) };
  for (const [name, url] of Object.entries(local)) {
    const host = URL.parse(url)?.host;
    if (host === undefined || !isLoopback(host))
      throw new Error(
        `${name}=${url} is not on this machine. Only http://localhost:PORT or 127.0.0.1 may stand there.`,
      );
  }
}

function endpointsOf(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, url]) => (ENDPOINT.test(name) && url ? [[name, url]] : [])),
  );
}

function readRules(path: string): Rules {
  if (!existsSync(path)) throw new Error(`RULES_FILE: there is no file ${path}`);
  const result = parseRules(readFileSync(path, 'utf8'));
  if (result.ok) return result.rules;
  const lines = result.errors.map(
    (error) => `  line ${error.line}: ${error.path && `${error.path}: `}${error.message}`,
  );
  throw new Error([`RULES_FILE: ${path} is not a valid rules file:`, ...lines].join('\n'));
}

function port(env: Environment, name: string, otherwise: number): number {
  const text = env[name] || String(otherwise);
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new Error(`${name}=${text} is not a port`);
  return Number(text);
}
