import type { Change } from '../change/change.ts';
import { type Refusal, refuse } from '../change/refusal.ts';
import { keyName } from '../change/wording.ts';
import type { Address, Write } from './table.ts';

type Placed = Pick<Change, 'id' | 'key' | 'rule'>;

/** How many changes of one key may be open at once, and as many emergencies beside them: approvers must see the one that matters. */
const limit = (): number => Number(process.env.OPEN_CHANGES_PER_KEY ?? 20);

const isEmergency = ({ rule }: Placed): boolean => rule.breakGlass !== undefined;

/** Emergencies have places of their own: nobody keeps one out by filling the key with other changes. */
const placesOf = (change: Placed): Address => ({
  pk: `OPEN#${change.key.arn}`,
  sk: isEmergency(change) ? 'EMERGENCIES' : 'CHANGES',
});

/** What takes a place among the open changes of a change's key together with the change itself, and what it means that there is none. */
export function takePlace(change: Placed): { writes: Write[]; refusal: Refusal } {
  const most = limit();
  const what = isEmergency(change) ? 'open emergencies' : 'open changes';
  return {
    writes: [
      {
        members: placesOf(change),
        add: change.id,
        condition: {
          expression: 'attribute_not_exists(#members) OR size(#members) < :limit',
          values: { ':limit': most },
        },
      },
    ],
    refusal: refuse(
      'TOO_MANY_OPEN',
      `The key ${keyName(change.key)} has ${most} ${what}, the most that a key may have. Wait until one of them has ended, or cancel one: its submitter or an admin may (POST /changes/{id}/cancel).`,
    ).refusal,
  };
}

/** What gives the place of a change back. Of one that has none it does nothing. */
export const freePlace = (change: Placed): Write => ({ members: placesOf(change), remove: change.id });
