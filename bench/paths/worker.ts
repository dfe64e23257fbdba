import { createApp } from '../../apps/api/src/create-app';
import { WorkerProcessModule } from '../../apps/worker/src/worker-process.module';
import { optionsOf } from './options';
import type { Settings } from './stage';

/** One worker of the service beside its api process. */
async function main(settings: Settings): Promise<void> {
  const app = await createApp(WorkerProcessModule.register(optionsOf(settings)), {
    logLevel: 'error',
    trustedProxies: [],
  });
  await app.listen(settings.port, '127.0.0.1');
  process.send?.('ready');
}

void main(JSON.parse(process.argv[2] ?? '{}') as Settings);
