// The built service on a simulator's clock, in a process of its own that kills itself at a given point:
// "PrismaInboxStore.insert:before", counted from the moment it was armed. It is the whole service, or with Redis
// one of several processes: an api or a worker.
import { createRequire } from 'node:module';
import { readdirSync } from 'node:fs';

const require = createRequire(import.meta.url);
const dist = '../../dist';
const application = require(`${dist}/libs/application/src`);
const infrastructure = require(`${dist}/libs/infrastructure/src`);
const { createApp } = require(`${dist}/apps/api/src/create-app.js`);
const MODULES = {
  standalone: () => require(`${dist}/apps/standalone/src/standalone.module.js`).StandaloneModule,
  api: () => require(`${dist}/apps/api/src/api-process.module.js`).ApiProcessModule,
  worker: () => require(`${dist}/apps/worker/src/worker-process.module.js`).WorkerProcessModule,
};

const {
  databaseUrl,
  port,
  simulatorUrl,
  token,
  adminKey,
  appKey,
  role = 'standalone',
  name = 'service',
  publicUrl = `http://127.0.0.1:${port}`,
  redisUrl = null,
} = JSON.parse(process.argv[2]);

let armed = null;
process.on('message', (point) => {
  armed = point;
  process.send('armed');
});
process.on('disconnect', () => process.exit());

function reached(point) {
  if (point === armed) process.kill(process.pid, 'SIGKILL');
}

/** Every method of `type` that answers with a promise tells when it begins and when it is done. */
function watch(type) {
  for (const name of Object.getOwnPropertyNames(type.prototype)) {
    const method = type.prototype[name];
    if (name === 'constructor' || typeof method !== 'function') continue;
    type.prototype[name] = async function watched(...args) {
      reached(`${type.name}.${name}:before`);
      const result = await method.apply(this, args);
      reached(`${type.name}.${name}:after`);
      return result;
    };
  }
}

const stores = new URL(`${dist}/libs/infrastructure/src/prisma/stores/`, import.meta.url);
for (const file of readdirSync(stores).filter((each) => each.endsWith('-store.js'))) {
  for (const exported of Object.values(require(new URL(file, stores).pathname))) {
    if (typeof exported === 'function' && exported.name.endsWith('Store')) watch(exported);
  }
}
watch(require(`${dist}/libs/infrastructure/src/prisma/unit-of-work.js`).PrismaUnitOfWork);

const { connectRedis, FollowedClock, VirtualClockFollower, StaticSettings } = infrastructure;
const { PrepareEnvironment, ManageKeys, BudgetLedger, RunJob } = application;
const clock = new FollowedClock(simulatorUrl, name);
await clock.start();
const app = await createApp(
  MODULES[role]().register({
    databaseUrl,
    clock,
    follower: new VirtualClockFollower(clock),
    publicUrl,
    secretsKey: 'a secrets key of the tests, long enough',
    settings: new StaticSettings({
      webhookUrl: `${publicUrl}/webhooks/linq/v3`,
      webhookSecrets: [],
      processId: `${name}-${process.pid}`,
    }),
    linq: { apiKey: token, baseUrl: `${simulatorUrl}/api/partner` },
    redis: redisUrl === null ? null : { client: connectRedis(redisUrl), prefix: 'test' },
  }),
  { logLevel: 'error', trustedProxies: [], pages: role !== 'worker' },
);
await app.get(PrepareEnvironment).execute({ name: 'test', timeZone: 'UTC', mode: 'auto' });
await app.get(ManageKeys).ensure(adminKey, 'admin', 'admin');
await app.get(ManageKeys).ensure(appKey, 'app', 'app');
await app.get(BudgetLedger).rebuild(clock.now());
await app.listen(port, '127.0.0.1');
// The job subscribes too, under its lease: of several processes one does it.
if (role !== 'worker') await app.get(RunJob).execute('poll-lines', null);
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
process.send('ready');
