import type { Route } from '../serverless.ts';

export type RouteMatch =
  | { ok: true; route: Route; pathParameters: Record<string, string> }
  | { ok: false; status: 400 | 404 };

/**
 * The route for a request, the most specific first: literal segments win over `{name}`, which wins over `{name+}`; a method
 * wins over ANY. HEAD and OPTIONS have no route of their own making: without one in serverless.yml they are not found.
 *
 * As API Gateway does it, the path is decoded before it is split: `alias%2Fpayments` is two segments.
 *
 * @param path Without the query string, still percent-encoded.
 */
export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch {
  const decoded = decode(path);
  if (decoded === undefined) return { ok: false, status: 400 };
  const segments = decoded.split('/').slice(1);
  const [route] = routes
    .filter((candidate) => candidate.method === method || candidate.method === 'ANY' || candidate.method === '*')
    .filter((candidate) => fits(candidate.path, segments))
    .sort(compare);
  if (!route) return { ok: false, status: 404 };
  const pathParameters: Record<string, string> = {};
  for (const [index, pattern] of route.path.split('/').slice(1).entries()) {
    const [, name, plus] = /^\{(.+?)(\+?)\}$/.exec(pattern) ?? [];
    if (name) pathParameters[name] = plus ? segments.slice(index).join('/') : (segments[index] ?? '');
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
    pattern.startsWith('{') ? segments[index] !== '' : pattern === segments[index],
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
