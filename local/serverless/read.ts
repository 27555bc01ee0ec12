import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, type Node, type ParsedNode, parseDocument } from 'yaml';

export type Data = null | boolean | number | string | Data[] | { [name: string]: Data };
export type DataMap = { [name: string]: Data };

/** Something in serverless.yml that cannot be read here; the message names the place. */
export class ServerlessError extends Error {
  override name = 'ServerlessError';
  constructor(place: string, problem: string) {
    super(`${place}: ${problem}`);
  }
}

/** What the `${…}` of serverless.yml may be filled with. */
export interface Sources {
  stage: string;
  /** Win over `params` in the file. */
  params: Readonly<Record<string, string | number | boolean>>;
  env: Readonly<Record<string, string | undefined>>;
}

export const isMapData = (data: Data | undefined): data is DataMap =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

/**
 * Reads serverless.yml into plain data: the short CloudFormation tags become their long form, anchors are followed and
 * every `${source:address, fallback}` is filled in. `${AWS::Region}` and `${Table.Arn}` stay: they are CloudFormation's.
 *
 * Sources: `param`, `sls:stage`, `sls:instanceId` (refused), `opt:stage`, `opt:region`, `env`, `self`, `file(path)`.
 * @throws ServerlessError for a YAML error, an unknown tag or source, and a variable that has neither value nor fallback.
 */
export function readServerlessFile(path: string, sources: Sources): DataMap {
  const data = parseYaml(path);
  if (!isMapData(data)) throw new ServerlessError(path, 'is not a map');
  // Params are filled in where they are used: those of another stage may have no value here.
  const { params: _, ...used } = data;
  return new Variables(data, dirname(path), sources).fill(used, '') as DataMap;
}

function parseYaml(path: string): Data {
  if (!existsSync(path)) throw new ServerlessError(path, 'there is no such file');
  const document = parseDocument(readFileSync(path, 'utf8'), { logLevel: 'silent' });
  const error = document.errors[0];
  if (error) throw new ServerlessError(path, error.message);
  const toData = (node: ParsedNode | Node | null | undefined, place: string): Data => {
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return toData(node.resolve(document), place);
    const data = plain(node, place);
    return node.tag?.startsWith('!') && !node.tag.startsWith('!!') ? longForm(node.tag.slice(1), data, place) : data;
  };
  const plain = (node: Node, place: string): Data => {
    if (isScalar(node)) return node.value as Data;
    if (isSeq(node)) return node.items.map((item, index) => toData(item as Node, `${place}[${index}]`));
    if (!isMap(node)) throw new ServerlessError(place, 'is no scalar, list or map');
    const own: DataMap = {};
    let merged: DataMap = {};
    for (const pair of node.items) {
      const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
      const at = place === '' ? name : `${place}.${name}`;
      const value = toData(pair.value as Node | null, at);
      if (name !== '<<') own[name] = value;
      else for (const part of [value].flat()) if (isMapData(part)) merged = { ...part, ...merged };
    }
    return { ...merged, ...own };
  };
  return toData(document.contents, '');
}

const TAGS = new Set(['Sub', 'Join', 'Select', 'Split', 'If', 'Equals', 'Not', 'And', 'Or', 'FindInMap', 'Base64']);

function longForm(tag: string, data: Data, place: string): Data {
  if (tag === 'Ref' || tag === 'Condition') return { [tag]: data };
  if (tag === 'GetAtt') {
    if (typeof data !== 'string') return { 'Fn::GetAtt': data };
    const dot = data.indexOf('.');
    if (dot < 1) throw new ServerlessError(place, `!GetAtt ${data} names no attribute`);
    return { 'Fn::GetAtt': [data.slice(0, dot), data.slice(dot + 1)] };
  }
  if (!TAGS.has(tag)) throw new ServerlessError(place, `!${tag} is not a tag that is read locally`);
  return { [`Fn::${tag}`]: data };
}

/** `source:address` or `file(path):address`; `AWS::Region`, `Table.Arn` and `Table` are not. */
const VARIABLE = /^(?:([a-zA-Z]+)(?:\(([^)]*)\))?:(?!:)(.*)|file\(([^)]*)\))$/s;

class Variables {
  readonly #root: DataMap;
  readonly #folder: string;
  readonly #sources: Sources;
  /** What is being filled in just now: a variable that leads back to itself never ends. */
  readonly #open = new Set<string>();

  constructor(root: DataMap, folder: string, sources: Sources) {
    this.#root = root;
    this.#folder = folder;
    this.#sources = sources;
  }

