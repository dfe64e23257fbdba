import { Webhook } from 'standardwebhooks';
import { type Answer, Http } from './http';
import type { TestService } from './service';
import type { TestSimulator } from './simulator';

export const TEST_SECRET = `whsec_${Buffer.from('a secret that only tests know...').toString('base64')}`;

/** Signs events as the provider does and posts them; the service must know {@link TEST_SECRET}. */
export class SignedWebhooks {
  private made = 0;

  constructor(
    private readonly service: TestService,
    private readonly simulator: TestSimulator,
  ) {}

  /** An event like `like`, with another id, type or data. */
  variant(like: string, change: { type?: string; data?: object }): string {
    this.made += 1;
    const event = JSON.parse(like) as { event_type: string; data: object };
    return JSON.stringify({
      ...event,
      event_id: `evt-of-the-tests-${this.made}`,
      event_type: change.type ?? event.event_type,
      data: { ...event.data, ...change.data },
    });
  }

  /** Signed at `at`, by default now. */
  async deliver(body: string, at?: number): Promise<Answer<unknown>> {
    const now = at ?? (await this.simulator.now());
    const id = (JSON.parse(body) as { event_id: string }).event_id;
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now / 1_000)),
      'webhook-signature': new Webhook(TEST_SECRET).sign(id, new Date(now), body),
    };
    return new Http(this.service.url).send('POST', '/webhooks/linq/v3', body, { headers });
  }
}
