import { join } from 'node:path';
import type { IamRole } from '../iam.ts';
import { cloudFormation } from '../serverless/cloudformation.ts';
import { isMapData, readServerlessFile, ServerlessError } from '../serverless/read.ts';
import { readRoles } from '../serverless.ts';
import { ACCOUNT_ID, REGION } from './principals.ts';

/** A second account, in which docs/spoke.template.yml is deployed; the example rules file registers it. */
export const SPOKE = { accountId: '222233334444', externalId: 'countersign-local' } as const;

/** The roles of the template as they are in the second account, each with whom it trusts. */
export function spokeRoles(): IamRole[] {
  const path = join(import.meta.dirname, '..', '..', 'docs', 'spoke.template.yml');
  const { Resources } = readServerlessFile(path, { stage: 'local', params: {}, env: {} });
  if (!isMapData(Resources)) throw new ServerlessError(path, 'has no Resources');
  const cfn = cloudFormation({
    root: { resources: { Resources } },
    service: 'countersign',
    stage: 'local',
    accountId: SPOKE.accountId,
    region: REGION,
    parameters: { CountersignAccount: ACCOUNT_ID, CountersignStage: 'local', ExternalId: SPOKE.externalId },
  });
  return [...readRoles(cfn).values()];
}
