import { Injectable, Logger } from '@nestjs/common';
import { Clock, MessagingProvider, Settings, UnitOfWork } from '../../ports';
import { Quarantine } from './quarantine';
import { RETIRED_GRACE_MS, WebhookSecrets } from './webhook-secrets';

/**
 * Sees to it that the provider delivers its events to us: the subscription is made once, with its secret kept
 * before anything can arrive, and made anew when it has vanished or no longer brings everything. With secrets from
 * outside, a subscription that points at us and brings everything is adopted as it is.
 */
@Injectable()
export class KeepSubscribed {
  private readonly logger = new Logger('Webhooks');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly provider: MessagingProvider,
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly secrets: WebhookSecrets,
    private readonly quarantine: Quarantine,
  ) {}

  async execute(): Promise<'kept' | 'adopted' | 'created' | 'unreachable'> {
    const target = this.settings.webhookUrl;
    if (target === null) return 'unreachable';
    const { subscriptions } = this.unitOfWork.read;
    await subscriptions.forgetSecrets(this.clock.now() - RETIRED_GRACE_MS);
    const there = await this.provider.subscriptions();
    const ours = await subscriptions.active();
    const atUs = there.filter(({ targetUrl }) => withoutQuery(targetUrl) === withoutQuery(target));
    const usable = atUs.filter(({ active, filtered, complete }) => active && !filtered && complete);
    // One whose secret our keys do not open is as good as somebody else's.
    const readable = ours.filter((each) => this.secrets.open(each) !== null);
    if (readable.some(({ id }) => usable.some((each) => each.id === id))) return 'kept';
    if (usable.length > 0 && this.settings.webhookSecrets.length > 0) return 'adopted';
    // What stands there brings too little, or deliveries whose secret nobody knows; and the provider takes an address
    // once only.
    for (const { id } of atUs) await this.provider.unsubscribe(id);
    const created = await this.provider.subscribe(target);
    await subscriptions.insert({
      id: created.id,
      targetUrl: target,
      secret: this.secrets.seal(created.id, created.secret),
      createdAt: this.clock.now(),
      lastVerifiedAt: null,
      retiredAt: null,
    });
    for (const { id } of ours) await subscriptions.retire(id, this.clock.now());
    // What came before the secret did waits to be looked at again.
    await this.quarantine.review();
    this.logger.log({ what: "Subscribed to the provider's events", subscriptionId: created.id });
    return 'created';
  }
}

const withoutQuery = (url: string): string => url.split('?', 1)[0] ?? url;
