import { AUDIT } from './operations/audit.ts';
import { CHANGES } from './operations/changes.ts';
import { KEYS } from './operations/keys.ts';
import type { Operation } from './operations/operation.ts';
import { PROPOSED } from './operations/proposals.ts';
import { REVIEW } from './operations/review.ts';

export type { Operation } from './operations/operation.ts';

/** Every operation of serverless.yml but the one that answers with the OpenAPI document. */
export const OPERATIONS: readonly Operation[] = [...KEYS, ...PROPOSED, ...CHANGES, ...REVIEW, ...AUDIT];
