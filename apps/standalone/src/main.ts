import { join, resolve } from 'node:path';
import {
  BudgetLedger,
  Clock,
  type ClockFollower,
  KeepSubscribed,
  ManageKeys,
  PageSignIn,
  PrepareEnvironment,
} from '@linekeeper/application';
import {
  FollowedClock,
  eventsToLoopbackOf,
  linqOf,
  loadSecrets,
  NoFollower,
  openDatabase,
  readEnvironment,
  secretsFileIn,
  SecureRandom,
  startEmbeddedPostgres,
  StaticSettings,
  SystemClock,
  takeStandaloneLock,
  VirtualClockFollower,
} from '@linekeeper/infrastructure';
import { createApp } from '../../api/src/create-app';
import { printAddresses, printCalls } from './banner';
import { startDemo, startSimulator } from './children';
import { readFlags } from './flags';
import { StandaloneModule } from './standalone.module';

/** The story covers the last day and a half, so that it ends about now. */
const STORY_MS = 38 * 3_600_000;

/** Undone in reverse order when the process stops. */
const cleanups: (() => Promise<void> | void)[] = [];

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  const environment = readEnvironment(process.env);
  if (environment.REDIS_URL !== undefined) {
    throw new Error(
      'REDIS_URL is for several processes; this one keeps the budget in memory. Unset it.',
    );
  }
  const dataDir = resolve(environment.DATA_DIR);
  const random = new SecureRandom();
  const secrets = await loadSecrets(
    dataDir,
    { adminKey: environment.ADMIN_KEY, secretsKey: environment.SECRETS_KEY },
    () => random.token(32),
  );
  const realAccount = environment.LINQ_API_KEY !== undefined;

  const embedded =
    environment.DATABASE_URL === undefined ? await startEmbeddedPostgres({ dataDir }) : null;
  // Until the lock is ours, a server that was running already may be serving another process.
  let ownsServer = embedded?.launched ?? false;
  cleanups.push(async () => (ownsServer ? embedded?.stop() : undefined));
  const databaseUrl = environment.DATABASE_URL ?? embedded?.url ?? '';
  const lock = await openDatabase({
    databaseUrl,
    environment: environment.ENVIRONMENT,
    lock: (url) => takeStandaloneLock(url, () => fail('The lock on the database was lost')),
  });
  cleanups.push(() => lock.release());
  ownsServer = true;

  const systemClock = new SystemClock();
  const simulator = realAccount
    ? null
    : await startSimulator({
        port: environment.SIMULATOR_PORT,
        token: secrets.simulatorToken,
        stateFile: join(dataDir, 'simulator.json'),
        start: new Date(systemClock.now() - (flags.demo ? STORY_MS : 0)).toISOString(),
        // A world that begins anew must not give out the ids again that the database knows from the one before.
        seed: Math.floor(random.next() * 2 ** 32),
        onExit: (code) => fail(`The simulator ended with ${code}`),
      });
  if (simulator) cleanups.push(() => simulator.stop());
  const { clock, follower } = await clockOf(simulator?.url ?? null, systemClock);

  const api = `http://${environment.HOST}:${environment.PORT}`;
  const publicUrl = environment.PUBLIC_URL ?? api;
  const reachable = environment.PUBLIC_URL !== undefined || !realAccount;
  const app = await createApp(
    StandaloneModule.register({
      databaseUrl,
      clock,
      follower,
      publicUrl,
      photoHosts: environment.PHOTO_HOSTS,
      eventsToLoopback: eventsToLoopbackOf(environment),
      secretsKey: secrets.secretsKey,
      previousSecretsKeys: environment.SECRETS_KEY_PREVIOUS,
      settings: new StaticSettings({
        webhookBase: reachable ? publicUrl : null,
        webhookSecrets: environment.LINQ_WEBHOOK_SECRETS,
        v2WebhookSecrets: environment.LINQ_V2_WEBHOOK_SECRET,
        processId: `standalone-${process.pid}-${random.token(6)}`,
      }),
      linq: simulator
        ? { apiKey: secrets.simulatorToken, baseUrl: `${simulator.url}/api/partner` }
        : linqOf(environment, environment.LINQ_API_KEY ?? ''),
      redis: null,
    }),
    { logLevel: environment.LOG_LEVEL, trustedProxies: environment.TRUSTED_PROXIES ?? [] },
  );
  cleanups.push(() => app.close());
  await app.get(PrepareEnvironment).execute({
    name: environment.ENVIRONMENT,
    timeZone: environment.FLEET_TIME_ZONE,
    mode: realAccount ? 'observe' : 'auto',
  });
  const keys = app.get(ManageKeys);
  await keys.ensure(secrets.adminKey, 'first admin', 'admin');
  await keys.ensure(secrets.appKey, 'first app', 'app');
  await app.get(BudgetLedger).rebuild(clock.now());
  await app.listen(environment.PORT, environment.HOST);
  await subscribe(app.get(KeepSubscribed));

  const token = await app.get(PageSignIn).createLink('admin');
  const addresses = {
    api,
    signIn: `${api}/sign-in?token=${token}`,
    adminKey: secrets.adminKey,
    appKey: secrets.appKey,
    simulator: simulator?.url ?? null,
    keysFile: secretsFileIn(dataDir),
  };
  printAddresses(addresses);
  if (realAccount) {
    console.log(
      '\nA real Linq account: everything only observes until you say otherwise (PUT /v1/admin/actuators).',
    );
  }
  if (!simulator || !flags.demo) {
    printCalls(addresses);
    return;
  }
  const demo = startDemo(
    {
      DEMO_API_URL: api,
      DEMO_ADMIN_KEY: secrets.adminKey,
      DEMO_APP_KEY: secrets.appKey,
      DEMO_SIMULATOR_URL: simulator.url,
      DEMO_SIMULATOR_TOKEN: secrets.simulatorToken,
      DEMO_SPEED: String(flags.speed),
      ...(flags.trace === null ? {} : { DEMO_TRACE: resolve(flags.trace) }),
    },
    () => void reprint(addresses, app.get(PageSignIn)),
  );
  cleanups.push(() => demo.stop());
}

