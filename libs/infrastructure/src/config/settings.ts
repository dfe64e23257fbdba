import { type ApiVersion, Settings } from '@linekeeper/application';

/** Settings that were read once at the start. */
export class StaticSettings extends Settings {
  readonly webhookUrls: Readonly<Record<ApiVersion, string>> | null;
  readonly webhookSecrets: Readonly<Record<ApiVersion, readonly string[]>>;
  readonly processId: string;

  constructor(values: {
    /** How the provider reaches this service; null when it cannot. */
    readonly webhookBase: string | null;
    readonly webhookSecrets?: readonly string[] | undefined;
    readonly v2WebhookSecrets?: readonly string[] | undefined;
    readonly processId: string;
  }) {
    super();
    const base = values.webhookBase?.replace(/\/+$/, '');
    const urlOf = (version: ApiVersion): string => `${base}/webhooks/linq/${version}`;
    this.webhookUrls = base === undefined ? null : { v3: urlOf('v3'), v2: urlOf('v2') };
    this.webhookSecrets = { v3: values.webhookSecrets ?? [], v2: values.v2WebhookSecrets ?? [] };
    this.processId = values.processId;
  }
}
