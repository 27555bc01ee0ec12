/** The rows of a CSV file, by RFC 4180 to the letter: CRLF, every cell quoted. Throws on anything else. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const match = /"((?:[^"]|"")*)"(,|\r\n)/y;
    match.lastIndex = at;
    const [all, value = '', end] = match.exec(text) ?? [];
    if (all === undefined) throw new Error(`no cell at ${at}: ${text.slice(at, at + 40)}`);
    row.push(value.replaceAll('""', '"'));
    if (end === '\r\n') {
      rows.push(row);
      row = [];
    }
    at += all.length;
  }
  return rows;
}
