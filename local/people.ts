export interface Person {
  /** Lower case: it is the person's one canonical id. */
  email: string;
  name: string;
  groups: string[];
}

/** Who can sign in on the laptop besides the approvers, who come from the rules file. */
const GROUPS: Record<string, string[]> = {
  submitters: ['ana@example.com', 'ben@example.com', 'cleo@example.com'],
  auditors: ['audrey@example.com', 'aldo@example.com', 'ines@example.com'],
  admins: ['ada@example.com', 'abe@example.com', 'amy@example.com'],
};

/**
 * Everybody that the local OpenID provider knows.
 * @param approvers emails of the rules file's approvers, in its order
 */
export function localPeople(approvers: readonly string[]): Person[] {
  const people = new Map<string, Person>();
  for (const [group, emails] of Object.entries({ ...GROUPS, approvers })) {
    for (const given of emails) {
      const email = given.toLowerCase();
      const known = people.get(email);
      if (known) known.groups = [...new Set([...known.groups, group])];
      else people.set(email, { email, name: nameOf(email), groups: [group] });
    }
  }
  return [...people.values()];
}

function nameOf(email: string): string {
  const [name = ''] = email.split('@');
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
