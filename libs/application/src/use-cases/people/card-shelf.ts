import type { CardNumbers, CardRecord } from '../../ports';

/** Thousands of plain cards, or some hundred with a photo. */
const MAX_OCTETS = 32 * 2 ** 20;

/**
 * Cards that were given out lately. A card depends on its pool's identity and its ordered numbers alone, so those of one
 * version of the pool and of the same numbers are the same card. Bounded; what was put there first goes first.
 */
export class CardShelf {
  private readonly cards = new Map<string, CardRecord>();
  private octets = 0;

  constructor(private readonly maxOctets = MAX_OCTETS) {}

  get(wanted: CardNumbers): CardRecord | undefined {
    return this.cards.get(keyOf(wanted));
  }

  /** Nothing is put down that is not the card wanted: the numbers may have changed while it was made. */
  put(wanted: CardNumbers, card: CardRecord): void {
    if (card.poolId !== wanted.poolId || card.numbers.join() !== wanted.numbers.join()) return;
    const key = keyOf(wanted);
    if (this.cards.has(key)) return;
    this.cards.set(key, card);
    this.octets += card.vcf.length;
    for (const [oldest, { vcf }] of this.cards) {
      if (this.octets <= this.maxOctets) return;
      this.cards.delete(oldest);
      this.octets -= vcf.length;
    }
  }
}

function keyOf({ poolId, poolVersion, numbers }: CardNumbers): string {
  return `${poolId} ${poolVersion} ${numbers.join()}`;
}
