/**
 * Step Functions in a process of its own, so that a test can kill it: `node statesProcess.ts DATA_DIR LAMBDAS_URL ASL_FILE`.
 * Prints its URL. A lambda is a POST to LAMBDAS_URL/name, held by the test for as long as it likes.
 */
import { readFileSync } from 'node:fs';
import { openStates } from '../../../local/states/open.ts';
import type { Invocation } from '../../../local/types.ts';
import { ACCOUNT_ID, edgeWith, REGION } from './edge.ts';

const [dataDir = '', lambdas = '', aslFile = ''] = process.argv.slice(2);
const states = openStates({
  dataDir,
  region: REGION,
  accountId: ACCOUNT_ID,
  stateMachines: [
    {
      name: 'test',
      arn: `arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:test`,
      definition: JSON.parse(readFileSync(aslFile, 'utf8')),
    },
  ],
  invoke: async (name, event) => {
    const response = await fetch(`${lambdas}/${name}`, { method: 'POST', body: JSON.stringify(event) });
    return (await response.json()) as Invocation;
  },
});
const { url } = await edgeWith({ states });
states.resume();
process.stdout.write(`${url}\n`);
