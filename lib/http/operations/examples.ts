/** Bodies that are shown beside the operations that take them. */
export const APP = 'arn:aws:iam::111122223333:role/App';
export const PROPOSALS = {
  edits: { key: 'alias/payments', edits: [{ op: 'addUser', principal: APP }] },
  document: {
    key: 'alias/payments',
    policy: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111122223333:root' },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    },
  },
  copy: { key: 'alias/payments', copyFrom: 'alias/other' },
};
export const WHY = { reason: 'The new worker takes over retries.', ticket: 'SEC-123' };
export const SUBMITS = {
  edits: { ...PROPOSALS.edits, ...WHY },
  temporary: { ...PROPOSALS.edits, ...WHY, applyAfter: '2026-12-01T20:00:00Z', revertAfter: 'P7D' },
  document: { ...PROPOSALS.document, ...WHY },
  copy: { ...PROPOSALS.copy, ...WHY },
};