/** An account that does not answer now must not keep the fleet down: poll-lines subscribes as soon as it does. */
async function subscribe(keepSubscribed: KeepSubscribed): Promise<void> {
  try {
    await keepSubscribed.execute();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(`The provider's events are not subscribed to yet, and it is tried again: ${why}`);
  }
}

/** The first link may have been used, or the clock has run past it. */
async function reprint(
  addresses: Parameters<typeof printCalls>[0],
  signIn: PageSignIn,
): Promise<void> {
  const token = await signIn.createLink('admin');
  const fresh = { ...addresses, signIn: `${addresses.api}/sign-in?token=${token}` };
  printAddresses(fresh);
  printCalls(fresh);
}

async function clockOf(
  simulatorUrl: string | null,
  systemClock: SystemClock,
): Promise<{ clock: Clock; follower: ClockFollower }> {
  if (simulatorUrl === null) return { clock: systemClock, follower: new NoFollower() };
  const clock = new FollowedClock(simulatorUrl, 'service');
  await clock.start();
  cleanups.push(() => clock.stop());
  return { clock, follower: new VirtualClockFollower(clock) };
}

let stopping = false;

/** Stops everything in the reverse order of its start. */
async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  for (const cleanup of cleanups.reverse()) {
    await Promise.resolve(cleanup()).catch((error: unknown) => console.error(error));
  }
  process.exit(code);
}

function fail(message: string): void {
  if (stopping) return;
  console.error(message);
  void stop(1);
}

process.once('SIGINT', () => void stop(130));
process.once('SIGTERM', () => void stop(0));
main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  void stop(1);
});
