import { Injectable, Logger } from '@nestjs/common';
import { DAY_MS } from '@linekeeper/domain';
import {
  API_VERSIONS,
  type ApiVersion,
  Clock,
  Digest,
  type QuarantineBounds,
  UnitOfWork,
  WebhookVerifier,
} from '../../ports';
import { TakeIn } from './take-in';
import { WebhookSecrets } from './webhook-secrets';

/**
 * A line brings some two deliveries a second at its peak, so this is minutes of a small fleet: enough for what comes
 * between two retries, while the provider goes on retrying what does not fit. 32 MB are nothing to the database.
 */
const BOUNDS: QuarantineBounds = { rows: 2_000, bytes: 32 * 1_024 * 1_024, rowsPerSource: 1_000 };
/** Long enough for somebody to notice and mend the secret; whoever signed it has given up long before. */
const KEEP_MS = DAY_MS;
const BATCH = 100;

/** The headers that any scheme signs or is signed by. */
const SIGNED = [
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'x-webhook-timestamp',
  'x-webhook-signature',
];

/** Keeps deliveries that cannot be verified yet, and takes them in, once, when their secret is known. */
@Injectable()
export class Quarantine {
  private readonly logger = new Logger('Webhooks');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly secrets: WebhookSecrets,
    private readonly verifier: WebhookVerifier,
    private readonly takeIn: TakeIn,
    private readonly clock: Clock,
    private readonly digest: Digest,
  ) {}

  /** False when there is no room: by count, by bytes, or for this source. V3 sends it again either way, V2 does not. */
  async keep(
    version: ApiVersion,
    body: Buffer,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    source: string,
  ): Promise<boolean> {
    const receivedAt = this.clock.now();
    const signed = Object.fromEntries(
      SIGNED.flatMap((name) => {
        const value = headers[name];
        return typeof value === 'string' ? [[name, value] as const] : [];
      }),
    );
    const webhook = {
      // A delivery that is sent again, and perhaps signed anew, is the same one.
      id: this.digest.sha256(
        `${version === 'v3' ? '' : version}${signed['webhook-id'] ?? ''}\n${body.toString('base64')}`,
      ),
      apiVersion: version,
      body,
      headers: signed,
      source,
      receivedAt,
      expiresAt: receivedAt + KEEP_MS,
    };
    return this.unitOfWork.run(async (stores) => {
      await stores.quarantine.removeExpired(receivedAt);
      return stores.quarantine.add(webhook, BOUNDS);
    });
  }

  /** Looks at everything again. What holds now goes into the inbox in the same transaction in which it leaves here. */
  async review(): Promise<{ released: number; expired: number }> {
    const now = this.clock.now();
    const expired = await this.unitOfWork.read.quarantine.removeExpired(now);
    const secrets = { v3: await this.secretsOf('v3'), v2: await this.secretsOf('v2') };
    const waiting = await this.unitOfWork.read.quarantine.list(now, BOUNDS.rows);
    const holding = waiting.filter(({ apiVersion: version, body, headers, receivedAt }) => {
      // As of when it came: how long it had to wait here is not the sender's fault.
      const input = { rawBody: body, headers, secrets: secrets[version], now: receivedAt, version };
      return this.verifier.verify(input).kind === 'verified';
    });
    for (let i = 0; i < holding.length; i += BATCH) {
      const batch = holding.slice(i, i + BATCH);
      await this.unitOfWork.run(async (stores) => {
        for (const version of API_VERSIONS) {
          const bodies = batch.filter(({ apiVersion }) => apiVersion === version);
          await this.takeIn.store(
            stores,
            version,
            bodies.map(({ body }) => body),
          );
        }
        await stores.quarantine.remove(batch.map(({ id }) => id));
      });
    }
    const released = holding.length;
    if (released > 0) {
      this.takeIn.notify();
      this.logger.log({ what: 'Took in what was quarantined', released });
    }
    return { released, expired };
  }

  private async secretsOf(version: ApiVersion): Promise<readonly string[]> {
    return (await this.secrets.known(version, true)).list;
  }

  counts(): Promise<{ count: number; bytes: number; oldestAt: number | null }> {
    return this.unitOfWork.read.quarantine.counts();
  }
}
