import { readBody } from '../lib/http/body.ts';
import { adoptBody } from '../lib/http/schemas.ts';
import { api } from '../lib/http/stack.ts';
import { loadRules } from '../lib/store/rulesFile.ts';
import { adoptForeign } from '../lib/workflow/adoptForeign.ts';
import { noteAtTheDoor } from '../lib/workflow/noteRefusal.ts';

/** `POST /foreign-writes/{write}/adopt`: one of its people takes a foreign write over. */
export const handler = api(
  { turnedAway: { attempt: 'adopt', record: noteAtTheDoor } },
  async ({ caller, event, params, now }) => {
    const body = readBody(event, adoptBody);
    if (!body.ok) return body;
    const who = { person: caller.person, comment: body.value.reason, channel: 'api' } as const;
    return adoptForeign(params.write ?? '', who, loadRules(), now);
  },
);
