import { Injectable } from '@nestjs/common';
import {
  Clock,
  Digest,
  InboxSignal,
  Metrics,
  ProviderEventReader,
  Settings,
  UnitOfWork,
  type Verification,
  WebhookVerifier,
} from '../../ports';
import { Refusal } from '../../refusal';
import { WebhookHealth } from './webhook-health';

const COUNTED = 'linekeeper_webhooks_total';
/** New secrets come with a new subscription, so what is remembered is read again at the latest after this. */
const SECRETS_CACHE_MS = 10_000;

/**
 * Takes a webhook in: verified, durable, then acknowledged; processed later. A known event id is acknowledged
 * and changes nothing. Refuses `webhook.signature` (final for the sender) and `webhook.unavailable` (sent again).
 */
@Injectable()
export class ReceiveWebhook {
  private secrets: { readonly list: readonly string[]; readonly readAt: number } | null = null;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly verifier: WebhookVerifier,
    private readonly reader: ProviderEventReader,
    private readonly signal: InboxSignal,
    private readonly clock: Clock,
    private readonly digest: Digest,
    private readonly settings: Settings,
    private readonly metrics: Metrics,
    private readonly health: WebhookHealth,
  ) {}

  async execute(
    rawBody: Buffer,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): Promise<void> {
    const verification = await this.verify(rawBody, headers);
    if (verification.kind === 'rejected') {
      this.health.noteRejected();
      this.metrics.count(COUNTED, { outcome: 'rejected', cause: verification.why });
      throw new Refusal('webhook.signature', `The delivery was rejected: ${verification.why}`);
    }
    const now = this.clock.now();
    const body = rawBody.toString('utf8');
    const read = this.reader.read(body, now);
    const readable = read.kind === 'event';
    const eventId = readable
      ? read.event.eventId
      : (read.eventId ?? `unreadable:${this.digest.sha256(body)}`);
    try {
      const added = await this.unitOfWork.read.inbox.insert([
        {
          eventId,
          eventType: readable ? read.event.eventType : (read.eventType ?? 'unknown'),
          orderKey: readable ? read.orderKey : `event:${eventId}`,
          // PostgreSQL's text holds no NUL; a body with one is unreadable anyway.
          body: body.replaceAll('\u0000', '\ufffd'),
          receivedAt: now,
          state: readable ? 'pending' : 'dead',
          attempts: 0,
          nextAttemptAt: now,
          processedAt: readable ? null : now,
          lastError: readable ? null : read.why,
        },
      ]);
      const outcome = added === 0 ? 'duplicate' : readable ? 'accepted' : 'unreadable';
      this.metrics.count(COUNTED, { outcome, cause: 'none' });
      if (added > 0) this.signal.notify();
    } catch (error) {
      throw new Refusal('webhook.unavailable', 'The event could not be stored; send it again', {
        cause: error instanceof Error ? error.name : 'unknown',
      });
    }
    await this.health.noteVerified(now);
  }

  /** A secret that came a moment ago may be unknown here still: before a rejection the list is read again. */
  private async verify(
    rawBody: Buffer,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): Promise<Verification> {
    const now = this.clock.now();
    const remembered = await this.knownSecrets(false);
    const first = this.verifier.verify({ rawBody, headers, secrets: remembered, now });
    if (first.kind === 'verified' || first.why !== 'no-matching-signature') return first;
    const reread = await this.knownSecrets(true);
    if (reread.join() === remembered.join()) return first;
    return this.verifier.verify({ rawBody, headers, secrets: reread, now });
  }

  private async knownSecrets(again: boolean): Promise<readonly string[]> {
    const now = this.clock.now();
    const fresh = this.secrets !== null && now - this.secrets.readAt < SECRETS_CACHE_MS;
    if (this.secrets && fresh && !again) return this.secrets.list;
    const subscriptions = await this.unitOfWork.read.subscriptions.active().catch(() => {
      throw new Refusal('webhook.unavailable', 'The secrets cannot be read now; send it again');
    });
    const list = [...this.settings.webhookSecrets, ...subscriptions.map(({ secret }) => secret)];
    this.secrets = { list, readAt: now };
    return list;
  }
}
