import {
  type InfrastructureOptions,
  NoFollower,
  StaticSettings,
  SystemClock,
} from '@linekeeper/infrastructure';
import { connectRedis } from '../../libs/infrastructure/src/redis/connection';
import { type Settings, WEBHOOK_SECRET } from './stage';

/** What a process of the service on a stage is made of. */
export function optionsOf({
  databaseUrl,
  redisUrl,
  simulatorUrl,
  token,
  port,
}: Settings): InfrastructureOptions {
  return {
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
}
