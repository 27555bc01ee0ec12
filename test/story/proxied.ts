import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { startRunning } from '../../local/demo/running.ts';
import { type FaultProxy, startProxy } from '../faults/proxy.ts';
import { people, type World } from './system.ts';

/** A system of its own for a test file whose lambdas reach AWS through `proxy`; `rules` is the text of its rules file. */
export function useProxiedSystem(rules: string): World & { proxy: FaultProxy } {
  const world = {} as World & { proxy: FaultProxy };
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
    writeFileSync(join(folder, 'rules.yml'), rules);
    const proxy = await startProxy();
    const env = { RULES_FILE: join(folder, 'rules.yml'), LAMBDA_ENDPOINT_URL: proxy.url };
    const running = await startRunning(join(folder, 'data'), env);
    proxy.target = running.aws;
    Object.assign(world, { proxy, running, ...(await people(running)) });
    return async () => {
      // Its idle connections to the edge would keep the system from ending.
      await proxy.close();
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    };
  });
  return world;
}
