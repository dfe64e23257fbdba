import { Injectable, Logger } from '@nestjs/common';
import { type ApiVersion, Clock, MessagingProvider, Settings, UnitOfWork } from '../../ports';
import { Quarantine } from './quarantine';
import { RETIRED_GRACE_MS, WebhookSecrets } from './webhook-secrets';

type Outcome = 'kept' | 'adopted' | 'created' | 'unreachable';

/** What was found of the subscription of each version; V2's is not looked at while no line speaks it. */
export interface Subscribed {
  readonly v3: Outcome;
  readonly v2: Outcome | 'unneeded';
}

/**
 * Sees to it that the provider delivers its events to us: a subscription is made once for each version that lines speak,
 * with its secret kept before anything can arrive, and made anew when it has vanished or no longer brings everything.
 * With secrets from outside, a subscription that points at us and brings everything is adopted as it is.
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

  /** When both fail, the failure of V3 is thrown: one version must not keep the other from being heard. */
  async execute(): Promise<Subscribed> {
    const { lines, subscriptions } = this.unitOfWork.read;
    await subscriptions.forgetSecrets(this.clock.now() - RETIRED_GRACE_MS);
    const isNeeded = [...(await lines.versions()).values()].includes('v2');
    const [v3, v2] = await Promise.allSettled([
      this.keep('v3'),
      isNeeded ? this.keep('v2') : ('unneeded' as const),
    ]);
    if (v3.status === 'rejected') throw v3.reason;
    if (v2.status === 'rejected') throw v2.reason;
    return { v3: v3.value, v2: v2.value };
  }

  private async keep(version: ApiVersion): Promise<Outcome> {
    const target = this.settings.webhookUrls?.[version];
    if (target === undefined) return 'unreachable';
    const { subscriptions } = this.unitOfWork.read;
    const there = await this.provider.subscriptions(version);
    const ours = await subscriptions.active(version);
    const atUs = there.filter(({ targetUrl }) => withoutQuery(targetUrl) === withoutQuery(target));
    const usable = atUs.filter(({ active, filtered, complete }) => active && !filtered && complete);
    // One whose secret our keys do not open is as good as somebody else's.
    const readable = ours.filter((each) => this.secrets.open(each) !== null);
    if (readable.some(({ id }) => usable.some((each) => each.id === id))) return 'kept';
    if (usable.length > 0 && this.settings.webhookSecrets[version].length > 0) return 'adopted';
    // What stands there brings too little, or deliveries whose secret nobody knows. V3 takes an address once only, and V2
    // would bring everything twice.
    for (const { id } of atUs) await this.provider.unsubscribe(id, version);
    const created = await this.provider.subscribe(target, version);
    await subscriptions.insert({
      id: created.id,
      apiVersion: version,
      targetUrl: target,
      secret: this.secrets.seal(created.id, created.secret),
      createdAt: this.clock.now(),
      lastVerifiedAt: null,
      retiredAt: null,
    });
    for (const { id } of ours) {
      if (id !== created.id) await subscriptions.retire(id, this.clock.now());
    }
    // What came before the secret did waits to be looked at again.
    await this.quarantine.review();
    const { id: subscriptionId } = created;
    this.logger.log({ what: "Subscribed to the provider's events", version, subscriptionId });
    return 'created';
  }
}

const withoutQuery = (url: string): string => url.split('?', 1)[0] ?? url;
