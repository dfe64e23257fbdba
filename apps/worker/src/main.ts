import { BudgetLedger, Clock, PrepareEnvironment } from '@linekeeper/application';
import { openReplica, readEnvironment } from '@linekeeper/infrastructure';
import { createApp } from '../../api/src/create-app';
import { runReplica } from '../../api/src/run-replica';
import { WorkerProcessModule } from './worker-process.module';

void runReplica(async (fail) => {
  const environment = readEnvironment(process.env);
  const { options, release } = await openReplica(environment, 'worker', fail);
  const app = await createApp(WorkerProcessModule.register(options), {
    logLevel: environment.LOG_LEVEL,
    trustedProxies: environment.TRUSTED_PROXIES ?? [],
    pages: false,
  });
  await app.get(PrepareEnvironment).execute({
    name: environment.ENVIRONMENT,
    timeZone: environment.FLEET_TIME_ZONE,
    mode: 'observe',
  });
  // Somebody may have died between a commit and the news of it: the ledger reads the rows anew.
  await app.get(BudgetLedger).rebuild(app.get(Clock).now());
  await app.listen(environment.PORT, environment.HOST);
  console.log(`Linekeeper's worker is up at http://${environment.HOST}:${environment.PORT}`);
  return { app, release };
});
