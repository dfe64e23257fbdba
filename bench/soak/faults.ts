import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Stage } from '../paths/stage';

type Program = 'service' | 'worker';

/** The processes of the service, which are killed and started again at the same port. */
export class Processes {
  private readonly running: { program: Program; port: number; child: ChildProcess }[] = [];

  constructor(private readonly stage: Stage) {}

  async add(program: Program, port: number): Promise<void> {
    this.running.push({ program, port, child: await this.stage.start(program, port) });
  }

  async killAndRestart(program: Program): Promise<void> {
    const one = this.running.find((each) => each.program === program);
    if (!one) throw new Error(`There is no ${program}`);
    const ended = once(one.child, 'exit');
    one.child.kill('SIGKILL');
    await ended;
    one.child = await this.stage.start(one.program, one.port);
    // The next kill is the other one's.
    this.running.splice(this.running.indexOf(one), 1);
    this.running.push(one);
  }

  async pauseOne(program: Program, ms: number): Promise<void> {
    const one = this.running.find((each) => each.program === program);
    one?.child.kill('SIGSTOP');
    await pause(ms);
    one?.child.kill('SIGCONT');
  }

  get pids(): readonly number[] {
    return this.running.flatMap(({ child }) => child.pid ?? []);
  }
}

export interface Fault {
  readonly name: string;
  readonly strike: () => Promise<void>;
}

/** One a minute, in turn. */
export function faultsOf(stage: Stage, processes: Processes): readonly Fault[] {
  const { redis, settings } = stage;
  return [
    { name: 'an api process killed', strike: () => processes.killAndRestart('service') },
    { name: 'Redis emptied', strike: () => emptied(settings.redisUrl ?? '') },
    { name: 'the worker killed', strike: () => processes.killAndRestart('worker') },
    {
      name: 'Redis silent for 5 s',
      strike: async () => {
        redis?.kill('SIGSTOP');
        await pause(5_000);
        redis?.kill('SIGCONT');
      },
    },
    {
      name: 'all connections to PostgreSQL cut',
      strike: async () => {
        await stage.db.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
      },
    },
    { name: 'the worker asleep for 20 s', strike: () => processes.pauseOne('worker', 20_000) },
    { name: 'an api process asleep for 5 s', strike: () => processes.pauseOne('service', 5_000) },
  ];
}

async function emptied(url: string): Promise<void> {
  // Not the service's own connection, which gives up soon: here it takes as long as it takes.
  const redis = new Redis(url);
  await once(redis, 'ready');
  await redis.flushall();
  redis.disconnect();
}
