import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import { type AccessKey, accessKeyOf } from '../../local/iam/keys.ts';

/** SHA-256 and HMAC in the form that the signer asks for. */
class Hash {
  readonly #hash;
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

/** What a pipeline may do wrong when it signs. */
export interface Signing {
  role?: string;
  key?: Partial<AccessKey>;
  service?: string;
  region?: string;
  at?: Date;
  /** Headers that are sent and not signed. */
  unsigned?: string[];
}

/** A request to the API, signed as the AWS SDKs sign, by the role of a pipeline. */
export async function sign(api: string, method: string, path: string, body = '', how: Signing = {}) {
  const { role = 'ci-deployer', service = 'execute-api', region = 'us-east-1', at, unsigned = [] } = how;
  const url = new URL(path, api);
  const key = { ...accessKeyOf(role), ...how.key };
  const signer = new SignatureV4({ service, region, credentials: key, sha256: Hash as never });
  const request = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, 'content-type': 'application/json' },
      body,
    },
    { ...(at === undefined ? {} : { signingDate: at }), unsignableHeaders: new Set(unsigned) },
  );
  return { url, method, headers: request.headers, body };
}

export type Signed = Awaited<ReturnType<typeof sign>>;

/** Sends it exactly as it stands; what is no JSON object is left as text. */
export function send({
  url,
  method,
  headers,
  body,
}: Signed): Promise<{ status: number; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = /json$/.test(response.headers['content-type'] ?? '') && !text.includes('\n');
        resolve({
          status: response.statusCode ?? 0,
          body: isJson ? (JSON.parse(text) as Record<string, unknown>) : { text },
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
