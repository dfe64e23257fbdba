import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { SecretBox } from '@linekeeper/application';

/** `lk1.<key id>.<nonce>.<ciphertext and tag>`, the latter two in base64url. */
const MARK = 'lk1';
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface BoxKey {
  readonly id: string;
  readonly key: Buffer;
}

/**
 * AES-256-GCM under a key derived from SECRETS_KEY by HKDF-SHA-256; the purpose is authenticated along. Each text names
 * its key, so that a new SECRETS_KEY seals from now on while older ones still open.
 */
export class AesSecretBox extends SecretBox {
  private readonly current: BoxKey;
  private readonly known: ReadonlyMap<string, BoxKey>;

  /** The first key seals; all of them open. */
  constructor([current, ...previous]: readonly [string, ...string[]]) {
    super();
    this.current = derived(current);
    this.known = new Map([current, ...previous].map(derived).map((each) => [each.id, each]));
  }

  seal(plain: string, purpose: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.current.key, nonce);
    cipher.setAAD(Buffer.from(purpose, 'utf8'));
    const sealed = Buffer.concat([
      cipher.update(plain, 'utf8'),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return [MARK, this.current.id, nonce.toString('base64url'), sealed.toString('base64url')].join(
      '.',
    );
  }

  open(kept: string, purpose: string): { plain: string; stale: boolean } | null {
    const [mark, id = '', nonce = '', sealed = '', ...rest] = kept.split('.');
    if (mark !== MARK || rest.length > 0) return { plain: kept, stale: true };
    const key = this.known.get(id);
    const bytes = Buffer.from(sealed, 'base64url');
    if (!key || bytes.length < TAG_BYTES) return null;
    try {
      const decipher = createDecipheriv(CIPHER, key.key, Buffer.from(nonce, 'base64url'), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(purpose, 'utf8'));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      const plain = Buffer.concat([
        decipher.update(bytes.subarray(0, bytes.length - TAG_BYTES)),
        decipher.final(),
      ]).toString('utf8');
      return { plain, stale: id !== this.current.id };
    } catch {
      // Altered, or sealed for another purpose: the tag does not fit.
      return null;
    }
  }
}

/** The key, and a name for it that tells nothing about it. */
function derived(secret: string): BoxKey {
  const expand = (info: string, bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, 'linekeeper', info, bytes));
  return {
    id: expand('secret-box key id v1', 6).toString('hex'),
    key: expand('secret-box v1', 32),
  };
}
