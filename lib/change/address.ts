/** One person has one spelling: the email, trimmed and in lower case. */
export const canonicalPerson = (address: string): string => address.trim().toLowerCase();

/**
 * An address, also inside of a sentence, a name of a session, or quotes. An apostrophe belongs to it between two letters or digits
 * (`o'brien@example.com`), and is a quote everywhere else.
 */
export const ADDRESS =
  /(?:[^\s@<>"'“”‘’(),;:\\/[\]]|(?<=[\p{L}\p{N}])'(?=[\p{L}\p{N}]))+@[^\s@<>"'“”‘’(),;:\\/[\]]*[^\s@<>"'“”‘’(),;:\\/[\].]/gu;

/** Is all of it one address? Whoever is called otherwise would stand in the log in pieces, so nobody may be. */
export const isAddress = (text: string): boolean => text.match(ADDRESS)?.[0] === text;
