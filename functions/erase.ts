import { canonicalPerson } from '../lib/change/rules.ts';
import { api } from '../lib/http/stack.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { erasePerson } from '../lib/workflow/erase.ts';

/** `POST /people/{person}/erase`: forgets who a person in the history was, and what they wrote. */
export const handler = api({ groups: ['admins'] }, ({ caller, params, now }) =>
  erasePerson(canonicalPerson(params.person ?? ''), caller.person, loadRules(), now),
);
