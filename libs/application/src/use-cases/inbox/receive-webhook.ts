import { Injectable } from '@nestjs/common';
import { type ApiVersion, Clock, Metrics, type Verification, WebhookVerifier } from '../../ports';
import { Refusal } from '../../refusal';
import { Quarantine } from './quarantine';
import { TakeIn } from './take-in';
import { WebhookHealth } from './webhook-health';
import { type KnownSecrets, WebhookSecrets } from './webhook-secrets';

const COUNTED = 'linekeeper_webhooks_total';

/** Why a delivery that the provider may well have sent is turned away. */
const LOST_FOR_GOOD: ReadonlySet<string> = new Set(['no-matching-signature', 'too-old', 'too-new']);

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Takes a webhook in: verified, durable, then acknowledged; processed later. A known event id is acknowledged
 * and changes nothing. Refuses `webhook.signature` (final for the sender) and `webhook.unavailable` (sent again).
 */
@Injectable()
export class ReceiveWebhook {
  constructor(
    private readonly secrets: WebhookSecrets,
    private readonly verifier: WebhookVerifier,
    private readonly takeIn: TakeIn,
    private readonly quarantine: Quarantine,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
    private readonly health: WebhookHealth,
  ) {}

  /** `version`: at the address of which version it came. `source` is the address that the delivery came from. */
  async execute(
    version: ApiVersion,
    rawBody: Buffer,
    headers: Headers,
    source: string,
  ): Promise<void> {
    const { verification, known } = await this.verify(version, rawBody, headers);
    if (verification.kind === 'rejected') {
      if (verification.why === 'no-matching-signature' && known.doubtful) {
        const keep = (): Promise<boolean> =>
          this.quarantine.keep(version, rawBody, headers, source);
        await this.orUnavailable(keep);
        this.metrics.count(COUNTED, { outcome: 'quarantined', cause: 'none' });
        throw new Refusal('webhook.unavailable', 'Its secret is not known here yet; send it again');
      }
      await this.health.noteRejected(this.clock.now(), LOST_FOR_GOOD.has(verification.why));
      this.metrics.count(COUNTED, { outcome: 'rejected', cause: verification.why });
      throw new Refusal('webhook.signature', `The delivery was rejected: ${verification.why}`);
    }
    await this.orUnavailable(async () => {
      const outcome = await this.takeIn.storeOne(version, rawBody);
      this.metrics.count(COUNTED, { outcome, cause: 'none' });
      if (outcome !== 'duplicate') this.takeIn.notify();
      const holds = (secret: string): boolean => this.holds(version, rawBody, headers, [secret]);
      if (await this.secrets.prove(version, holds)) await this.quarantine.review();
    });
    await this.health.noteVerified(version, this.clock.now());
  }

  /** A secret that came a moment ago may be unknown here still: before a rejection the list is read again. */
  private async verify(
    version: ApiVersion,
    rawBody: Buffer,
    headers: Headers,
  ): Promise<{ verification: Verification; known: KnownSecrets }> {
    const now = this.clock.now();
    const remembered = await this.orUnavailable(() => this.secrets.known(version));
    const input = { rawBody, headers, now, version };
    const first = this.verifier.verify({ ...input, secrets: remembered.list });
    if (first.kind === 'verified' || first.why !== 'no-matching-signature') {
      return { verification: first, known: remembered };
    }
    const known = await this.orUnavailable(() => this.secrets.known(version, true));
    if (known.list.join() === remembered.list.join()) return { verification: first, known };
    return { verification: this.verifier.verify({ ...input, secrets: known.list }), known };
  }

  private holds(
    version: ApiVersion,
    rawBody: Buffer,
    headers: Headers,
    secrets: readonly string[],
  ): boolean {
    const input = { rawBody, headers, secrets, now: this.clock.now(), version };
    return this.verifier.verify(input).kind === 'verified';
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
