import {
  type Card,
  cardsOf,
  chooseCard,
  dealIntoPods,
  FailoverInflow,
  fallbacksOn,
  fallbackWithoutReserve,
  type FleetPolicy,
  type LineView,
  nextGeneration,
  openPod,
  type Pod,
  type RingLine,
  whyNotUsableAsFallback,
} from '@linekeeper/domain';

interface DealtPod {
  readonly pod: Pod;
  readonly cards: readonly Card[];
}

/** Which card a new user gets: of the domain's pods, which follow the lines that are in use. */
export class LinekeeperCards {
  private pods: DealtPod[] = [];
  /** Users by card and primary. */
  private readonly holders = new Map<string, number>();
  private readonly inflow = new FailoverInflow();

  constructor(private readonly policy: FleetPolicy) {}

  /** The ids of a new user's fallbacks, in ring order. */
  deal(
    userId: string,
    primaryLineId: string,
    meanMilli: number,
    lines: readonly LineView[],
    now: number,
  ): readonly string[] {
    this.followLines(lines);
    const byId = new Map(lines.map((line) => [line.id, line]));
    const ofPrimary = this.pods.find(({ pod }) => pod.ring.some(({ id }) => id === primaryLineId));
    const card = chooseCard(primaryLineId, userId, ofPrimary?.cards ?? [], {
      usable: (id) => {
        const line = byId.get(id);
        return line !== undefined && whyNotUsableAsFallback(line, now) === null;
      },
      reserveHolds: (ids) => {
        const fallbacks = ids.flatMap((id) => byId.get(id) ?? []);
        return fallbackWithoutReserve(fallbacks, meanMilli, this.inflow, this.policy) === null;
      },
      users: (cardId, primary) => this.holders.get(holdersKey(cardId, primary)) ?? 0,
    });
    if (!card) return [];
    const key = holdersKey(card.id, primaryLineId);
    this.holders.set(key, (this.holders.get(key) ?? 0) + 1);
    const fallbackLineIds = fallbacksOn(card, primaryLineId);
    this.inflow.change({ primaryLineId, fallbackLineIds, meanMilli }, 1);
    return fallbackLineIds;
  }

  /** New lines open pods, or the next generation of the smallest. Lines that are lost keep their place. */
  private followLines(lines: readonly LineView[]): void {
    const inPods = this.pods.reduce((sum, { pod }) => sum + pod.ring.length, 0);
    const inUse = lines.filter(({ adminState }) => adminState !== 'warming');
    if (inUse.length === inPods) return;
    const known = new Set(this.pods.flatMap(({ pod }) => pod.ring.map(({ id }) => id)));
    const fresh = inUse.filter(({ id }) => !known.has(id)).map(ringLineOf);
    const smallest = [...this.pods].sort((a, b) => a.pod.ring.length - b.pod.ring.length)[0];
    if (!smallest || smallest.pod.ring.length + fresh.length > this.policy.cards.maxLinesPerPod) {
      const dealt = dealIntoPods(fresh, this.policy).map((of, i) =>
        openPod(`pod-${this.pods.length + i}`, of, this.policy),
      );
      this.pods.push(...dealt.map((pod) => this.withCards(pod)));
      return;
    }
    const grown = nextGeneration(smallest.pod, [...smallest.pod.ring, ...fresh], this.policy);
    this.pods = this.pods.map((each) => (each === smallest ? this.withCards(grown) : each));
  }

  private withCards(pod: Pod): DealtPod {
    return { pod, cards: cardsOf(pod, this.policy) };
  }
}

const holdersKey = (cardId: string, primaryLineId: string): string => `${cardId}/${primaryLineId}`;

/** The arena's lines fail one by one: each is a failure domain of its own. */
const ringLineOf = ({ id }: LineView): RingLine => ({ id, failureDomains: [] });
