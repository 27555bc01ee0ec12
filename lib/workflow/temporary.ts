import { utc } from '../change/wording.ts';
import type { Finding, Guardians, Key } from '../policy/types.ts';
import { validateKeyPolicy } from '../policy/validate.ts';
import { inForce } from './inForce.ts';

/** Why the policy that is live now could not be put back later: whatever would refuse it as a proposal today. */
export function revertFindings(before: string, key: Key, guardians: Guardians): Finding[] {
  const { findings } = validateKeyPolicy({ text: before, key, guardians });
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ message, aws, code }) => ({
      code: 'REVERT_REFUSED',
      severity: 'error',
      message: `The policy that is live now could not be put back (${code}): ${message}`,
      path: '',
      fix: 'Mend the live policy first, or ask for a change that is not temporary.',
      ...(aws === undefined ? {} : { aws }),
    }));
}

/** A warning for each temporary change of this key whose end would be made impossible by another change. */
export async function temporaryFindings(key: Key, undone: string | undefined): Promise<Finding[]> {
  return (await inForce(key.arn))
    .filter(({ id }) => id !== undone)
    .map(({ id, submitter, revertAt = '' }) => ({
      code: 'TEMPORARY_CHANGE',
      severity: 'warning',
      message: `${id} of ${submitter} is in force for a time and would be put back on ${utc(revertAt)}. Once this change is applied, it cannot be: what it gave stays unless this change takes it away.`,
      path: '',
      fix: 'Take away here what it gave, or wait until it is put back.',
    }));
}
