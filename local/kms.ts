import { join } from 'node:path';
import { REGION } from './iam/principals.ts';
import type { Iam } from './iam.ts';
import { openJournal } from './journal.ts';
import { createAlias, deleteAlias, listAliases, updateAlias } from './kms/aliases.ts';
import type { KmsContext, Operation } from './kms/context.ts';
import { control } from './kms/control.ts';
import { createKey } from './kms/createKey.ts';
import { errorResponse, jsonResponse, KmsError } from './kms/error.ts';
import { createGrant, listGrants } from './kms/grants.ts';
import type { Input } from './kms/input.ts';
import { getKeyPolicy, listKeyPolicies, putKeyPolicy } from './kms/keyPolicies.ts';
import { cancelKeyDeletion, describeKey, disableKey, enableKey, listKeys, scheduleKeyDeletion } from './kms/keys.ts';
import { replicateKey } from './kms/replicateKey.ts';
import { getPublicKey, sign, verify } from './kms/sign.ts';
import { openStore } from './kms/state.ts';
import { listResourceTags, tagResource, untagResource } from './kms/tags.ts';
import { type TrailEvent, trailEvent } from './kms/trail.ts';
import type { Entry } from './kms/types.ts';
import type { AwsRequest, AwsResponse, AwsService } from './types.ts';

export interface KmsOptions {
  dataDir: string;
  iam: Pick<Iam, 'denies' | 'world'>;
  /** How long reads may give the policy before the last put. `KMS_CONSISTENCY_DELAY_MS` by default, else 0. */
  consistencyDelayMs?: number;
  region?: string;
  /** What a folder without keys begins with. */
  seeds?: readonly Entry[];
  /** The entries that make each key of the template, by its ARN; those of a key that is there are left out. */
  declared?: ReadonlyMap<string, readonly Entry[]>;
  /** Puts an event of CloudTrail on the default event bus. What a crash takes with it is told no more, as with the real one. */
  publish?(event: TrailEvent): Promise<unknown>;
}

/** Milliseconds until CloudTrail has told: minutes on AWS. */
const TOLD_AFTER = 30;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  CancelKeyDeletion: cancelKeyDeletion,
  CreateAlias: createAlias,
  CreateGrant: createGrant,
  CreateKey: createKey,
  DeleteAlias: deleteAlias,
  DescribeKey: describeKey,
  DisableKey: disableKey,
  EnableKey: enableKey,
  GetKeyPolicy: getKeyPolicy,
  GetPublicKey: getPublicKey,
  ListAliases: listAliases,
  ListGrants: listGrants,
  ListKeyPolicies: listKeyPolicies,
  ListKeys: listKeys,
  ListResourceTags: listResourceTags,
  PutKeyPolicy: putKeyPolicy,
  ReplicateKey: replicateKey,
  ScheduleKeyDeletion: scheduleKeyDeletion,
  Sign: sign,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateAlias: updateAlias,
  Verify: verify,
};

/**
 * AWS KMS on a laptop, on the wire as JSON 1.1, each account and Region with keys of its own (the Region is that of the signature): keys, aliases, tags, policies with a check of their own, and real signatures.
 * Everything is in `kms.jsonl` in the data folder, written before it is answered. Paths under `/_kms/` are in kms/control.ts.
 * Throws on a `KMS_CONSISTENCY_DELAY_MS` that is no number.
 */
export function openKms({
  dataDir,
  iam,
  consistencyDelayMs,
  region = REGION,
  seeds = [],
  declared = new Map(),
  publish,
}: KmsOptions): AwsService {
  const store = openStore(openJournal<Entry>(join(dataDir, 'kms.jsonl')));
  if (store.state.keys.size === 0 && seeds.length > 0) store.record({ type: 'seed', entries: seeds });
  for (const [arn, entries] of declared) if (!store.state.keys.has(arn)) store.record({ type: 'seed', entries });
  const told = new Set<NodeJS.Timeout>();
  const tell: KmsContext['tell'] = (call, caller) => {
    // CloudTrail tells the bus of the call's own Region.
    if (publish === undefined || (call.keyArn !== null && call.keyArn.split(':')[3] !== region)) return;
    const event = trailEvent(call, caller, region);
    const timer = setTimeout(() => {
      told.delete(timer);
      publish(event).catch((error: unknown) => console.error(error));
    }, TOLD_AFTER);
    told.add(timer);
  };
  const delay = consistencyDelayMs ?? delayFromEnvironment();
  const context: KmsContext = { store, iam, region, consistencyDelayMs: delay, tell };
  return {
    handle: async (request) =>
      request.path.startsWith('/_kms/') ? control(context, request) : answer(context, request),
    close: async () => told.forEach(clearTimeout),
  };
}

function delayFromEnvironment(): number {
  const text = process.env.KMS_CONSISTENCY_DELAY_MS ?? '0';
  if (!/^[0-9]+$/.test(text)) throw new Error(`KMS_CONSISTENCY_DELAY_MS must be milliseconds, not ${text}`);
  return Number(text);
}

function answer(context: KmsContext, request: AwsRequest): AwsResponse {
  try {
    const operation = Object.hasOwn(OPERATIONS, request.operation) ? OPERATIONS[request.operation] : undefined;
    if (operation === undefined) {
      throw new KmsError('UnknownOperationException', `${request.operation} is not spoken here`);
    }
    const region = /Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\//.exec(request.headers.authorization ?? '')?.[1];
    const here = region === undefined ? context : { ...context, region };
    return jsonResponse(200, operation(here, readInput(request), request.caller));
  } catch (error) {
    if (error instanceof KmsError) return errorResponse(error);
    console.error(error);
    return errorResponse(new KmsError('KMSInternalException', String(error)));
  }
}

function readInput(request: AwsRequest): Input {
  try {
    const body: unknown = JSON.parse(request.body.toString('utf8') || '{}');
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Input;
  } catch {
    // Told below, as for every other body that is no JSON object.
  }
  throw new KmsError('SerializationException', 'The body must be a JSON object');
}
