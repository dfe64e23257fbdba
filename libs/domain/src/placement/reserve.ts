import type { FleetPolicy } from '../fleet-policy';
import { invariant } from '../kernel/invariant';

/**
 * Parts into which a thousandth of a message is cut, so that the share of each of one to four fallbacks is whole
 * and the sums stay exact.
 */
const PARTS = 12;
const PARTS_PER_MESSAGE = 1_000 * PARTS;

/** A user's card as the reserve sees it. */
export interface CardLoad {
  readonly primaryLineId: string;
  readonly fallbackLineIds: readonly string[];
  readonly meanMilli: number;
}

/**
 * Which load goes where when a line is lost: of each user an equal share to every other number of their card. Kept
 * up with each change of an assignment; one number for each pair of lines that share a card.
 */
export class FailoverInflow {
  /** By the fallback, then by the line that is lost. */
  private readonly parts = new Map<string, Map<string, number>>();

  /** Takes a user in, or out with the very numbers they came in with. */
  change({ primaryLineId, fallbackLineIds, meanMilli }: CardLoad, sign: 1 | -1): void {
    if (fallbackLineIds.length === 0) return;
    const share = (sign * meanMilli * PARTS) / fallbackLineIds.length;
    invariant(Number.isInteger(share), 'a card has at most four fallbacks and loads are whole');
    for (const fallback of fallbackLineIds) {
      const sources = this.parts.get(fallback) ?? new Map<string, number>();
      this.parts.set(fallback, sources);
      const left = (sources.get(primaryLineId) ?? 0) + share;
      if (left === 0) sources.delete(primaryLineId);
      else sources.set(primaryLineId, left);
    }
  }

  /** Messages a day that come to a line when the one line is lost that would send it most. */
  worst(lineId: string): number {
    let worst = 0;
    for (const parts of this.parts.get(lineId)?.values() ?? []) worst = Math.max(worst, parts);
    return worst / PARTS_PER_MESSAGE;
  }

  /** Messages a day that come to a line when `lostLineId` is lost. */
  between(lostLineId: string, lineId: string): number {
    return (this.parts.get(lineId)?.get(lostLineId) ?? 0) / PARTS_PER_MESSAGE;
  }
}

/** What the reserve needs to know of a fallback. */
export interface ReserveLine {
  readonly id: string;
  readonly meanMilli: number;
  readonly todayCap: number;
}

/**
 * The first fallback that could not carry its own load, the worst single loss and this user's share on top within
 * `fallbackMaxShare` of its cap; null when all of them can. So a loss needs no decision that was not made before.
 */
export function fallbackWithoutReserve<Fallback extends ReserveLine>(
  fallbacks: readonly Fallback[],
  meanMilli: number,
  inflow: Pick<FailoverInflow, 'worst'>,
  { admission }: FleetPolicy,
): Fallback | null {
  const share = meanMilli / 1_000 / fallbacks.length;
  const lacking = fallbacks.find(
    (line) =>
      line.meanMilli / 1_000 + inflow.worst(line.id) + share >
      admission.fallbackMaxShare * line.todayCap,
  );
  return lacking ?? null;
}
