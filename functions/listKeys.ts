import { done } from '../lib/change/refusal.ts';
import { api } from '../lib/http/stack.ts';
import { viewKeys } from '../lib/workflow/keys.ts';

/** `GET /keys`: the keys of this account and of those of the rules file, and whether their policy can be changed. */
export const handler = api({ groups: ['submitters', 'auditors'] }, async () => done(await viewKeys()));
