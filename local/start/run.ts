import { flushCompileCache } from 'node:module';
import { accessKeyOf } from '../iam/keys.ts';
import { PIPELINE_ROLES } from '../iam/principals.ts';
import { readService } from '../serverless.ts';
import { type System, startSystem } from '../system.ts';
import { guide } from './guide.ts';
import { readSettings } from './settings.ts';

let system: System | undefined;
let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  // Before it is up, the start itself goes on and then stops: nothing half-open is left.
  if (!system) return;
  await system.close();
  process.exit(0);
}

function localKeys(): Set<string> {
  const roles = [...readService({ stage: 'local' }).roles.values()].map(({ name }) => name);
  return new Set([...roles, ...PIPELINE_ROLES].map((name) => accessKeyOf(name).accessKeyId));
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);

try {
  const settings = readSettings(process.env, localKeys);
  system = await startSystem(settings);
  const { api, aws, people } = system;
  if (stopping) {
    await system.close();
    process.exit(0);
  }
  console.log(`countersign ready api=${api} aws=${aws} data=${settings.dataDir}`);
  console.log(guide({ api, aws, people }));
  if (settings.warm) await system.warm();
  flushCompileCache();
} catch (error) {
  console.error(`countersign: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
