import { checkNoNewAccess, checkNoPublicAccess, previewAccess, validatePolicy } from '../aws/accessAnalyzer.ts';
import { listGrants } from '../aws/grants.ts';
import { principalId } from '../aws/iam.ts';
import { seen } from '../aws/notSeen.ts';
import {
  type AnalyzerCheck,
  type AnalyzerFinding,
  keptFindings,
  type Preflight,
  sumUpGrants,
} from '../change/preflight.ts';
import { newPrincipals } from '../policy/newPrincipals.ts';
import type { Key } from '../policy/types.ts';

/** IAM answers some tens of calls a second for a whole account, and other programs ask it too. */
const MOST_PRINCIPALS = 50;

/** A proposal before it is judged. */
export interface Asked {
  key: Key;
  before: string;
  after: string;
}

/**
 * Asks AWS about a proposal, everything at once and within `PREFLIGHT_SECONDS`. What does not answer is told in its place as
 * `notSeen`; nothing of AWS can fail a submit. See docs/decisions/0070-preflight.md.
 */
export async function preflight(asked: Asked): Promise<Preflight> {
  const signal = AbortSignal.timeout(Number(process.env.PREFLIGHT_SECONDS ?? 2) * 1000);
  const [principals, grants, accessAnalyzer] = await Promise.all([
    lookUp(newPrincipals(asked.before, asked.after, asked.key), signal),
    seen(listGrants(asked.key.arn, signal), signal),
    Promise.all(configuredChecks().map((check) => ask(check, asked, signal))),
  ]);
  return {
    principals,
    grants: 'notSeen' in grants ? grants : sumUpGrants(grants.grants, grants.complete),
    accessAnalyzer,
  };
}

async function lookUp(arns: readonly string[], signal: AbortSignal): Promise<Preflight['principals']> {
  const found: Preflight['principals'] = { ids: {}, missing: [], notSeen: [] };
  const answers = await Promise.all(
    arns.map(async (arn, i) => {
      if (i >= MOST_PRINCIPALS) return { arn, notSeen: `Only ${MOST_PRINCIPALS} principals are looked up.` };
      const answer = await seen(
        principalId(arn, signal).then((id) => ({ id })),
        signal,
      );
      return { arn, ...answer };
    }),
  );
  for (const { arn, ...answer } of answers) {
    if ('notSeen' in answer) found.notSeen.push({ principal: arn, why: answer.notSeen });
    else if (answer.id === undefined) found.missing.push(arn);
    else found.ids[arn] = answer.id;
  }
  return found;
}

type Check = (asked: Asked, signal: AbortSignal) => Promise<AnalyzerFinding[]>;

const CHECKS: Readonly<Record<string, Check>> = {
  ValidatePolicy: ({ after }, signal) => validatePolicy(after, signal),
  CheckNoNewAccess: ({ before, after }, signal) => checkNoNewAccess(before, after, signal),
  CheckNoPublicAccess: ({ after }, signal) => checkNoPublicAccess(after, signal),
  AccessPreview: ({ key, after }, signal) =>
    previewAccess(process.env.ACCESS_ANALYZER_ARN ?? '', { arn: key.arn, policy: after }, signal),
};

/** The checks that `ACCESS_ANALYZER_CHECKS` names, separated by commas. */
function configuredChecks(): string[] {
  const names = (process.env.ACCESS_ANALYZER_CHECKS ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => name !== '');
}

async function ask(name: string, asked: Asked, signal: AbortSignal): Promise<AnalyzerCheck> {
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
  if (check === undefined)
    return { check: name, notSeen: 'ACCESS_ANALYZER_CHECKS names it, and there is no such check.' };
  const findings = await seen(check(asked, signal), signal);
  return 'notSeen' in findings ? { check: name, ...findings } : { check: name, findings: keptFindings(findings) };
}
