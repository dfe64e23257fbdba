import { rendezvousRank } from '../kernel/hash';
import type { Card } from './pod';

/** What the choice of a card looks at. */
export interface CardState {
  /** Whether a line may take over users now. */
  readonly usable: (lineId: string) => boolean;
  /** Whether each of these fallbacks keeps its reserve with the new user's share. */
  readonly reserveHolds: (fallbackLineIds: readonly string[]) => boolean;
  /** Users with this primary who already hold this card. */
  readonly users: (cardId: string, primaryLineId: string) => number;
}

/** The other numbers of a card, in ring order. */
export function fallbacksOn(card: Card, primaryLineId: string): string[] {
  return card.lineIds.filter((id) => id !== primaryLineId);
}

/**
 * The card of a newly placed user, of those that hold their primary: the most usable fallbacks, then a reserve that
 * holds, then the fewest users with that primary, so that its loss spreads evenly; ties by rendezvous rank. Null
 * when no card holds the primary.
 */
export function chooseCard(
  primaryLineId: string,
  userId: string,
  cards: readonly Card[],
  state: CardState,
): Card | null {
  const ranked = cards
    .filter(({ lineIds }) => lineIds.includes(primaryLineId))
    .map((card) => {
      const usable = fallbacksOn(card, primaryLineId).filter((id) => state.usable(id));
      return {
        card,
        usable: usable.length,
        short: Number(!state.reserveHolds(usable)),
        users: state.users(card.id, primaryLineId),
        tie: rendezvousRank(userId, card.id),
      };
    })
    .sort((a, b) => b.usable - a.usable || a.short - b.short || a.users - b.users || b.tie - a.tie);
  return ranked[0]?.card ?? null;
}

/** The numbers that everybody should be able to lose all but one of. */
export const MIN_LIVE_NUMBERS = 2;

/**
 * Whether somebody is owed a new card: fewer than two numbers of theirs are live, and the pool has more to give.
 * It is sent in a conversation that they begin.
 */
export function owesNewCard(
  knownLineIds: readonly string[],
  liveLineIds: ReadonlySet<string>,
): boolean {
  const live = knownLineIds.filter((id) => liveLineIds.has(id)).length;
  return live < Math.min(MIN_LIVE_NUMBERS, liveLineIds.size);
}
