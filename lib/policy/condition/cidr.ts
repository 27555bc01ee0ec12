/** A block of IP addresses: the bytes of its first address (4 or 16) and how many leading bits are fixed. */
export interface Cidr {
  bytes: readonly number[];
  prefix: number;
  /** Canonical text. */
  text: string;
}

/** Reads an IPv4 or IPv6 address or block (RFC 4632, RFC 4291); bits after the prefix are cleared. `undefined` for other text. */
export function parseCidr(text: string): Cidr | undefined {
  const [address, length, ...more] = text.split('/');
  if (address === undefined || more.length > 0 || (length !== undefined && !/^[0-9]{1,3}$/.test(length)))
    return undefined;
  const bytes = address.includes(':') ? ipv6(address) : ipv4(address);
  if (bytes === undefined) return undefined;
  const bits = bytes.length * 8;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits) return undefined;
  const masked = bytes.map((byte, index) => byte & maskByte(prefix, index));
  return { bytes: masked, prefix, text: `${addressText(masked)}/${prefix}` };
}

/** Whether all addresses of one block are in the other. */
export function cidrWithin(narrow: Cidr, wide: Cidr): boolean {
  if (narrow.bytes.length !== wide.bytes.length || narrow.prefix < wide.prefix) return false;
  return wide.bytes.every((byte, index) => ((narrow.bytes[index] ?? 0) & maskByte(wide.prefix, index)) === byte);
}

/** The first address of a block. */
export function sampleAddress(cidr: Cidr): string {
  return addressText(cidr.bytes);
}

function maskByte(prefix: number, index: number): number {
  const bits = Math.max(0, Math.min(8, prefix - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}

function ipv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^[0-9]{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.map(Number);
}

function ipv6(text: string): number[] | undefined {
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const groups = halves.flat();
  const missing = 8 - groups.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined;
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const values = halves.flatMap((half, index) => [
    ...new Array<number>(index * missing).fill(0),
    ...half.map((group) => Number.parseInt(group, 16)),
  ]);
  return values.flatMap((value) => [value >> 8, value & 0xff]);
}

function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: string[] = [];
  for (let i = 0; i < bytes.length; i += 2) groups.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
  return groups.join(':');
}
