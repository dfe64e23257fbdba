/** New identifiers: UUID version 7, so that rows sort by age. Unique over all processes. */
export abstract class Ids {
  abstract uuid(): string;
}

/** Chance for secrets and jitter. */
export abstract class Random {
  /** Uniform in [0, 1). */
  abstract next(): number;
  /** `bytes` random bytes from a source fit for secrets, as base64url text. */
  abstract token(bytes: number): string;
}

/** One-way digests of secrets and of request bodies. */
export abstract class Digest {
  /** SHA-256 of the UTF-8 text, lowercase hex. */
  abstract sha256(text: string): string;
  /** HMAC-SHA-256 of the UTF-8 text under the service's secret key, lowercase hex. */
  abstract keyed(text: string): string;
  /** {@link keyed} under the present secret key first, then under each that was used before and is still known. */
  abstract keyedEver(text: string): string[];
  /** Compares two texts in time that depends on their lengths only. */
  abstract equal(a: string, b: string): boolean;
}
