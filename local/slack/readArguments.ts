import type { Arguments } from './methods.ts';

/** A form carries these as JSON texts (docs.slack.dev/apis/web-api, "Basics"). */
const NESTED = ['attachments', 'blocks', 'metadata', 'view'];

/** The arguments of a call, from its JSON or form body and its query string. Undefined when a JSON text in it is none. */
export function readArguments(contentType: string, body: Buffer, path: string): Arguments | undefined {
  const query = Object.fromEntries(new URLSearchParams(path.split('?')[1] ?? ''));
  try {
    if (contentType.startsWith('application/json')) {
      const given: unknown = JSON.parse(body.toString('utf8') || '{}');
      return typeof given === 'object' && given !== null && !Array.isArray(given) ? { ...query, ...given } : undefined;
    }
    const form: Arguments = { ...query, ...Object.fromEntries(new URLSearchParams(body.toString('utf8'))) };
    for (const name of NESTED) if (typeof form[name] === 'string') form[name] = JSON.parse(form[name]);
    return form;
  } catch {
    return undefined;
  }
}
