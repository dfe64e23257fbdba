import type { ApiVersion } from './api-version';

/** What the use-cases need of the static configuration. Constant for the life of a process. */
export abstract class Settings {
  /** Where each version reaches us with webhooks; null when nothing can (then nothing is subscribed). */
  abstract readonly webhookUrls: Readonly<Record<ApiVersion, string>> | null;
  /** Secrets given from outside, beside those of subscriptions we made. Several hold during a rotation. */
  abstract readonly webhookSecrets: Readonly<Record<ApiVersion, readonly string[]>>;
  /** Names this process in leases. */
  abstract readonly processId: string;
}
