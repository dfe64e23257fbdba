import {
  type Card,
  cardsOf,
  chooseCard,
  chooseFallbacks,
  FailoverInflow,
  fallbacksOn,
  fallbackWithoutReserve,
  type FleetPolicy,
  type Pod,
  type PlacementRequest,
  whyNotUsableAsFallback,
} from '@linekeeper/domain';
import type { LinePair, PoolRecord, Stores } from '../../ports';
import { type Decision, fitPods, type PlacementSnapshot } from '../shared';

/** A line of a pod as the choice of a card sees it, in the order of the ring. */
export interface CardLine {
  readonly lineId: string;
  /** Whether it may take over users now. */
  readonly usable: boolean;
  /** Whether it is flagged or ejected: such a number is given to nobody new, whichever card it is on. */
  readonly lost: boolean;
  /** People with the new user's primary who hold it already. */
  readonly sharedUsers: number;
  /** Messages a day that come to it when the one line is lost that would send it most. */
  readonly worstInflow: number;
  readonly meanMilli: number;
  readonly todayCap: number;
}

/** All that the choice of a card rested on, beside the policy: the same again gives the same card. */
export interface CardBasis {
  readonly podId: string;
  readonly generation: number;
  readonly primaryLineId: string;
  readonly userId: string;
  readonly meanMilli: number;
  readonly ring: readonly CardLine[];
}

/** What a new user gets beside their primary. */
export interface DealtCard {
  readonly fallbackLineIds: readonly string[];
  /** Null when the primary is on no card: who texted a line that takes nobody gets the lines that fewest rely on. */
  readonly card: (CardBasis & { readonly cardId: string }) | null;
}

/**
 * The card of a newly placed user: of the cards of their primary's pod, by what few numbers the pod's lines keep, however
 * many people there are. Call it under the pool's lock, with what placement looked at.
 */
export async function dealCard(
  stores: Stores,
  pool: PoolRecord,
  primaryLineId: string,
  request: Pick<PlacementRequest, 'userId' | 'meanMilli'>,
  snapshot: PlacementSnapshot,
  decision: Decision,
): Promise<DealtCard> {
  const pod = await podOf(stores, pool, primaryLineId, decision);
  const pairs = pod ? await stores.pods.pairsOnto(pod.ring.map(({ id }) => id)) : [];
  return cardFromPod(pod, primaryLineId, request, pairs, snapshot, decision.policy);
}

/**
 * The same out of the primary's pod, null when it is in none, and of the pairs that have the pod's lines as fallback. Who
 * deals many gives the pod's `cards`, which are then not made for each.
 */
export function cardFromPod(
  pod: Pod | null,
  primaryLineId: string,
  request: Pick<PlacementRequest, 'userId' | 'meanMilli'>,
  pairs: readonly LinePair[],
  snapshot: PlacementSnapshot,
  policy: FleetPolicy,
  cards?: readonly Card[],
): DealtCard {
  const basis = pod && basisOfCard(pod, primaryLineId, request, pairs, snapshot, policy);
  const card = basis && cardFrom(basis, policy, cards);
  if (basis && card) {
    return { fallbackLineIds: givenFrom(card, basis), card: { ...basis, cardId: card.id } };
  }
  const spread = chooseFallbacks(primaryLineId, request.userId, snapshot, policy);
  return { fallbackLineIds: spread, card: null };
}

/** The line's pod. A pool from before there were pods gets them now. */
async function podOf(
  stores: Stores,
  pool: PoolRecord,
  lineId: string,
  decision: Decision,
): Promise<Pod | null> {
  const pod = await stores.pods.ofLine(pool.id, lineId);
  if (pod) return pod;
  await fitPods(stores, pool, decision);
  return stores.pods.ofLine(pool.id, lineId);
}

function basisOfCard(
  pod: Pod,
  primaryLineId: string,
  { userId, meanMilli }: Pick<PlacementRequest, 'userId' | 'meanMilli'>,
  pairs: readonly LinePair[],
  { lines, now }: PlacementSnapshot,
  policy: FleetPolicy,
): CardBasis {
  const byId = new Map(lines.map((line) => [line.id, line]));
  const inflow = new FailoverInflow();
  for (const { lineId, fallbackId, users } of pairs) {
    const source = byId.get(lineId);
    if (!source || source.users === 0) continue;
    // Of the load of a line that share comes here which its people who hold this one have: each spreads over a card.
    const others = Math.min(policy.cards.numbersPerCard - 1, pod.ring.length - 1);
    const share = users / source.users / Math.max(1, others);
    const load = {
      primaryLineId: lineId,
      fallbackLineIds: [fallbackId],
      meanMilli: Math.round(share * source.meanMilli),
    };
    inflow.change(load, 1);
  }
  const ring = pod.ring.map(({ id }): CardLine => {
    const line = byId.get(id);
    const shared = pairs.find((pair) => pair.lineId === primaryLineId && pair.fallbackId === id);
    return {
      lineId: id,
      lost: !line || line.health === 'ejected' || line.providerStatus === 'FLAGGED',
      usable: line !== undefined && whyNotUsableAsFallback(line, now) === null,
      sharedUsers: shared?.users ?? 0,
      worstInflow: inflow.worst(id),
      meanMilli: line?.meanMilli ?? 0,
      todayCap: line?.todayCap ?? 0,
    };
  });
  const { id: podId, generation } = pod;
  return { podId, generation, primaryLineId, userId, meanMilli, ring };
}

/**
 * Chooses from the basis alone. Which card few share is told by its numbers: how many people with this primary hold
 * each of them, on whatever card.
 */
export function cardFrom(
  basis: CardBasis,
  policy: FleetPolicy,
  cards: readonly Card[] = cardsOf(podOfBasis(basis), policy),
): Card | null {
  const { primaryLineId, userId, meanMilli, ring } = basis;
  const byId = new Map(ring.map((line) => [line.lineId, line]));
  const numbersOf = new Map(cards.map((card) => [card.id, fallbacksOn(card, primaryLineId)]));
  return chooseCard(primaryLineId, userId, cards, {
    usable: (lineId) => byId.get(lineId)?.usable ?? false,
    reserveHolds: (lineIds) => {
      const lines = lineIds.flatMap((lineId) => byId.get(lineId) ?? []);
      return fallbackWithoutReserve(lines.map(reserveLine), meanMilli, { worst }, policy) === null;
    },
    users: (cardId) =>
      (numbersOf.get(cardId) ?? []).reduce(
        (sum, lineId) => sum + (byId.get(lineId)?.sharedUsers ?? 0),
        0,
      ),
  });

  function worst(lineId: string): number {
    return byId.get(lineId)?.worstInflow ?? 0;
  }
}

function podOfBasis({ podId: id, generation, ring }: CardBasis): Pod {
  return { id, generation, ring: ring.map(({ lineId }) => ({ id: lineId, failureDomains: [] })) };
}

/** The numbers that the new user gets beside their primary, in ring order. */
export function givenFrom(card: Card, { primaryLineId, ring }: CardBasis): string[] {
  const lost = new Set(ring.filter((line) => line.lost).map(({ lineId }) => lineId));
  return fallbacksOn(card, primaryLineId).filter((id) => !lost.has(id));
}

function reserveLine({ lineId: id, meanMilli, todayCap }: CardLine) {
  return { id, meanMilli, todayCap };
}
