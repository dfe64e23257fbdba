import { mkdirSync, writeFileSync } from 'node:fs';
import {
  NoFollower,
  renderEnvExample,
  StaticSettings,
  SystemClock,
} from '@linekeeper/infrastructure';
import { createApp } from '../../api/src/create-app';
import { openApiOf } from '../../api/src/openapi';
import { renderEvents } from './render-events';
import { StandaloneModule } from './standalone.module';

/** Writes the files that follow from the sources. Nothing is connected to: the application is only put together. */
async function main(): Promise<void> {
  const app = await createApp(
    StandaloneModule.register({
      databaseUrl: 'postgresql://127.0.0.1:1/none',
      clock: new SystemClock(),
      follower: new NoFollower(),
      publicUrl: 'http://127.0.0.1:3000',
      secretsKey: 'not used',
      settings: new StaticSettings({ webhookBase: null, processId: 'generate' }),
      linq: { apiKey: 'not used', baseUrl: 'http://127.0.0.1:1/api/partner' },
      redis: null,
    }),
    { logLevel: 'error', trustedProxies: [] },
  );
  mkdirSync('docs', { recursive: true });
  writeFileSync('docs/openapi.json', `${JSON.stringify(openApiOf(app), null, 2)}\n`);
  writeFileSync('docs/events.md', renderEvents());
  writeFileSync('.env.example', renderEnvExample());
  process.exit(0);
}

void main();
