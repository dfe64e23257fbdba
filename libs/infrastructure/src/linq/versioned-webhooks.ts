import {
  type ApiVersion,
  ProviderEventReader,
  type ReadEvent,
  type Verification,
  WebhookVerifier,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';

/** Reads each body in the version it is written in. */
export class VersionedEventReader extends ProviderEventReader {
  constructor(private readonly readers: Readonly<Record<ApiVersion, ProviderEventReader>>) {
    super();
  }

  read(rawBody: string, receivedAt: EpochMs, version: ApiVersion): ReadEvent {
    return this.readers[version].read(rawBody, receivedAt, version);
  }
}

/** Verifies each delivery as the version signs at whose address it came. */
export class VersionedVerifier extends WebhookVerifier {
  constructor(private readonly verifiers: Readonly<Record<ApiVersion, WebhookVerifier>>) {
    super();
  }

  verify(input: Parameters<WebhookVerifier['verify']>[0]): Verification {
    return this.verifiers[input.version].verify(input);
  }
}
