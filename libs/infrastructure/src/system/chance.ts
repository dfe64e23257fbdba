import { createHash, createHmac, randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto';
import { type Clock, Digest, Ids, Random } from '@linekeeper/application';

/** Chance for some hundred ids, fetched at once: asking the system for each costs more than making the id. */
class Entropy {
  private readonly pool = Buffer.alloc(4_096);
  private used = this.pool.length;

  /** Bytes that nobody else gets; good until the next call. */
  take(count: number): Buffer {
    if (this.used + count > this.pool.length) {
      randomFillSync(this.pool);
      this.used = 0;
    }
    this.used += count;
    return this.pool.subarray(this.used - count, this.used);
  }
}

/** UUID version 7 (RFC 9562): 48 bits of time, then a counter within the millisecond, then chance. */
export class UuidV7 extends Ids {
  private readonly entropy = new Entropy();
  private lastMs = -1;
  private counter = 0;

  constructor(private readonly clock: Clock) {
    super();
  }

  uuid(): string {
    this.tick();
    const bytes = this.entropy.take(16);
    bytes.writeUIntBE(this.lastMs, 0, 6);
    bytes.writeUInt16BE(0x7000 | (this.counter & 0x0fff), 6);
    bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
    const hex = bytes.toString('hex');
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join('-');
  }

  /** Ids of one millisecond rise by the counter; when it is used up the next millisecond is borrowed. */
  private tick(): void {
    const now = this.clock.now();
    if (now > this.lastMs) {
      this.lastMs = now;
      this.counter = 0;
      return;
    }
    this.counter += 1;
    if (this.counter > 0x0fff) {
      this.lastMs += 1;
      this.counter = 0;
    }
  }
}

export class SecureRandom extends Random {
  next(): number {
    return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
  }

  token(bytes: number): string {
    return randomBytes(bytes).toString('base64url');
  }
}

export class NodeDigest extends Digest {
  private readonly secretsKeys: readonly [string, ...string[]];

  /** The first key is used for what is new, the others to find again what is old. */
  constructor(secretsKeys: readonly [string, ...string[]]) {
    super();
    this.secretsKeys = secretsKeys;
  }

  sha256(text: string): string {
    return createHash('sha256').update(text, 'utf8').digest('hex');
  }

  keyed(text: string): string {
    return hmac(this.secretsKeys[0], text);
  }

  keyedEver(text: string): string[] {
    return this.secretsKeys.map((key) => hmac(key, text));
  }

  equal(a: string, b: string): boolean {
    const left = Buffer.from(a);
    const right = Buffer.from(b);
    return left.length === right.length && timingSafeEqual(left, right);
  }
}

function hmac(key: string, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}
