import { KEY_READERS, type Operation } from './operation.ts';

/** The keys and their live policies. */
export const KEYS: readonly Operation[] = [
  {
    id: 'listKeys',
    method: 'get',
    path: '/keys',
    tag: 'Keys',
    summary: 'The keys of this account and of those of the rules file, and whether their policy can be changed',
    who: KEY_READERS,
    iam: true,
    reply: { status: 200, schema: 'KeyList' },
    refusals: [],
  },
  {
    id: 'getKey',
    method: 'get',
    path: '/keys/{key}',
    tag: 'Keys',
    summary: 'One key',
    who: KEY_READERS,
    iam: true,
    reply: { status: 200, schema: 'KeyView' },
    refusals: ['NOT_FOUND'],
  },
  {
    id: 'getKeyPolicy',
    method: 'get',
    path: '/keys/{key}/policy',
    tag: 'Keys',
    summary: 'The live policy of a key, its hashes and its default view',
    who: KEY_READERS,
    iam: true,
    reply: { status: 200, schema: 'KeyPolicyView' },
    refusals: ['NOT_FOUND'],
  },
];
