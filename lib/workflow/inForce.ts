import type { Change } from '../change/change.ts';
import { revertIsOpen } from '../change/revert.ts';
import { listChanges } from '../store/changes.ts';

/** The temporary changes of a key that are in force. */
export async function inForce(keyArn: string): Promise<Change[]> {
  const { changes } = await listChanges({ key: keyArn, revert: 'open' }, { limit: 20 });
  return changes.filter(revertIsOpen);
}
