/** DynamoDB and the edge in a process of their own, so that a test can kill it: `node dynamodbProcess.ts DATA_DIR`. Prints both URLs. */
import { openDynamodb } from '../../../local/dynamodb.ts';
import { edgeWith } from './edge.ts';
import { tables } from './tables.ts';

const dynamodb = await openDynamodb({ dataDir: process.argv[2] ?? '', tables });
const { url } = await edgeWith({ dynamodb });
process.stdout.write(`${url} ${dynamodb.endpoint}\n`);
