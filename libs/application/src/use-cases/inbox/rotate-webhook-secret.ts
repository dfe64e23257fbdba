import { Injectable } from '@nestjs/common';
import { type EpochMs, HOUR_MS } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import { MessagingProvider, Random, Settings, UnitOfWork } from '../../ports';
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
 * Replaces the webhook secret without losing a delivery. The provider tells a secret once and cannot change it, so a
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
    const target = this.settings.webhookUrl;
    const renewed = ours.length > 0 && target !== null;
    const quarantineUntil = renewed ? null : decision.now + WINDOW_MS;
    if (renewed) await this.renew(target, ours, decision.now);
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
    await this.secrets.known(true);
    return { renewed, quarantineUntil };
  }

  private async renew(
    target: string,
    old: readonly { readonly id: string }[],
    now: EpochMs,
  ): Promise<void> {
    const { subscriptions } = this.unitOfWork.read;
    // An address may be subscribed once only, and its query is part of it.
    const url = new URL(target);
    url.searchParams.set('secret', this.random.token(4));
    const created = await this.provider.subscribe(url.href);
    await subscriptions.insert({
      id: created.id,
      targetUrl: url.href,
      secret: this.secrets.seal(created.id, created.secret),
      createdAt: now,
      lastVerifiedAt: null,
      retiredAt: null,
    });
    for (const { id } of old) {
      await this.provider.unsubscribe(id);
      await subscriptions.retire(id, now);
    }
  }
}