  fill(data: Data, place: string): Data {
    if (typeof data === 'string') return this.#fillText(data, place);
    if (Array.isArray(data)) return data.map((item, index) => this.fill(item, `${place}[${index}]`));
    if (!isMapData(data)) return data;
    return Object.fromEntries(
      Object.entries(data).map(([name, value]) => [name, this.fill(value, place === '' ? name : `${place}.${name}`)]),
    );
  }

  #fillText(text: string, place: string): Data {
    let out = '';
    for (let at = 0; at < text.length; ) {
      const start = text.indexOf('${', at);
      if (start < 0) return out + text.slice(at);
      const end = closing(text, start, place);
      const inside = text.slice(start + 2, end);
      const isWhole = start === 0 && end === text.length - 1;
      const [first = '', ...fallbacks] = splitOutside(inside);
      if (!VARIABLE.test(first)) {
        out += text.slice(at, end + 1);
      } else {
        const value = this.#first([first, ...fallbacks], place);
        if (isWhole) return value;
        if (typeof value === 'object' && value !== null)
          throw new ServerlessError(place, `\${${inside}} is a map or list inside a text`);
        out += text.slice(at, start) + String(value ?? '');
      }
      at = end + 1;
    }
    return out;
  }

  #first(candidates: string[], place: string): Data {
    for (const candidate of candidates) {
      const value = this.#value(candidate, place);
      if (value !== undefined && value !== null) return value;
    }
    throw new ServerlessError(place, `\${${candidates.join(', ')}} has no value here`);
  }

  /** A literal, a nested `${…}` or `source:address`. */
  #value(text: string, place: string): Data | undefined {
    const quoted = /^(?:'(.*)'|"(.*)")$/s.exec(text);
    if (quoted) return quoted[1] ?? quoted[2] ?? '';
    if (/^(?:true|false|null|-?\d+(?:\.\d+)?)$/.test(text)) return JSON.parse(text) as Data;
    if (text.startsWith('${')) return this.#fillText(text, place);
    const match = VARIABLE.exec(text);
    if (!match) throw new ServerlessError(place, `cannot read ${JSON.stringify(text)}`);
    if (this.#open.has(text)) throw new ServerlessError(place, `\${${text}} leads back to itself`);
    this.#open.add(text);
    try {
      const [, source = 'file', argument, rawAddress = '', file] = match;
      const address = String(this.#fillText(rawAddress.trim(), place) ?? '');
      return this.#fromSource(source, argument ?? file, address, place);
    } finally {
      this.#open.delete(text);
    }
  }

  #fromSource(source: string, argument: string | undefined, address: string, place: string): Data | undefined {
    const { stage, params, env } = this.#sources;
    switch (source) {
      case 'param': {
        if (Object.hasOwn(params, address)) return params[address];
        const value =
          lookUp(this.#root, `params.${stage}.${address}`) ?? lookUp(this.#root, `params.default.${address}`);
        return value === undefined ? undefined : this.fill(value, `params.${address}`);
      }
      case 'env':
        return env[address];
      case 'opt':
        return address === 'stage' ? stage : undefined;
      case 'sls':
        if (address === 'stage') return stage;
        throw new ServerlessError(place, `\${sls:${address}} has no value here`);
      case 'self': {
        const value = lookUp(this.#root, address);
        return value === undefined ? undefined : this.fill(value, address);
      }
      case 'file': {
        if (argument === undefined) throw new ServerlessError(place, 'file() names no file');
        const path = resolve(this.#folder, argument.trim());
        const data = parseYaml(path);
        const value = address === '' ? data : lookUp(data, address);
        return value === undefined ? undefined : this.fill(value, argument);
      }
      default:
        throw new ServerlessError(place, `\${${source}:…} is not read locally`);
    }
  }
}

function lookUp(data: Data, path: string): Data | undefined {
  let at: Data | undefined = data;
  for (const name of path.split('.')) {
    if (Array.isArray(at)) at = at[Number(name)];
    else at = isMapData(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

/** Index of the brace that closes the `${` at `start`. */
function closing(text: string, start: number, place: string): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  throw new ServerlessError(place, `\${ without its } in ${JSON.stringify(text)}`);
}

/** Splits at the commas that stand outside quotes, parentheses and braces. */
function splitOutside(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (char === '(' || char === '{') depth++;
    else if (char === ')' || char === '}') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...parts, text.slice(from).trim()];
}
