import { BudgetLedger, Clock, ManageKeys, PrepareEnvironment } from '@linekeeper/application';
import {
  type InfrastructureOptions,
  NoFollower,
  StaticSettings,
  SystemClock,
} from '@linekeeper/infrastructure';
import { ApiProcessModule } from '../../apps/api/src/api-process.module';
import { createApp } from '../../apps/api/src/create-app';
import { connectRedis } from '../../libs/infrastructure/src/redis/connection';
import { ADMIN_KEY, APP_KEY, type Settings, WEBHOOK_SECRET } from './stage';

/** One api process of the service, as it is: what is measured. */
async function main(settings: Settings): Promise<void> {
  const { databaseUrl, redisUrl, simulatorUrl, token, port } = settings;
  const options: InfrastructureOptions = {
    databaseUrl,
    clock: new SystemClock(),
    follower: new NoFollower(),
    publicUrl: `http://127.0.0.1:${port}`,
    secretsKey: 'a secrets key of the benchmarks, long enough',
    settings: new StaticSettings({
      webhookBase: null,
      webhookSecrets: [WEBHOOK_SECRET],
      processId: `bench-${process.pid}`,
    }),
    linq: { apiKey: token, baseUrl: `${simulatorUrl}/api/partner` },
    redis: redisUrl === null ? null : { client: connectRedis(redisUrl), prefix: 'bench' },
  };
  const app = await createApp(ApiProcessModule.register(options), {
    logLevel: 'error',
    trustedProxies: [],
  });
  await app.get(PrepareEnvironment).execute({ name: 'bench', timeZone: 'UTC', mode: 'auto' });
  await app.get(ManageKeys).ensure(ADMIN_KEY, 'admin', 'admin');
  await app.get(ManageKeys).ensure(APP_KEY, 'app', 'app');
  await app.get(BudgetLedger).rebuild(app.get(Clock).now());
  await app.listen(port, '127.0.0.1');
  process.send?.('ready');
}

void main(JSON.parse(process.argv[2] ?? '{}') as Settings);
