import { type Command, Redis } from 'ioredis';

/**
 * A ledger that does not answer within this is treated as away, and PostgreSQL decides: a caller of the gate waits
 * for an answer (policy: 50 ms; a round trip on one machine takes well under one).
 */
const COMMAND_TIMEOUT_MS = 50;
const CONNECT_TIMEOUT_MS = 2_000;
const LONGEST_RECONNECT_MS = 1_000;

/**
 * Gives a command up after a time. The client's own `commandTimeout` takes a busy process for a slow Redis: its timer
 * fires before the answer is read that came in meanwhile. Here such answers are read first.
 */
class TimedRedis extends Redis {
  constructor(
    url: string,
    private readonly timeoutMs: number,
  ) {
    super(url, {
      connectTimeout: CONNECT_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      enableAutoPipelining: false,
      retryStrategy: (attempt) => Math.min(attempt * 50, LONGEST_RECONNECT_MS),
    });
  }

  override sendCommand(command: Command, ...more: [Parameters<Redis['sendCommand']>[1]?]): unknown {
    const timer = setTimeout(() => {
      // Sockets are read between the timers and this.
      setImmediate(() => command.reject(new Error('Redis did not answer in time')));
    }, this.timeoutMs);
    const settled = (): void => clearTimeout(timer);
    command.promise.then(settled, settled);
    return super.sendCommand(command, ...more);
  }
}

/**
 * A connection that fails at once while Redis is away, instead of queueing, and comes back by itself. Scripts are
 * not pipelined automatically: measured, it lowered their throughput.
 */
export function connectRedis(
  url: string,
  { commandTimeoutMs = COMMAND_TIMEOUT_MS }: { readonly commandTimeoutMs?: number } = {},
): Redis {
  const redis = new TimedRedis(url, commandTimeoutMs);
  // Each command reports its own failure; without a listener a lost connection would end the process.
  redis.on('error', () => undefined);
  return redis;
}

/** Resolves once the connection is up; throws after `timeoutMs` with words that name no secret of the address. */
export async function reachRedis(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.off('ready', ready);
      reject(new Error('REDIS_URL: Redis does not answer there'));
    }, timeoutMs);
    const ready = (): void => {
      clearTimeout(timer);
      resolve();
    };
    redis.once('ready', ready);
  });
}
