import { setTimeout as wait } from 'node:timers/promises';
import {
  AccessAnalyzerClient,
  type AccessPreviewFinding,
  CheckNoNewAccessCommand,
  CheckNoPublicAccessCommand,
  CreateAccessPreviewCommand,
  GetAccessPreviewCommand,
  ListAccessPreviewFindingsCommand,
  type PathElement,
  type ReasonSummary,
  ValidatePolicyCommand,
  type ValidatePolicyFinding,
} from '@aws-sdk/client-accessanalyzer';
import type { AnalyzerFinding } from '../change/preflight.ts';

/** One attempt: the custom checks cost money, and the submit goes on without an answer. */
const client = new AccessAnalyzerClient({ maxAttempts: 1 });

/** Milliseconds between two looks at an access preview. */
const POLL = 250;

/**
 * AWS's checks of grammar and good practice. No resource type is named: there is none for keys, and without one the checks run that
 * "apply to all resource policies". Errors of AWS are thrown. Source: Access Analyzer API Reference, ValidatePolicy.
 */
export async function validatePolicy(policyDocument: string, abortSignal: AbortSignal): Promise<AnalyzerFinding[]> {
  const findings: AnalyzerFinding[] = [];
  let nextToken: string | undefined;
  do {
    const command = new ValidatePolicyCommand({ policyDocument, policyType: 'RESOURCE_POLICY', nextToken });
    const page = await client.send(command, { abortSignal });
    findings.push(...(page.findings ?? []).map(validationFinding));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return findings;
}

const SEVERITIES: Readonly<Record<string, AnalyzerFinding['severity']>> = {
  ERROR: 'error',
  SECURITY_WARNING: 'warning',
  WARNING: 'warning',
};

function validationFinding({
  findingType,
  issueCode,
  findingDetails,
  locations,
}: ValidatePolicyFinding): AnalyzerFinding {
  const [place] = locations ?? [];
  return {
    severity: SEVERITIES[findingType ?? ''] ?? 'info',
    code: issueCode ?? 'UNKNOWN',
    message: findingDetails ?? '',
    ...(place === undefined ? {} : { path: pointer(place.path ?? []) }),
  };
}

/** A JSON pointer (RFC 6901) from AWS's path. A `key` is the name of a member, a `value` what stands under it; parts of strings are left out. */
const pointer = (path: readonly PathElement[]): string =>
  path
    .map(({ index, key, value }) => (index === undefined ? (value ?? key) : String(index)))
    .flatMap((step) => (step === undefined ? [] : [`/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`]))
    .join('');

/** Whether the proposed policy may allow anything that the live one does not. Each call has a price. Errors of AWS are thrown. */
export async function checkNoNewAccess(
  existingPolicyDocument: string,
  newPolicyDocument: string,
  abortSignal: AbortSignal,
): Promise<AnalyzerFinding[]> {
  const command = new CheckNoNewAccessCommand({
    existingPolicyDocument,
    newPolicyDocument,
    policyType: 'RESOURCE_POLICY',
  });
  const { result, message, reasons } = await client.send(command, { abortSignal });
  return result === 'PASS' ? [] : [customFinding('NEW_ACCESS', message, reasons)];
}

/** Whether the proposed policy may let in everybody. Each call has a price. Errors of AWS are thrown. */
export async function checkNoPublicAccess(
  policyDocument: string,
  abortSignal: AbortSignal,
): Promise<AnalyzerFinding[]> {
  const command = new CheckNoPublicAccessCommand({ policyDocument, resourceType: 'AWS::KMS::Key' });
  const { result, message, reasons } = await client.send(command, { abortSignal });
  return result === 'PASS' ? [] : [customFinding('PUBLIC_ACCESS', message, reasons)];
}

function customFinding(code: string, message = '', reasons: readonly ReasonSummary[] = []): AnalyzerFinding {
  const said = reasons.map(({ description = '', statementId, statementIndex }) => {
    const place = statementId ?? (statementIndex === undefined ? undefined : `statement ${statementIndex + 1}`);
    return place === undefined ? description : `${description} (${place})`;
  });
  return { severity: 'warning', code, message: [message, ...said].filter((text) => text !== '').join(' ') };
}

/**
 * Who outside of the analyzer's zone of trust could use the key under the proposed policy. The key's grants are left out, because
 * then AWS takes those that exist. The preview is made by AWS in its own time: it is looked at until `abortSignal` ends that.
 * Errors of AWS, and of a preview that fails, are thrown. Source: Access Analyzer API Reference, KmsKeyConfiguration.
 *
 * @param analyzerArn Of an analyzer of type ACCOUNT in the key's account and Region.
 */
export async function previewAccess(
  analyzerArn: string,
  key: { arn: string; policy: string },
  abortSignal: AbortSignal,
): Promise<AnalyzerFinding[]> {
  const configurations = { [key.arn]: { kmsKey: { keyPolicies: { default: key.policy } } } };
  const { id: accessPreviewId } = await client.send(new CreateAccessPreviewCommand({ analyzerArn, configurations }), {
    abortSignal,
  });
  const look = new GetAccessPreviewCommand({ accessPreviewId, analyzerArn });
  for (;;) {
    const { accessPreview } = await client.send(look, { abortSignal });
    if (accessPreview?.status === 'COMPLETED') break;
    if (accessPreview?.status !== 'CREATING') {
      throw new Error(`Access preview ${accessPreviewId} failed: ${accessPreview?.statusReason?.code}`);
    }
    await wait(POLL, undefined, { signal: abortSignal });
  }
  const findings: AnalyzerFinding[] = [];
  let nextToken: string | undefined;
  do {
    const command = new ListAccessPreviewFindingsCommand({ accessPreviewId, analyzerArn, nextToken });
    const page = await client.send(command, { abortSignal });
    findings.push(...(page.findings ?? []).map(previewFinding));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return findings;
}

function previewFinding(finding: AccessPreviewFinding): AnalyzerFinding {
  const { principal = {}, action = [], condition = {}, isPublic, changeType, existingFindingStatus, status } = finding;
  const who = Object.entries(principal).map(([kind, id]) => `${kind} ${id}`);
  const when = Object.entries(condition).map(([key, value]) => `${key} ${value}`);
  const parts = [
    `${who.join(', ') || 'Somebody'} may ${action.join(', ')}`,
    when.length === 0 ? '' : ` when ${when.join(', ')}`,
    isPublic ? ', which is public access' : '',
    existingFindingStatus === undefined ? '' : `; ${existingFindingStatus} now, ${status} then`,
    finding.error === undefined ? '' : `; ${finding.error}`,
  ];
  return {
    severity: changeType === 'UNCHANGED' || status === 'RESOLVED' ? 'info' : 'warning',
    code: `EXTERNAL_ACCESS_${changeType}`,
    message: `${parts.join('')}.`,
  };
}
