import { BudgetLedger, Clock, ManageKeys, PrepareEnvironment } from '@linekeeper/application';
import { openReplica, readEnvironment } from '@linekeeper/infrastructure';
import { ApiProcessModule } from './api-process.module';
import { createApp } from './create-app';
import { runReplica } from './run-replica';

void runReplica(async (fail) => {
  const environment = readEnvironment(process.env);
  const { options, release } = await openReplica(environment, 'api', fail);
  const app = await createApp(ApiProcessModule.register(options), {
    logLevel: environment.LOG_LEVEL,
    trustedProxies: environment.TRUSTED_PROXIES ?? [],
  });
  await app.get(PrepareEnvironment).execute({
    name: environment.ENVIRONMENT,
    timeZone: environment.FLEET_TIME_ZONE,
    mode: 'observe',
  });
  const keys = app.get(ManageKeys);
  if (environment.ADMIN_KEY !== undefined) {
    await keys.ensure(environment.ADMIN_KEY, 'first admin', 'admin');
  } else if ((await keys.list()).length === 0) {
    throw new Error('ADMIN_KEY: there is no key yet, so the first start needs one');
  }
  // Somebody may have died between a commit and the news of it: the ledger reads the rows anew.
  await app.get(BudgetLedger).rebuild(app.get(Clock).now());
  await app.listen(environment.PORT, environment.HOST);
  console.log(`Linekeeper's API is up at http://${environment.HOST}:${environment.PORT}`);
  return { app, release };
});
