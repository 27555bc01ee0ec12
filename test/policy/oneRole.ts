/** Policies that allow one role one action under conditions, and what is said of their differences. */
import { compareAccess } from '../../lib/policy/access/access.ts';
import { policyOf } from './arbitrary.ts';

export const OWN = '111122223333';
const APP = `arn:aws:iam::${OWN}:role/app`;

export const statement = (Effect: string, Condition?: object, Principal: unknown = { AWS: APP }) => ({
  Effect,
  Principal,
  Action: 'kms:Decrypt',
  Resource: '*',
  ...(Condition && { Condition }),
});
export const allow = (condition?: object) => statement('Allow', condition);
export const deny = (condition: object) => statement('Deny', condition);
export const via = (...services: string[]) => ({ 'kms:ViaService': services });
export const context = (...values: string[]) => ({ 'kms:EncryptionContext:a': values });

export function compare(before: object[], after: object[]) {
  const document = (Statement: object[]) => policyOf({ Version: '2012-10-17', Statement });
  return compareAccess(document(before), document(after), { accountId: OWN }).access;
}
export const told = (before: object[], after: object[]) => {
  const { gains, loses, changed } = compare(before, after);
  const brief = (entries: typeof gains) =>
    entries.map(({ when, certainty }) => ({ ...(when && { when }), ...(certainty && { certainty }) }));
  return { gains: brief(gains), loses: brief(loses), changed: brief(changed) };
};
export const NOTHING = { gains: [], loses: [], changed: [] };
export const gained = (...after: object[]) => told([], after).gains;
