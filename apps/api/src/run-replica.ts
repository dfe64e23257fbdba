import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Whoever stops us waits for so long before it kills (Docker and Kubernetes: 30 s unless told otherwise). */
const SHUTDOWN_MS = 25_000;

/**
 * Runs one of several processes until it is told to stop: then no more is taken on, what is under way is finished,
 * and the connections are given back; all within a bound.
 */
export async function runReplica(
  start: (fail: (why: string) => void) => Promise<{
    readonly app: NestFastifyApplication;
    readonly release: () => Promise<void>;
  }>,
): Promise<void> {
  let running: Awaited<ReturnType<typeof start>> | null = null;
  let stopping = false;
  const stop = async (code: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(code === 0 ? 1 : code), SHUTDOWN_MS).unref();
    await running?.app.close();
    await running?.release();
    process.exit(code);
  };
  const fail = (why: string): void => {
    console.error(why);
    void stop(1);
  };
  process.once('SIGINT', () => void stop(130));
  process.once('SIGTERM', () => void stop(0));
  try {
    running = await start(fail);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}
