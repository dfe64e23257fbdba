/** What the use-cases need of the static configuration. Constant for the life of a process. */
export abstract class Settings {
  /** Where the provider reaches us with webhooks; null when nothing can (then nothing is subscribed). */
  abstract readonly webhookUrl: string | null;
  /** Secrets given from outside, beside those of subscriptions we made. Several hold during a rotation. */
  abstract readonly webhookSecrets: readonly string[];
  /** Names this process in leases. */
  abstract readonly processId: string;
}
