import { Settings } from '@linekeeper/application';

/** Settings that were read once at the start. */
export class StaticSettings extends Settings {
  readonly webhookUrl: string | null;
  readonly webhookSecrets: readonly string[];
  readonly processId: string;

  constructor(values: {
    webhookUrl: string | null;
    webhookSecrets: readonly string[];
    processId: string;
  }) {
    super();
    this.webhookUrl = values.webhookUrl;
    this.webhookSecrets = values.webhookSecrets;
    this.processId = values.processId;
  }
}
