import { Injectable, Logger } from '@nestjs/common';
import { Clock, MessagingProvider, Settings, UnitOfWork } from '../../ports';

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
  ) {}

  async execute(): Promise<'kept' | 'adopted' | 'created' | 'unreachable'> {
    const target = this.settings.webhookUrl;
    if (target === null) return 'unreachable';
    const there = await this.provider.subscriptions();
    const { subscriptions } = this.unitOfWork.read;
    const ours = await subscriptions.active();
    const atUs = there.filter(({ targetUrl }) => withoutQuery(targetUrl) === withoutQuery(target));
    const usable = atUs.filter(({ active, filtered, complete }) => active && !filtered && complete);
    if (ours.some(({ id }) => usable.some((each) => each.id === id))) return 'kept';
    if (usable.length > 0 && this.settings.webhookSecrets.length > 0) return 'adopted';
    // What stands there brings too little, or deliveries whose secret nobody knows; and the provider takes an address
    // once only.
    for (const { id } of atUs) await this.provider.unsubscribe(id);
    const created = await this.provider.subscribe(target);
    await subscriptions.insert({
      id: created.id,
      targetUrl: target,
      secret: created.secret,
      createdAt: this.clock.now(),
      lastVerifiedAt: null,
      retiredAt: null,
    });
    for (const { id } of ours) await subscriptions.retire(id, this.clock.now());
    this.logger.log({ what: "Subscribed to the provider's events", subscriptionId: created.id });
    return 'created';
  }
}

const withoutQuery = (url: string): string => url.split('?', 1)[0] ?? url;
