import { BudgetLedger, Clock, ManageKeys, PrepareEnvironment } from '@linekeeper/application';
import { ApiProcessModule } from '../../apps/api/src/api-process.module';
import { createApp } from '../../apps/api/src/create-app';
import { optionsOf } from './options';
import { ADMIN_KEY, APP_KEY, type Settings } from './stage';

/** One api process of the service, as it is: what is measured. */
async function main(settings: Settings): Promise<void> {
  const app = await createApp(ApiProcessModule.register(optionsOf(settings)), {
    logLevel: 'error',
    trustedProxies: [],
  });
  await app.get(PrepareEnvironment).execute({ name: 'bench', timeZone: 'UTC', mode: 'auto' });
  await app.get(ManageKeys).ensure(ADMIN_KEY, 'admin', 'admin');
  await app.get(ManageKeys).ensure(APP_KEY, 'app', 'app');
  await app.get(BudgetLedger).rebuild(app.get(Clock).now());
  await app.listen(settings.port, '127.0.0.1');
  process.send?.('ready');
}

void main(JSON.parse(process.argv[2] ?? '{}') as Settings);
