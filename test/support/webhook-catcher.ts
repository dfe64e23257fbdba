import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { LinqAPIV3 } from '@linqapp/sdk';
import type { TestSimulator } from './simulator';

export interface CaughtDelivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A subscriber of the simulator that keeps each delivery as it came over the wire. */
export class WebhookCatcher {
  readonly deliveries: CaughtDelivery[] = [];

  private constructor(
    private readonly server: Server,
    readonly secret: string,
  ) {
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        this.deliveries.push({ headers: request.headers, body });
        response.writeHead(204).end();
      });
    });
  }

  static async start(
    simulator: TestSimulator,
    events: Parameters<LinqAPIV3['webhookSubscriptions']['create']>[0]['subscribed_events'],
    version = '2026-02-03',
  ): Promise<WebhookCatcher> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('No port');
    const created = await sdkOf(simulator).webhookSubscriptions.create({
      target_url: `http://127.0.0.1:${address.port}/hook?version=${version}`,
      subscribed_events: events,
    });
    return new WebhookCatcher(server, created.signing_secret);
  }

  async stop(): Promise<void> {
    await new Promise((done) => this.server.close(done));
  }
}

/** Linq's own client, unmodified, on the simulator. */
export function sdkOf(simulator: TestSimulator): LinqAPIV3 {
  return new LinqAPIV3({ apiKey: simulator.token, baseURL: simulator.apiUrl, maxRetries: 0 });
}
