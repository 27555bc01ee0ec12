import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { says } from '../../lib/http/replies.ts';

it('a schema that says more, less or else than its type does not compile', () => {
  const schema = z.object({ a: z.string(), b: z.exactOptional(z.int()) });
  const same = says<{ a: string; b?: number }>()(schema);
  // @ts-expect-error the type has a member that the schema lacks
  says<{ a: string; b?: number; c: string }>()(schema);
  // @ts-expect-error the type has an optional member that the schema lacks
  says<{ a: string; b?: number; c?: string }>()(schema);
  // @ts-expect-error the schema has a member that the type lacks
  says<{ a: string }>()(schema);
  // @ts-expect-error optional here, required there
  says<{ a: string; b: number }>()(schema);
  // @ts-expect-error another type deep inside
  says<{ in: { a: string; b?: string }[] }>()(z.object({ in: z.array(schema) }));
  expect(same).toBe(schema);
});
