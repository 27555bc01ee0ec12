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
  const [prefix, its = partition] = atom.name.split(':', 2);
  const elsewhere = prefix === 'arn' && its !== partition ? `of partition ${shown(its)}` : '';
  const another = `another account${strangerWords(atom, strangers)}${elsewhere && `, ${elsewhere}`}`;
  switch (atom.kind) {
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
      return atom.account === own
        ? `this account, ${accountWords(own)}${elsewhere && `, ${elsewhere}`} (its IAM policies say who)`
        : `account ${accountWords(atom.account ?? '')} (${another}; its IAM policies say who)`;
    default:
      return atom.account === own
        ? `${name}${elsewhere && ` ${elsewhere}`}`
        : `${name} of account ${accountWords(atom.account ?? '')} (${another})`;
  }
}

function strangerWords(atom: Atom, strangers: ReadonlySet<string>): string {
  return strangers.has(atom.account ?? '') ? ', new to this key' : '';
}

function nameOf({ kind, name }: Atom): string {
  if (kind === 'service' || kind === 'federated' || kind === 'canonical') return name.slice(name.indexOf(':') + 1);
  if (kind !== 'identity' && kind !== 'session') return name;
  const resource = name.split(':').slice(5).join(':');
  const [type = '', ...path] = resource.split('/');
  if (kind === 'session' && path.length > 1) return `session ${path.slice(1).join('/')} of role ${path[0]}`;
  return path.length === 0 ? name : `${type} ${path.join('/')}`;
}
