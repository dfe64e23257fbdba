import { Injectable, Logger } from '@nestjs/common';
import type { EpochMs } from '@linekeeper/domain';
import { type EndpointRecord, Random, SecretBox } from '../../ports';

/** Standard Webhooks asks for 24 to 64 bytes; 48 need no padding in base64. */
const SECRET_BYTES = 48;

/** The secrets that events are signed with: made here, kept sealed, shown in clear once. */
@Injectable()
export class EndpointSecrets {
  private readonly logger = new Logger('Events');

  constructor(
    private readonly random: Random,
    private readonly box: SecretBox,
  ) {}

  make(endpointId: string): { plain: string; sealed: string } {
    const base64 = this.random.token(SECRET_BYTES).replaceAll('-', '+').replaceAll('_', '/');
    const plain = `whsec_${base64}`;
    return { plain, sealed: this.box.seal(plain, purposeOf(endpointId)) };
  }

  /** Those that sign now, the newest first; none when our keys open none. */
  signing(endpoint: EndpointRecord, now: EpochMs): string[] {
    const overlaps = endpoint.previousUntil !== null && now < endpoint.previousUntil;
    const kept = [endpoint.secret, ...(overlaps ? [endpoint.previousSecret ?? ''] : [])];
    return kept.flatMap((sealed) => {
      const opened = sealed === '' ? null : this.box.open(sealed, purposeOf(endpoint.id));
      if (opened === null) {
        this.logger.error({ what: 'SECRETS_KEY does not open a secret', endpoint: endpoint.id });
        return [];
      }
      return [opened.plain];
    });
  }
}

const purposeOf = (endpointId: string): string => `webhook-endpoint:${endpointId}`;
