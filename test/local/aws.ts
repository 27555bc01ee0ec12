import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { type Iam, type IamRole, openIam } from '../../local/iam.ts';
import { type KmsOptions, openKms } from '../../local/kms.ts';
import { openSts } from '../../local/sts.ts';

export interface LocalAws {
  url: string;
  dataDir: string;
  iam: Iam;
  region: string;
  /** As the administrator, or with the keys of somebody else. */
  client(credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }): KMSClient;
  put(path: string, body: unknown): Promise<unknown>;
  get(path: string): Promise<unknown>;
  /** Stops it; the folder stays unless it was made here. */
  stop(): Promise<void>;
}

export interface LocalAwsOptions extends Partial<Omit<KmsOptions, 'iam'>> {
  roles?: IamRole[];
}

/** KMS, IAM and STS behind one loopback port, each told apart as the edge tells them apart. */
export async function startAws({
  roles = [],
  dataDir,
  region = 'us-east-1',
  ...kmsOptions
}: LocalAwsOptions = {}): Promise<LocalAws> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'countersign-aws-'));
  const iam = openIam({ dataDir: folder, roles });
  const kms = openKms({ dataDir: folder, iam, region, ...kmsOptions });
  const sts = openSts({ iam });
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const path = incoming.url ?? '/';
    const target = headers['x-amz-target'];
    const request = {
      method: incoming.method ?? 'GET',
      path,
      headers,
      body: Buffer.concat(chunks),
      operation: target?.split('.')[1] ?? '',
    };
    const ours = path.startsWith('/_');
    const signed = ours ? { ok: true as const, caller: iam.admin } : iam.callerOf(headers);
    if (!signed.ok) {
      outgoing.writeHead(signed.status).end(JSON.stringify({ __type: signed.code, message: signed.message }));
      return;
    }
    const service = path.startsWith('/_iam/') ? iam : ours || target !== undefined ? kms : sts;
    const response = await service.handle({ ...request, caller: signed.caller });
    outgoing.writeHead(response.status, response.headers).end(response.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const json = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(url + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return response.json();
  };
  const clients: KMSClient[] = [];
  return {
    url,
    dataDir: folder,
    iam,
    region,
    client(credentials = { accessKeyId: 'test', secretAccessKey: 'test' }) {
      const client = new KMSClient({ endpoint: url, region, credentials, maxAttempts: 1 });
      clients.push(client);
      return client;
    },
    put: (path, body) => json('PUT', path, body),
    get: (path) => json('GET', path),
    async stop() {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (dataDir === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
