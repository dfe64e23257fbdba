import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Deals connections out over the backends in turn; one that takes none is passed over. */
export class LoadBalancer {
  private turn = 0;
  private readonly open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(backends: () => readonly number[]): Promise<LoadBalancer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const balancer = new LoadBalancer(server, (server.address() as AddressInfo).port);
    server.on('connection', (client) => balancer.deal(client, [...backends()]));
    return balancer;
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private deal(client: Socket, backends: readonly number[]): void {
    this.turn += 1;
    const order = backends.map((_, i) => backends[(this.turn + i) % backends.length] ?? 0);
    this.keep(client);
    this.attempt(client, order);
  }

  private attempt(client: Socket, [port, ...others]: readonly number[]): void {
    if (port === undefined) return void client.destroy();
    const backend = connect(port, '127.0.0.1');
    this.keep(backend);
    let connected = false;
    backend.once('connect', () => {
      connected = true;
      client.pipe(backend).pipe(client);
    });
    backend.once('error', () => {
      if (connected) client.destroy();
      else this.attempt(client, others);
    });
    client.once('close', () => backend.destroy());
    backend.once('close', () => connected && client.destroy());
  }

  private keep(socket: Socket): void {
    this.open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.open.delete(socket));
  }
}
