import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { TestDatabase } from './database';
import { type Answer, type Call, Http } from './http';
import { LoadBalancer } from './load-balancer';
import type { TestRedis } from './redis';
import { ADMIN_KEY, APP_KEY, freePort } from './service';
import type { TestSimulator } from './simulator';

/** Calls that a dying process cuts off are made again, as any client of a replicated service would. */
const MAX_TRIES = 5;

/** The same client, which tries again where the connection broke: every call of ours may be made twice. */
class PatientHttp extends Http {
  override async send<T>(
    method: string,
    path: string,
    body: string | undefined,
    call: Call = {},
  ): Promise<Answer<T>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await super.send<T>(method, path, body, call);
      } catch (error) {
        if (attempt === MAX_TRIES) throw error;
      }
    }
  }
}

interface Member {
  readonly role: 'api' | 'worker';
  readonly name: string;
  readonly port: number;
  child: ChildProcess;
}

/** Two api and two worker processes on one PostgreSQL and Redis, behind a load balancer; each can be killed. */
export class Cluster {
  readonly admin: Http;
  readonly app: Http;
  kills = 0;

  private constructor(
    private readonly balancer: LoadBalancer,
    private readonly members: Member[],
    private readonly settings: object,
    readonly url: string,
  ) {
    this.admin = new PatientHttp(url, ADMIN_KEY);
    this.app = new PatientHttp(url, APP_KEY);
  }

  static async start(
    database: TestDatabase,
    simulator: TestSimulator,
    redis: TestRedis,
  ): Promise<Cluster> {
    const members: Member[] = [];
    const apiPorts = (): number[] =>
      members.filter(({ role }) => role === 'api').map(({ port }) => port);
    const balancer = await LoadBalancer.start(apiPorts);
    const url = `http://127.0.0.1:${balancer.port}`;
    const settings = {
      databaseUrl: database.url,
      simulatorUrl: simulator.url,
      token: simulator.token,
      adminKey: ADMIN_KEY,
      appKey: APP_KEY,
      redisUrl: redis.url,
      publicUrl: url,
    };
    // All at once, as an orchestrator does it: each finds the database as the others leave it.
    const roles = ['api', 'worker', 'api', 'worker'] as const;
    const started = await Promise.all(
      roles.map(async (role, i): Promise<Member> => {
        const [name, port] = [`${role}-${i + 1}`, await freePort()];
        return { role, name, port, child: await begin({ ...settings, role, name, port }) };
      }),
    );
    members.push(...started);
    return new Cluster(balancer, members, settings, url);
  }

  /** A client of one api process alone, past the load balancer. */
  only(index: 0 | 1): { readonly admin: Http; readonly app: Http } {
    const api = this.members.filter(({ role }) => role === 'api')[index];
    const url = `http://127.0.0.1:${api?.port}`;
    return { admin: new Http(url, ADMIN_KEY), app: new Http(url, APP_KEY) };
  }

  get size(): number {
    return this.members.length;
  }

  /** Kills a process as it stands and starts another in its place. */
  async replace(index: number): Promise<void> {
    await this.again(index, 'SIGKILL');
    this.kills += 1;
  }

  /** Tells a process to stop in order and starts another in its place; resolves with the exit code of the first. */
  restart(index: number): Promise<number | null> {
    return this.again(index, 'SIGTERM');
  }

  private async again(index: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const member = this.members[index];
    if (!member) throw new Error(`There is no process ${index}`);
    const code = await end(member.child, signal);
    const { role, name, port } = member;
    member.child = await begin({ ...this.settings, role, name, port });
    return code;
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map(({ child }) => end(child, 'SIGKILL')));
    await this.balancer.stop();
  }
}

async function begin(settings: object): Promise<ChildProcess> {
  const child = fork(resolve(__dirname, 'killable-child.mjs'), [JSON.stringify(settings)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`A process ended with ${String(code)} while it started`);
    }),
  ]);
  return child;
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill(signal);
  const [code] = (await ended) as [number | null];
  return code;
}
