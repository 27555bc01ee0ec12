import type { Route } from '../serverless.ts';

export type RouteMatch =
  | { ok: true; route: Route; pathParameters: Record<string, string> }
  | { ok: false; status: 400 | 404 };

/**
 * The route for a request, the most specific first: literal segments win over `{name}`, which wins over `{name+}`; a method
 * wins over ANY. HEAD and OPTIONS have no route of their own making: without one in serverless.yml they are not found.
 *
 * A parameter is decoded after the path was split, so `%2F` may stand inside it. (A real HTTP API is reported to decode
 * first: there an alias needs a route without `%2F` as well.)
 *
 * @param path Without the query string, still percent-encoded.
 */
export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch {
  const segments = path.split('/').slice(1);
  const candidates = routes
    .filter((route) => route.method === method || route.method === 'ANY' || route.method === '*')
    .filter((route) => fits(route.path, segments))
    .sort((a, b) => compare(a, b));
  const route = candidates[0];
  if (!route) return { ok: false, status: 404 };
  const pathParameters: Record<string, string> = {};
  for (const [index, pattern] of route.path.split('/').slice(1).entries()) {
    const name = /^\{(.+?)(\+?)\}$/.exec(pattern);
    if (!name?.[1]) continue;
    const value = decode(name[2] === '+' ? segments.slice(index).join('/') : (segments[index] ?? ''));
    if (value === undefined) return { ok: false, status: 400 };
    pathParameters[name[1]] = value;
  }
  return { ok: true, route, pathParameters };
}

/** undefined where the percent-encoding is broken. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function fits(path: string, segments: string[]): boolean {
  const patterns = path.split('/').slice(1);
  const isGreedy = patterns.at(-1)?.endsWith('+}') ?? false;
  if (isGreedy ? segments.length < patterns.length : segments.length !== patterns.length) return false;
  return patterns.every((pattern, index) =>
    pattern.startsWith('{') ? segments[index] !== '' : pattern === decode(segments[index] ?? ''),
  );
}

function compare(a: Route, b: Route): number {
  const [left, right] = [a, b].map((route) => route.path.split('/').slice(1).map(weight));
  for (const [index, one] of (left ?? []).entries()) {
    const other = right?.[index] ?? 0;
    if (one !== other) return other - one;
  }
  return Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

const weight = (pattern: string) => (!pattern.startsWith('{') ? 3 : pattern.endsWith('+}') ? 1 : 2);
