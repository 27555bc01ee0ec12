import { SPOKE } from '../iam/spoke.ts';
import type { Person } from '../people.ts';
import { SEEDS, SPOKE_SEED } from '../seed.ts';

/** What a person reads after the ready line: the keys, the people, and three commands to try. */
export function guide({ api, aws, people }: { api: string; aws: string; people: readonly Person[] }): string {
  const keys = SEEDS.map(({ alias, description }) => `  ${alias.padEnd(24)} ${description}`);
  const groups = [...new Set(people.flatMap((person) => person.groups))].map((group) => {
    const emails = people.filter((person) => person.groups.includes(group)).map(({ email }) => email);
    return `  ${group.padEnd(11)} ${emails.join('  ')}`;
  });
  return `
Keys in the local account:
${keys.join('\n')}

A key in a second account, changed through the roles of docs/spoke.template.yml:
  arn:aws:kms:us-east-1:${SPOKE.accountId}:${SPOKE_SEED.alias}  ${SPOKE_SEED.description}

People (sign-in: ${api}/local/oidc, no passwords):
${groups.join('\n')}

Try it:
  TOKEN=$(curl -s ${api}/local/token -d '{"email":"ana@example.com","groups":["submitters"]}' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -s ${api}/changes -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"key":"alias/payments","edits":[{"op":"addUser","principal":"arn:aws:iam::111122223333:role/Invoices"}],"reason":"Invoices reads card data"}'
  curl -s ${aws}/_aws/ses    # the approvers' mail: open the link in it

As an auditor, by a token for audrey@example.com and the group auditors: ${api}/audit/events, ${api}/audit/verify (docs/audit.md).
The checkpoint of the history comes by mail, each hour and once ${api}/local/schedule/witness is posted to.

AWS SDKs and the AWS CLI can talk to ${aws} (AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test). Ctrl-C stops everything.
`;
}
