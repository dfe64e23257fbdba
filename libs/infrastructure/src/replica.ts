import { Logger } from '@nestjs/common';
import { BadEnvironment, type Environment, eventsToLoopbackOf, linqOf } from './config/environment';
import { StaticSettings } from './config/settings';
import type { InfrastructureOptions } from './infrastructure.module';
import { openDatabase } from './postgres/open-database';
import { connectRedis, reachRedis } from './redis/connection';
import { SecureRandom } from './system/chance';
import { NoFollower, SystemClock } from './system/clock';
import { takeReplicaLock } from './system/process-lock';

/** What a process that is one of several cannot do without: none of it can be made up at the start. */
const NEEDED = [
  'DATABASE_URL',
  'REDIS_URL',
  'SECRETS_KEY',
  'LINQ_API_KEY',
  'PUBLIC_URL',
] as const satisfies readonly (keyof Environment)[];

/** Redis may be away when a process starts; PostgreSQL decides until it is back. */
const REDIS_WAIT_MS = 5_000;

export interface Replica {
  readonly options: InfrastructureOptions;
  readonly release: () => Promise<void>;
}

/**
 * Opens what one of several processes works on: the database under a shared lock and at its newest migration, and
 * Redis. `onLost` is called when the process must not go on. Throws {@link BadEnvironment} with all that is missing.
 */
export async function openReplica(
  environment: Environment,
  role: 'api' | 'worker',
  onLost: (why: string) => void,
): Promise<Replica> {
  const needed = demand(environment);
  const client = connectRedis(needed.REDIS_URL);
  await reachRedis(client, REDIS_WAIT_MS).catch((error: unknown) => {
    new Logger('Start').warn({
      what: 'Started without Redis; PostgreSQL decides until it answers',
      why: error instanceof Error ? error.message : String(error),
    });
  });
  const lock = await openDatabase({
    databaseUrl: needed.DATABASE_URL,
    environment: environment.ENVIRONMENT,
    lock: (url) => takeReplicaLock(url, () => onLost('Another process works here alone')),
  }).catch((error: unknown) => {
    client.disconnect();
    throw error;
  });
  return {
    options: {
      databaseUrl: needed.DATABASE_URL,
      clock: new SystemClock(),
      follower: new NoFollower(),
      publicUrl: needed.PUBLIC_URL,
      photoHosts: environment.PHOTO_HOSTS,
      eventsToLoopback: eventsToLoopbackOf(environment),
      secretsKey: needed.SECRETS_KEY,
      previousSecretsKeys: environment.SECRETS_KEY_PREVIOUS,
      settings: new StaticSettings({
        webhookBase: needed.PUBLIC_URL,
        webhookSecrets: environment.LINQ_WEBHOOK_SECRETS,
        v2WebhookSecrets: environment.LINQ_V2_WEBHOOK_SECRET,
        processId: `${role}-${process.pid}-${new SecureRandom().token(6)}`,
      }),
      linq: linqOf(environment, needed.LINQ_API_KEY),
      redis: { client, prefix: `linekeeper:${environment.ENVIRONMENT}` },
    },
    release: () => lock.release(),
  };
}

function demand(environment: Environment): Record<(typeof NEEDED)[number], string> {
  const missing = NEEDED.filter((name) => environment[name] === undefined);
  if (missing.length > 0) {
    throw new BadEnvironment(missing.map((name) => `${name}: needed by each of several processes`));
  }
  return Object.fromEntries(NEEDED.map((name) => [name, environment[name] ?? ''])) as Record<
    (typeof NEEDED)[number],
    string
  >;
}
