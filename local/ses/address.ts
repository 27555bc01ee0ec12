/** `ana@example.com` of `Ana Silva <ana@example.com>`. */
export function addressIn(mailbox: string): string {
  return (/<([^<>]*)>\s*$/.exec(mailbox)?.[1] ?? mailbox).trim();
}

/** Is it an address SES takes: ASCII, a local part of at most 64 characters, and a domain? No line end may hide in it. */
export function isAddress(mailbox: string): boolean {
  if (/[\r\n]/.test(mailbox) || mailbox.length > 320) return false;
  return (
    /^[^\s@<>()[\]\\,;:"]{1,64}@[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(addressIn(mailbox)) &&
    isAscii(addressIn(mailbox))
  );
}

function isAscii(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text);
}
