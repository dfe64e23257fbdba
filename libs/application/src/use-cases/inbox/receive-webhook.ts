import { Injectable } from '@nestjs/common';
import { Clock, Metrics, UnitOfWork, type Verification, WebhookVerifier } from '../../ports';
import { Refusal } from '../../refusal';
import { Quarantine } from './quarantine';
import { TakeIn } from './take-in';
import { WebhookHealth } from './webhook-health';
import { type KnownSecrets, WebhookSecrets } from './webhook-secrets';

const COUNTED = 'linekeeper_webhooks_total';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Takes a webhook in: verified, durable, then acknowledged; processed later. A known event id is acknowledged
 * and changes nothing. Refuses `webhook.signature` (final for the sender) and `webhook.unavailable` (sent again).
 */
@Injectable()
export class ReceiveWebhook {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly secrets: WebhookSecrets,
    private readonly verifier: WebhookVerifier,
    private readonly takeIn: TakeIn,
    private readonly quarantine: Quarantine,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
    private readonly health: WebhookHealth,
  ) {}

  /** `source` is the address that the delivery came from. */
  async execute(rawBody: Buffer, headers: Headers, source: string): Promise<void> {
    const { verification, known } = await this.verify(rawBody, headers);
    if (verification.kind === 'rejected') {
      if (verification.why === 'no-matching-signature' && known.doubtful) {
        await this.orUnavailable(() => this.quarantine.keep(rawBody, headers, source));
        this.metrics.count(COUNTED, { outcome: 'quarantined', cause: 'none' });
        throw new Refusal('webhook.unavailable', 'Its secret is not known here yet; send it again');
      }
      this.health.noteRejected();
      this.metrics.count(COUNTED, { outcome: 'rejected', cause: verification.why });
      throw new Refusal('webhook.signature', `The delivery was rejected: ${verification.why}`);
    }
    await this.orUnavailable(async () => {
      const outcome = await this.takeIn.storeOne(this.unitOfWork.read, rawBody);
      this.metrics.count(COUNTED, { outcome, cause: 'none' });
      if (outcome !== 'duplicate') this.takeIn.notify();
      const proved = await this.secrets.prove((secret) => this.holds(rawBody, headers, [secret]));
      if (proved) await this.quarantine.review();
    });
    await this.health.noteVerified(this.clock.now());
  }

  /** A secret that came a moment ago may be unknown here still: before a rejection the list is read again. */
  private async verify(
    rawBody: Buffer,
    headers: Headers,
  ): Promise<{ verification: Verification; known: KnownSecrets }> {
    const now = this.clock.now();
    const remembered = await this.orUnavailable(() => this.secrets.known());
    const first = this.verifier.verify({ rawBody, headers, secrets: remembered.list, now });
    if (first.kind === 'verified' || first.why !== 'no-matching-signature') {
      return { verification: first, known: remembered };
    }
    const known = await this.orUnavailable(() => this.secrets.known(true));
    if (known.list.join() === remembered.list.join()) return { verification: first, known };
    const secrets = known.list;
    return { verification: this.verifier.verify({ rawBody, headers, secrets, now }), known };
  }

  private holds(rawBody: Buffer, headers: Headers, secrets: readonly string[]): boolean {
    const now = this.clock.now();
    return this.verifier.verify({ rawBody, headers, secrets, now }).kind === 'verified';
  }

  /** Whatever fails here is ours to mend: the sender shall try again. */
  private async orUnavailable<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new Refusal('webhook.unavailable', 'The event could not be stored; send it again', {
        cause: error instanceof Error ? error.name : 'unknown',
      });
    }
  }
}
