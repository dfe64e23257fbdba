import { createHmac, timingSafeEqual } from 'node:crypto';
import { CardLinks } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';

const SIGNATURE_BYTES = 16;
const VERSION_BYTES = 8;

/**
 * A token is base64url of the card version (8 bytes), the expiry in seconds (6 bytes) and a truncated HMAC-SHA256
 * over both: short enough for a text message, and 128 bits nobody guesses.
 */
export class SignedCardLinks extends CardLinks {
  constructor(
    private readonly secrets: readonly [string, ...string[]],
    private readonly publicUrl: string,
  ) {
    super();
  }

  url(version: string, expiresAt: EpochMs): string {
    const content = Buffer.alloc(VERSION_BYTES + 6);
    content.write(version, 0, 'hex');
    content.writeUIntBE(Math.ceil(expiresAt / 1_000), VERSION_BYTES, 6);
    const token = Buffer.concat([content, this.sign(content, this.secrets[0])]).toString(
      'base64url',
    );
    return `${this.publicUrl}/cards/${token}.vcf`;
  }

  open(token: string, now: EpochMs): string | null {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== VERSION_BYTES + 6 + SIGNATURE_BYTES) return null;
    const content = bytes.subarray(0, VERSION_BYTES + 6);
    const signature = bytes.subarray(VERSION_BYTES + 6);
    // Links that were signed under a key on its way out still open.
    const holds = this.secrets.filter((key) => timingSafeEqual(this.sign(content, key), signature));
    if (holds.length === 0) return null;
    if (content.readUIntBE(VERSION_BYTES, 6) * 1_000 <= now) return null;
    return content.subarray(0, VERSION_BYTES).toString('hex');
  }

  private sign(content: Buffer, secret: string): Buffer {
    return createHmac('sha256', secret).update(content).digest().subarray(0, SIGNATURE_BYTES);
  }
}
