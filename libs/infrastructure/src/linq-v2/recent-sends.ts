/** As many as this process sends in a good while; the oldest are forgotten first. */
const MAX_REMEMBERED = 10_000;

/**
 * Which message this process was told of for which key. A message of the same words that belongs to another key is not
 * the one that is looked for.
 */
export class RecentSends {
  private readonly keys = new Map<string, string>();

  note(messageId: string, key: string): void {
    this.keys.set(messageId, key);
    const [oldest] = this.keys.keys();
    if (this.keys.size > MAX_REMEMBERED && oldest !== undefined) this.keys.delete(oldest);
  }

  isOfAnotherKey(messageId: string, key: string): boolean {
    const known = this.keys.get(messageId);
    return known !== undefined && known !== key;
  }
}
