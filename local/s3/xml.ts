const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A text inside XML. */
export const element = (name: string, text: string | number | boolean): string =>
  `<${name}>${String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</${name}>`;

/** A whole answer of S3. */
export const xmlDocument = (name: string, members: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${NAMESPACE}">${members}</${name}>`;
