import { createHash } from 'node:crypto';

const ALLOWED = /^[A-Za-z0-9_-]{1,255}$/;

/** The key as V2 takes it: our own where its alphabet allows, else a digest of it, always the same for the same key. */
export function upstreamKey(key: string): string {
  return ALLOWED.test(key) ? key : createHash('sha256').update(key).digest('hex');
}
