import { createServer } from 'node:net';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  BudgetLedger,
  KeepSubscribed,
  ManageKeys,
  PrepareEnvironment,
} from '@linekeeper/application';
import { FollowedClock, StaticSettings, VirtualClockFollower } from '@linekeeper/infrastructure';
import { createApp } from '../../apps/api/src/create-app';
import { connectRedis, reachRedis } from '../../libs/infrastructure/src/redis/connection';
import { StandaloneModule } from '../../apps/standalone/src/standalone.module';
import type { TestDatabase } from './database';
import { Http } from './http';
import type { TestSimulator } from './simulator';
import { type Skew, SkewedClock, SkewedFollower } from './skewed-clock';

export const ADMIN_KEY = 'lk_admin_key_of_the_tests_0123456789';
export const APP_KEY = 'lk_app_key_of_the_tests_0123456789ab';
export const VIEWER_KEY = 'lk_viewer_key_of_the_tests_01234567';

export const SECRETS_KEY = 'a secrets key of the tests, long enough';

/** A thread runs compiled code. */
const SIMULATION_SCRIPT = join(
  __dirname,
  '../../dist/libs/infrastructure/src/simulation/simulation-worker.js',
);

/** The whole service in this process, on the simulator's clock and a database of its own. */
export class TestService {
  readonly admin: Http;
  readonly app: Http;
  readonly viewer: Http;

  private constructor(
    readonly nest: NestFastifyApplication,
    readonly url: string,
    private readonly clock: FollowedClock,
  ) {
    this.admin = new Http(url, ADMIN_KEY);
    this.app = new Http(url, APP_KEY);
    this.viewer = new Http(url, VIEWER_KEY);
  }

  static async start(
    database: TestDatabase,
    simulator: TestSimulator,
    settings: {
      readonly timeZone?: string;
      readonly name?: string;
      readonly webhookSecrets?: readonly string[];
      readonly trustedProxies?: readonly string[];
      /** Given, it counts and holds what several processes share. */
      readonly redisUrl?: string;
      readonly publicUrl?: string;
      /** Where the provider's webhooks go, when that is another service. */
      readonly webhookBase?: string;
      readonly secretsKeys?: readonly [string, ...string[]];
      /** Its clock is wrong by so much. */
      readonly skew?: Skew;
    } = {},
  ): Promise<TestService> {
    const redis =
      settings.redisUrl === undefined
        ? null
        : { client: connectRedis(settings.redisUrl), prefix: 'linekeeper:test' };
    if (redis) await reachRedis(redis.client, 5_000);
    const [secretsKey, ...previousSecretsKeys] = settings.secretsKeys ?? [SECRETS_KEY];
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const clock = new FollowedClock(simulator.url, settings.name ?? 'service');
    await clock.start();
    const { skew } = settings;
    const skewed = skew && new SkewedClock(clock, skew);
    const follower = skewed
      ? new SkewedFollower(clock, skewed, skew)
      : new VirtualClockFollower(clock);
    const nest = await createApp(
      StandaloneModule.register({
        databaseUrl: database.url,
        clock: skewed ?? clock,
        follower,
        publicUrl: settings.publicUrl ?? url,
        simulationScript: SIMULATION_SCRIPT,
        eventsToLoopback: true,
        secretsKey,
        previousSecretsKeys,
        settings: new StaticSettings({
          webhookBase: settings.webhookBase ?? url,
          webhookSecrets: settings.webhookSecrets,
          processId: `test-${port}`,
        }),
        linq: { apiKey: simulator.token, baseUrl: simulator.apiUrl },
        redis,
      }),
      { logLevel: 'error', trustedProxies: settings.trustedProxies ?? [] },
    );
    await nest.get(PrepareEnvironment).execute({
      name: 'test',
      timeZone: settings.timeZone ?? 'UTC',
      mode: 'auto',
    });
    const keys = nest.get(ManageKeys);
    await keys.ensure(ADMIN_KEY, 'admin', 'admin');
    await keys.ensure(APP_KEY, 'app', 'app');
    await keys.ensure(VIEWER_KEY, 'viewer', 'viewer');
    await nest.get(BudgetLedger).rebuild(clock.now());
    await nest.listen(port, '127.0.0.1');
    await nest.get(KeepSubscribed).execute();
    return new TestService(nest, url, clock);
  }

  async stop(): Promise<void> {
    this.clock.stop();
    await this.nest.close();
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
