import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { LinqAPIV3 } from '@linqapp/sdk';
import { ok } from './http';
import type { TestSimulator } from './simulator';
import { V2Http } from './v2';

export interface CaughtDelivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Listens for webhooks and keeps each delivery as it came over the wire. */
export class WebhookReceiver {
  readonly deliveries: CaughtDelivery[] = [];
  private answering = Promise.resolve();
  /** What every delivery is answered with. */
  status = 204;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        this.deliveries.push({ headers: request.headers, body });
        void this.answering.then(() => response.writeHead(this.status).end());
      });
    });
  }

  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('No port');
    return new WebhookReceiver(server, `http://127.0.0.1:${address.port}/hook`);
  }

  /** From now on deliveries are answered once the returned function has been called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.answering = new Promise((done) => (release = done));
    return release;
  }

  async stop(): Promise<void> {
    await new Promise((done) => this.server.close(done));
  }
}

/** A subscriber of the simulator. */
export class WebhookCatcher {
  private constructor(
    private readonly receiver: WebhookReceiver,
    readonly secret: string,
  ) {}

  static async start(
    simulator: TestSimulator,
    events: Parameters<LinqAPIV3['webhookSubscriptions']['create']>[0]['subscribed_events'],
    version = '2026-02-03',
  ): Promise<WebhookCatcher> {
    const receiver = await WebhookReceiver.start();
    const created = await sdkOf(simulator).webhookSubscriptions.create({
      target_url: `${receiver.url}?version=${version}`,
      subscribed_events: events,
    });
    return new WebhookCatcher(receiver, created.signing_secret);
  }

  /** A subscriber of V2; without a secret nothing is signed. */
  static async onV2(
    simulator: TestSimulator,
    events: readonly string[],
    secret: string | null = null,
  ): Promise<WebhookCatcher> {
    const receiver = await WebhookReceiver.start();
    const signed = secret === null ? {} : { secret };
    const wanted = { webhook_url: receiver.url, version: 2, events, ...signed };
    await ok(
      new V2Http(simulator).post('/webhook_subscriptions', { webhook_subscription: wanted }),
    );
    return new WebhookCatcher(receiver, secret ?? '');
  }

  get deliveries(): readonly CaughtDelivery[] {
    return this.receiver.deliveries;
  }

  /** From now on every delivery is answered with this status. */
  answerWith(status: number): void {
    this.receiver.status = status;
  }

  /** From now on deliveries are answered once the returned function has been called. */
  hold(): () => void {
    return this.receiver.hold();
  }

  stop(): Promise<void> {
    return this.receiver.stop();
  }
}

/** Linq's own client, unmodified, on the simulator. */
export function sdkOf(simulator: TestSimulator): LinqAPIV3 {
  return new LinqAPIV3({ apiKey: simulator.token, baseURL: simulator.apiUrl, maxRetries: 0 });
}
