import { Injectable, Logger } from '@nestjs/common';
import { DAY_MS, type EpochMs, MINUTE_MS } from '@linekeeper/domain';
import {
  type ApiVersion,
  Clock,
  SecretBox,
  Settings,
  type SubscriptionRecord,
  UnitOfWork,
} from '../../ports';

/** New secrets come with a new subscription, so what is remembered is read again at the latest after this. */
const CACHE_MS = 10_000;
/** Retries of what was signed before a secret was replaced run for about 25 minutes. */
export const RETIRED_GRACE_MS = 35 * MINUTE_MS;
/** A subscription that brought nothing within a day is not about to bring its first delivery. */
const CONNECTING_MS = DAY_MS;

export interface KnownSecrets {
  readonly list: readonly string[];
  /**
   * Whether a delivery that none of them signed may still be the provider's: while a secret is on its way to us, or has
   * not proved itself yet.
   */
  readonly doubtful: boolean;
}

interface Remembered {
  readonly subscriptions: readonly { readonly id: string; readonly secret: string }[];
  readonly unproven: readonly string[];
  readonly rotating: boolean;
  /** A secret stands there that our keys do not open. */
  readonly lost: boolean;
  readonly readAt: EpochMs;
}

/** The secrets that deliveries of each version may be signed with: given from outside, and of subscriptions that we made. */
@Injectable()
export class WebhookSecrets {
  private readonly logger = new Logger('Webhooks');
  private readonly remembered = new Map<ApiVersion, Remembered>();
  private readonly proven = new Set<ApiVersion>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly box: SecretBox,
  ) {}

  /** `again` reads anew what may have changed a moment ago. */
  async known(version: ApiVersion, again = false): Promise<KnownSecrets> {
    const now = this.clock.now();
    let remembered = this.remembered.get(version);
    if (again || remembered === undefined || now - remembered.readAt >= CACHE_MS) {
      remembered = await this.read(version, now);
      this.remembered.set(version, remembered);
    }
    const { subscriptions, unproven, rotating, lost } = remembered;
    const given = this.settings.webhookSecrets[version];
    const list = [...given, ...subscriptions.map(({ secret }) => secret)];
    const onlyGiven = subscriptions.length === 0 && !this.proven.has(version);
    return { list, doubtful: lost || rotating || unproven.length > 0 || onlyGiven };
  }

  /** A delivery held. `signedWith` tells of a secret whether it was the one. True when one has proved itself just now. */
  async prove(version: ApiVersion, signedWith: (secret: string) => boolean): Promise<boolean> {
    const first = !this.proven.has(version);
    this.proven.add(version);
    const { subscriptions = [], unproven = [] } = this.remembered.get(version) ?? {};
    const now = subscriptions.filter(
      ({ id, secret }) => unproven.includes(id) && signedWith(secret),
    );
    for (const { id } of now) {
      await this.unitOfWork.read.subscriptions.proved(id, this.clock.now());
    }
    if (now.length > 0) this.remembered.delete(version);
    return first || now.length > 0;
  }

  seal(subscriptionId: string, secret: string): string {
    return this.box.seal(secret, purposeOf(subscriptionId));
  }

  /** Null when our keys do not open it. */
  open({ id, secret }: Pick<SubscriptionRecord, 'id' | 'secret'>): string | null {
    return this.box.open(secret, purposeOf(id))?.plain ?? null;
  }

  private async read(version: ApiVersion, now: EpochMs): Promise<Remembered> {
    const { read } = this.unitOfWork;
    const rows = await read.subscriptions.usable(now - RETIRED_GRACE_MS, version);
    const environment = await read.environment.get();
    const opened = rows.map((row) => ({
      row,
      secret: this.box.open(row.secret, purposeOf(row.id)),
    }));
    for (const { row, secret } of opened) {
      if (secret === null) {
        this.logger.error({ what: 'SECRETS_KEY does not open a webhook secret', id: row.id });
      } else if (secret.stale) {
        const sealed = this.seal(row.id, secret.plain);
        await read.subscriptions.reseal(row.id, row.secret, sealed);
      }
    }
    const active = opened.filter(({ row }) => row.retiredAt === null);
    return {
      subscriptions: opened.flatMap(({ row, secret }) =>
        secret === null ? [] : [{ id: row.id, secret: secret.plain }],
      ),
      unproven: active
        .filter(({ row }) => row.lastVerifiedAt === null && now - row.createdAt < CONNECTING_MS)
        .map(({ row }) => row.id),
      rotating: (environment?.webhookRotationUntil ?? 0) > now,
      lost: active.some(({ secret }) => secret === null),
      readAt: now,
    };
  }
}

const purposeOf = (subscriptionId: string): string => `webhook-subscription:${subscriptionId}`;
