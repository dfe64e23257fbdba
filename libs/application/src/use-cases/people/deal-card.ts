import {
  type Card,
  cardsOf,
  chooseCard,
  chooseFallbacks,
  fallbacksOn,
  fallbackWithoutReserve,
  type EpochMs,
  type FleetPolicy,
  type LineView,
  type Pod,
  type PlacementRequest,
  whyNotUsableAsFallback,
} from '@linekeeper/domain';
import type { PoolRecord, Stores } from '../../ports';
import { type Decision, fitPods, type PlacementSnapshot } from '../shared';
import { LinePairs } from './line-pairs';

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
  const { policy } = decision;
  const pod = await podOf(stores, pool, primaryLineId, decision);
  const around = {
    pairs: new LinePairs(pod ? await stores.pods.pairsOnto(pod.ring.map(({ id }) => id)) : []),
    byId: new Map(snapshot.lines.map((line) => [line.id, line])),
    cards: pod ? cardsOf(pod, policy) : [],
  };
  return cardFromPod(pod, primaryLineId, request, around, snapshot, policy);
}

/** What is the same for everybody who is dealt a card of a pod. */
interface AroundPod {
  /** Those that have the pod's lines as fallback; others may stand there too. */
  readonly pairs: LinePairs;
  /** The snapshot's lines. */
  readonly byId: ReadonlyMap<string, LineView>;
  /** The pod's cards. */
  readonly cards: readonly Card[];
}

/** The same out of the primary's pod, null when it is in none. */
export function cardFromPod(
  pod: Pod | null,
  primaryLineId: string,
  request: Pick<PlacementRequest, 'userId' | 'meanMilli'>,
  around: AroundPod,
  snapshot: PlacementSnapshot,
  policy: FleetPolicy,
): DealtCard {
  const basis = pod && basisOfCard(pod, primaryLineId, request, around, snapshot.now, policy);
  const card = basis && cardFrom(basis, policy, around.cards);
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
  { pairs, byId }: AroundPod,
  now: EpochMs,
  policy: FleetPolicy,
): CardBasis {
  // Each of those who lose their line goes to one of the other numbers of their card.
  const others = Math.max(1, Math.min(policy.cards.numbersPerCard, pod.ring.length) - 1);
  const ring = pod.ring.map(({ id }): CardLine => {
    const line = byId.get(id);
    const holders = pairs.onto(id);
    return {
      lineId: id,
      lost: !line || line.health === 'ejected' || line.providerStatus === 'FLAGGED',
      usable: line !== undefined && whyNotUsableAsFallback(line, now) === null,
      sharedUsers: holders.get(primaryLineId) ?? 0,
      worstInflow: worstInflow(holders, byId, others),
      meanMilli: line?.meanMilli ?? 0,
      todayCap: line?.todayCap ?? 0,
    };
  });
  const { id: podId, generation } = pod;
  return { podId, generation, primaryLineId, userId, meanMilli, ring };
}

/**
 * Messages a day that come to a line when the one line is lost that would send it most: of a line's load the share of
 * those of its people who hold this one, spread over the `others` of a card.
 */
function worstInflow(
  holders: ReadonlyMap<string, number>,
  byId: ReadonlyMap<string, LineView>,
  others: number,
): number {
  let worst = 0;
  for (const [lineId, users] of holders) {
    const source = byId.get(lineId);
    if (!source || source.users === 0) continue;
    worst = Math.max(worst, Math.round((users / source.users / others) * source.meanMilli));
  }
  return worst / 1_000;
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
  const own = cards.filter(({ lineIds }) => lineIds.includes(primaryLineId));
  const numbersOf = new Map(own.map((card) => [card.id, fallbacksOn(card, primaryLineId)]));
  return chooseCard(primaryLineId, userId, own, {
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
