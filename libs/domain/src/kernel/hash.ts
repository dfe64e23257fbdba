/**
 * A 32-bit FNV-1a hash with a murmur-style finish. It breaks ties and names content; it is no protection
 * against anyone who wants a collision.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash >>> 0;
}

/**
 * The rendezvous (highest random weight) rank of a candidate for a key: the candidate with the largest rank
 * wins a tie, and adding or removing another candidate never changes who wins between two that stay.
 */
export function rendezvousRank(key: string, candidate: string): number {
  return hash32(`${key}\u0000${candidate}`);
}
