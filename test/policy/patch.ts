import type { JsonPatch } from '../../lib/policy/types.ts';

/** Applies JSON Patch steps (RFC 6902: add, replace, remove) to a copy of a value; fails on a path that is not there. */
export function applyPatch(document: unknown, patch: readonly JsonPatch[]): unknown {
  const copy = structuredClone(document);
  for (const { op, path, value } of patch) {
    const steps = path
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = steps.pop() ?? '';
    let parent = copy as Record<string, unknown> | unknown[];
    for (const step of steps) {
      parent = (Array.isArray(parent) ? parent[Number(step)] : parent[step]) as Record<string, unknown> | unknown[];
    }
    if (Array.isArray(parent)) {
      if (op === 'replace') parent[Number(last)] = value;
      else parent.splice(Number(last), op === 'remove' ? 1 : 0, ...(op === 'add' ? [value] : []));
    } else {
      if (op !== 'add' && !Object.hasOwn(parent, last)) throw new Error(`${path} is not there`);
      if (op === 'remove') delete parent[last];
      else parent[last] = value;
    }
  }
  return copy;
}
