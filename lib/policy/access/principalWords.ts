import { shown } from '../condition/conditionWords.ts';
import type { Atom } from '../principals.ts';

/** A 12-digit account id as people read it: `1111-2222-3333`. */
export function accountWords(account: string): string {
  return account.replace(/^(\d{4})(\d{4})(\d{4})$/, '$1-$2-$3');
}

/**
 * Who an atom is, in words.
 *
 * @param own Account of the key.
 * @param strangers Accounts that the document before did not let in.
 * @param partition Of the key.
 */
export function principalWords(atom: Atom, own: string, strangers: ReadonlySet<string>, partition = 'aws'): string {
  const name = nameOf(atom).split(' ').map(shown).join(' ');
  const { kind, account = '' } = atom;
  const [, its = partition] = atom.name.split(':', 2);
  const elsewhere = its === partition ? '' : `of partition ${shown(its)}`;
  const another = `another account${strangers.has(account) ? ', new to this key' : ''}${elsewhere && `, ${elsewhere}`}`;
  switch (kind) {
    case 'everyone':
      return 'everyone in every AWS account';
    case 'service':
      return `AWS service ${name}`;
    case 'federated':
      return `federated identity provider ${name}`;
    case 'canonical':
      return `canonical user ${name}`;
    case 'unknown':
      return `deleted or unknown principal ${name}`;
    case 'account':
      return account === own
        ? `this account, ${accountWords(own)} (its IAM policies say who)`
        : `account ${accountWords(account)} (${another}; its IAM policies say who)`;
    default:
      return account === own
        ? `${name}${elsewhere && ` ${elsewhere}`}`
        : `${name} of account ${accountWords(account)} (${another})`;
  }
}

function nameOf({ kind, name }: Atom): string {
  if (kind === 'service' || kind === 'federated' || kind === 'canonical') return name.slice(name.indexOf(':') + 1);
  if (kind !== 'identity' && kind !== 'session') return name;
  const [type, ...path] = name.split(':').slice(5).join(':').split('/');
  if (kind === 'session') return `session ${path[1]} of role ${path[0]}`;
  return path.length === 0 ? name : `${type} ${path.join('/')}`;
}
