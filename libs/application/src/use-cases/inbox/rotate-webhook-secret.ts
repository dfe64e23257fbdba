import { Injectable } from '@nestjs/common';
import { type EpochMs, HOUR_MS } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import {
  API_VERSIONS,
  type ApiVersion,
  MessagingProvider,
  Random,
  Settings,
  type SubscriptionRecord,
  UnitOfWork,
} from '../../ports';
import { audit, Decisions } from '../shared';
import { WebhookSecrets } from './webhook-secrets';

/** An operator who brings a secret in from outside sets a variable and starts processes anew within this. */
const WINDOW_MS = HOUR_MS;

export interface Rotation {
  /** True: a subscription with a new secret has taken the place of ours. False: its secrets are set from outside. */
  readonly renewed: boolean;
  /** Until then deliveries that no known secret signed are quarantined instead of refused; null: no need. */
  readonly quarantineUntil: EpochMs | null;
}

/**
 * Replaces the webhook secrets, one for each version that is subscribed to, without losing a delivery. The provider tells a secret once and cannot change it, so a
 * rotation is a new subscription: made before the old one goes, whose secret still holds for what is on its way.
 */
@Injectable()
export class RotateWebhookSecret {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly provider: MessagingProvider,
    private readonly settings: Settings,
    private readonly random: Random,
    private readonly secrets: WebhookSecrets,
  ) {}

  /** Not idempotent: each call makes another secret. Refuses `provider.unavailable`; then the old one stays. */
  async execute(reason: string, actor: Actor): Promise<Rotation> {
    const decision = await this.decisions.begin(actor);
    const ours = await this.unitOfWork.read.subscriptions.active();
    const renewing = API_VERSIONS.flatMap((version) => {
      const target = this.settings.webhookUrls?.[version];
      const old = ours.filter(({ apiVersion }) => apiVersion === version);
      return target === undefined || old.length === 0 ? [] : [{ version, target, old }];
    });
    const isSetOutside = (version: ApiVersion): boolean =>
      !renewing.some((each) => each.version === version) &&
      (version === 'v3' || this.settings.webhookSecrets[version].length > 0);
    const renewed = renewing.length > 0;
    const quarantineUntil = API_VERSIONS.some(isSetOutside) ? decision.now + WINDOW_MS : null;
    for (const { version, target, old } of renewing) {
      await this.renew(version, target, old, decision.now);
    }
    await this.unitOfWork.run(async (stores) => {
      if (quarantineUntil !== null) await stores.environment.setWebhookRotation(quarantineUntil);
      await audit(stores, decision, {
        action: 'webhook-secret.rotate',
        subjectType: 'environment',
        subjectId: (await stores.environment.get())?.name ?? '',
        reason,
        change: { renewed },
      });
    });
    for (const version of API_VERSIONS) await this.secrets.known(version, true);
    return { renewed, quarantineUntil };
  }

  private async renew(
    version: ApiVersion,
    target: string,
    old: readonly SubscriptionRecord[],
    now: EpochMs,
  ): Promise<void> {
    const { subscriptions } = this.unitOfWork.read;
    // On V3 an address may be subscribed once only, and its query is part of it.
    const url = new URL(target);
    url.searchParams.set('secret', this.random.token(4));
    const created = await this.provider.subscribe(url.href, version);
    await subscriptions.insert({
      id: created.id,
      apiVersion: version,
      targetUrl: url.href,
      secret: this.secrets.seal(created.id, created.secret),
      createdAt: now,
      lastVerifiedAt: null,
      retiredAt: null,
    });
    for (const { id } of old) {
      await this.provider.unsubscribe(id, version);
      await subscriptions.retire(id, now);
    }
  }
}
