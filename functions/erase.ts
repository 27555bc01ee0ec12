import { canonicalPerson } from '../lib/change/address.ts';
import { api } from '../lib/http/stack.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { erasePerson } from '../lib/workflow/erase.ts';
import { noteDenial } from '../lib/workflow/noteRefusal.ts';

/** `POST /people/{person}/erase`: forgets who a person in the history was, and what they wrote. */
export const handler = api(
  // Without the person: whoever may not erase must not write an address of their choice into the history.
  { groups: ['admins'], turnedAway: { attempt: 'erase', record: (_change, attempt, at) => noteDenial(attempt, at) } },
  ({ caller, params, now }) => erasePerson(canonicalPerson(params.person ?? ''), caller.person, loadRules(), now),
);
