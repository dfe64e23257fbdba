// The built service on a simulator's clock, in a process of its own that kills itself at a given point:
// "PrismaInboxStore.insert:before", or "PrismaInboxStore.insert:before#2" for the second time, counted from the moment it
// was armed. It is the whole service, or with Redis one of several processes: an api or a worker.
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
let times = 0;
process.on('message', (point) => {
  const [name, count = '1'] = point.split('#');
  armed = name;
  times = Number(count);
  process.send('armed');
});
process.on('disconnect', () => process.exit());

function reached(point) {
  if (point === armed && (times -= 1) === 0) process.kill(process.pid, 'SIGKILL');
}

/** These methods of `type`, or all of them, tell when they begin and when they are done; each answers with a promise. */
function watch(type, names = Object.getOwnPropertyNames(type.prototype)) {
  for (const name of names) {
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
for (const file of readdirSync(stores).filter(
  (each) => each.endsWith('-store.js') || each === 'wait-list.js',
)) {
  for (const exported of Object.values(require(new URL(file, stores).pathname))) {
    if (typeof exported === 'function' && /(Store|WaitList)$/.test(exported.name)) watch(exported);
  }
}
watch(require(`${dist}/libs/infrastructure/src/prisma/unit-of-work.js`).PrismaUnitOfWork);
const ledger = require(`${dist}/libs/infrastructure/src/memory/in-memory-budget-ledger.js`);
watch(ledger.InMemoryBudgetLedger, ['record']);

const { VersionedMessagingProvider: Provider } = require(
  `${dist}/libs/infrastructure/src/linq/versioned-messaging-provider.js`,
);
watch(Provider, ['send', 'uploadFile']);

const { connectRedis } = require(`${dist}/libs/infrastructure/src/redis/connection.js`);
const { FollowedClock, VirtualClockFollower, StaticSettings } = infrastructure;
const { PrepareEnvironment, ManageKeys, BudgetLedger, RunJob } = application;
const clock = new FollowedClock(simulatorUrl, name);
await clock.start();
const app = await createApp(
  MODULES[role]().register({
    databaseUrl,
    clock,
    follower: new VirtualClockFollower(clock),
    publicUrl,
    eventsToLoopback: true,
    secretsKey: 'a secrets key of the tests, long enough',
    settings: new StaticSettings({
      webhookBase: publicUrl,
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
