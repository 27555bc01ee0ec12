import type { Iam } from '../iam.ts';
import type { Caller } from '../types.ts';
import type { Input } from './input.ts';
import type { KmsStore } from './state.ts';
import type { Call } from './trail.ts';

/** What an operation works with. */
export interface KmsContext {
  store: KmsStore;
  iam: Pick<Iam, 'denies' | 'world'>;
  region: string;
  /** Of the process; `PUT /_kms/options` wins over it. */
  consistencyDelayMs: number;
  /** Tells CloudTrail of a call. */
  tell(call: Call, caller: Caller): void;
}

/** One operation of the API: reads its input, returns what JSON 1.1 carries, throws KmsError. Synchronous, so that nothing comes between check and effect. */
export type Operation = (context: KmsContext, input: Input, caller: Caller) => object;
