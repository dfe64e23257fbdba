import fc from 'fast-check';
import { dayAtRisk } from '../../../../test/support/decide-again/numbers';
import { aLine, NOW } from '../../../../test/support/lines';
import { cardsOf, openPod } from '../cards/pod';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { seededRandom } from '../kernel/random';
import { DAY_MS } from '../kernel/time';
import type { LineView } from '../placement/types';
import { planFailover } from './plan';
import type { FailoverPlan, FailoverUser } from './types';

const RUNS = { numRuns: 1_000 };
const LEAST_MILLI = 1_000 * policy.ramp.spikeFloor;

const people = (
  means: readonly number[],
  knownLineIds: (i: number) => readonly string[],
): FailoverUser[] =>
  means.map((meanMilli, i) => ({
    ...{ userId: `user-${i}`, meanMilli, varianceMilli: 30 * meanMilli },
    ...{ knownLineIds: knownLineIds(i), lastInboundAt: NOW, lastOutboundAt: null },
    ...{ unansweredTurns: 0, chatHealth: null },
  }));

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

/** What came to each line by a plan, in thousandths. */
function cameBy({ moves }: FailoverPlan, users: readonly FailoverUser[]): Map<string, number> {
  const means = new Map(users.map(({ userId, meanMilli }) => [userId, meanMilli]));
  const came = new Map<string, number>();
  for (const { userId, toLineId } of moves) {
    came.set(toLineId, (came.get(toLineId) ?? 0) + means.get(userId)!);
  }
  return came;
}

const lose = (
  lineId: string,
  lines: readonly LineView[],
  users: readonly FailoverUser[],
  movedIn = new Map<string, number>(),
): FailoverPlan =>
  planFailover({ now: NOW, lineId, lines, users, contacts: new Map(), movedIn }, policy);

const anyMeans = (most: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: most }), { minLength: 1, maxLength: 60 });

describe('the growth of the lines that take over', () => {
  it('is the same for lines that say the same, whatever a busy week has made of their caps', () => {
    const anyCaps = fc.array(fc.constantFrom(1_500, 2_000, 3_000), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(anyCaps, anyMeans(20_000), (caps, means) => {
        const lines = caps.map((todayCap, i) =>
          aLine({ id: `line-${i}`, todayCap, meanMilli: 600_000, varianceMilli: 12_000_000 }),
        );
        const ids = lines.map(({ id }) => id);
        const users = people(means, () => ids);
        const came = cameBy(lose('lost', lines, users), users);
        const all = ids.map((id) => came.get(id) ?? 0);
        expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(Math.max(...means));
      }),
      RUNS,
    );
  });

  it('is the same too where a spike guard lets every line’s mean stand but not its busy days', () => {
    const lines = [1_250, 1_250, 1_000].map((todayCap, i) =>
      aLine({ id: `line-${i}`, todayCap, meanMilli: 800_000, varianceMilli: 30_000_000 }),
    );
    const users = people(
      Array.from({ length: 30 }, () => 1_000),
      () => lines.map(({ id }) => id),
    );
    const came = cameBy(lose('lost', lines, users), users);
    expect(lines.map(({ id }) => came.get(id))).toEqual([10_000, 10_000, 10_000]);
  });

  it('is at most that of all lines together, and the largest person on each of them, where all hold all', () => {
    const anyLines = fc.array(fc.integer({ min: 0, max: 1_000_000 }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(anyLines, anyMeans(5_000), (before, means) => {
        const lines = before.map((meanMilli, i) => aLine({ id: `line-${i}`, meanMilli }));
        const users = people(means, () => lines.map(({ id }) => id));
        const came = cameBy(lose('lost', lines, users), users);
        // Whoever was put where it grew most would have made every other line grow as much.
        const base = before.map((mean) => Math.max(mean, LEAST_MILLI));
        const bound = (sum(means) + (lines.length - 1) * Math.max(...means)) / sum(base);
        for (const [i, { id }] of lines.entries()) {
          expect((came.get(id) ?? 0) / base[i]!).toBeLessThanOrEqual(bound + 1e-9);
        }
      }),
      RUNS,
    );
  });

  it('gives a line that says nothing as much as one at the spike floor, and no more', () => {
    const lines = [
      aLine({ id: 'empty' }),
      aLine({ id: 'floor', meanMilli: LEAST_MILLI }),
      aLine({ id: 'busy', meanMilli: 4 * LEAST_MILLI }),
      aLine({ id: 'small', todayCap: 150, goodDays: 0 }),
    ];
    const users = people(
      Array.from({ length: 66 }, () => 1_000),
      () => lines.map(({ id }) => id),
    );
    const came = cameBy(lose('lost', lines, users), users);
    const counts = lines.map(({ id }) => (came.get(id) ?? 0) / 1_000);
    // As one, one, four and, by its cap, a half.
    for (const [i, share] of [1, 1, 4, 0.5].entries()) {
      expect(Math.abs(counts[i]! - (66 * share) / 6.5)).toBeLessThanOrEqual(1);
    }
  });

  it('stays close to that of an even dealing in a pod of twenty that loses the busiest two within a day', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const pod = new PodOfTwenty(seededRandom(seed));
      expect(pod.worstGrowth()).toBe(1);
      pod.loseBusiest();
      expect(pod.worstGrowth()).toBeLessThan(1.12);
      pod.loseBusiest();
      expect(pod.worstGrowth()).toBeLessThan(pod.evenGrowth() + pod.largestPerson());
    }
  });
});

describe('the limits of a line that takes over', () => {
  const IDS = ['b', 'c', 'd'];
  const anyLine = fc.record({
    meanMilli: fc.integer({ min: 0, max: 2_800_000 }),
    todayCap: fc.constantFrom(300, 1_500, 3_000),
    young: fc.constantFrom(false, false, true),
  });
  const anyUsers = fc.array(
    fc.record({ meanMilli: fc.nat(150_000), knownLineIds: fc.subarray(IDS, { minLength: 1 }) }),
    { minLength: 1, maxLength: 40 },
  );

  it('stand above its growth: nobody comes beyond the quantile while another number of theirs has room', () => {
    let [guarded, tight] = [0, 0];
    fc.assert(
      fc.property(fc.tuple(anyLine, anyLine, anyLine), anyUsers, (states, who) => {
        const lines = states.map(({ young, ...state }, i) =>
          aLine({
            ...state,
            id: IDS[i]!,
            varianceMilli: 30 * state.meanMilli,
            activatedAt: NOW - (young ? 6 : 8) * DAY_MS,
          }),
        );
        const users = people(
          who.map(({ meanMilli }) => meanMilli),
          (i) => who[i]!.knownLineIds,
        );
        const load = new Map(lines.map(({ id, meanMilli }) => [id, meanMilli]));
        const { moves, stranded } = lose('lost', lines, users);
        const risk = { sigma: policy.admission.sigmaFleetDay, peak: 1 };
        const shareWith = (line: LineView, more: number): number => {
          const mean = load.get(line.id)! + more;
          return dayAtRisk(mean, 30 * mean, risk, policy.admission.epsilon) / line.todayCap;
        };
        for (const { userId, toLineId } of moves) {
          const { meanMilli, knownLineIds } = users.find((user) => user.userId === userId)!;
          const own = lines.filter(({ id }) => knownLineIds.includes(id));
          const roomy = own.filter(
            (line) => shareWith(line, meanMilli) <= policy.failover.targetMaxShare,
          );
          const target = own.find(({ id }) => id === toLineId)!;
          const upTo = (part: number): LineView[] =>
            own.filter((line) => load.get(line.id)! + meanMilli <= 1_000 * part * line.todayCap);
          const loose = upTo(policy.failover.targetMaxShare);
          if (roomy.length === 0 && loose.length > 0) {
            guarded += 1;
            expect(loose).toContain(target);
          } else if (roomy.length === 0) {
            tight += 1;
            // The least full one of those whose mean stays within the cap.
            const fit = upTo(1);
            const least = Math.min(...fit.map((line) => shareWith(line, meanMilli)));
            expect(shareWith(target, meanMilli)).toBeCloseTo(least, 9);
          } else {
            expect(roomy).toContain(target);
          }
          load.set(toLineId, load.get(toLineId)! + meanMilli);
          expect(load.get(toLineId)).toBeLessThanOrEqual(1_000 * target.todayCap);
        }
        expect(moves.length + stranded.length).toBe(users.length);
      }),
      RUNS,
    );
    expect(guarded).toBeGreaterThan(1_000);
    expect(tight).toBeGreaterThan(100);
  });
});

/**
 * About a hundred people on each line, by chance more here and fewer there, of whom most say little and few a lot; the lines
 * had weeks that were busy in different ways, so that their caps differ.
 */
class PodOfTwenty {
  private readonly ring = Array.from({ length: 20 }, (_each, i) => ({
    id: `line-${i}`,
    failureDomains: ['one'],
  }));
  private readonly places: { readonly user: FailoverUser; at: string }[];
  private readonly before: ReadonlyMap<string, number>;
  private readonly caps: ReadonlyMap<string, number>;
  private readonly lost: string[] = [];
  private readonly movedIn = new Map<string, number>();

  constructor(random: () => number) {
    const cards = cardsOf(openPod('pod', this.ring, policy), policy);
    this.places = this.ring.flatMap(({ id }) => {
      const own = cards.filter(({ lineIds }) => lineIds.includes(id));
      const means = Array.from({ length: 70 + Math.floor(61 * random()) }, () =>
        Math.round(Math.min(40_000, 3_000 * (1 - random()) ** -0.5)),
      );
      return people(means, (i) => own[i % own.length]!.lineIds).map((user) => ({
        user: { ...user, userId: `${id} ${user.userId}` },
        at: id,
      }));
    });
    this.before = this.loads();
    this.caps = new Map(this.ring.map(({ id }) => [id, 1_500 + Math.floor(1_500 * random())]));
  }

  loseBusiest(): void {
    const now = this.loads();
    const busiest = this.left().reduce((best, id) => (now.get(id)! > now.get(best)! ? id : best));
    this.lost.push(busiest);
    const lines = this.left().map((id) => {
      const meanMilli = now.get(id)!;
      return aLine({ id, meanMilli, varianceMilli: 30 * meanMilli, todayCap: this.caps.get(id)! });
    });
    const users = this.places.flatMap(({ user, at }) => (at === busiest ? [user] : []));
    const plan = lose(busiest, lines, users, this.movedIn);
    expect(plan.stranded).toEqual([]);
    const to = new Map(plan.moves.map(({ userId, toLineId }) => [userId, toLineId]));
    for (const place of this.places) place.at = to.get(place.user.userId) ?? place.at;
    for (const [id, milli] of cameBy(plan, users)) {
      this.movedIn.set(id, (this.movedIn.get(id) ?? 0) + milli);
    }
  }

  /** The most that a line has grown by all losses. */
  worstGrowth(): number {
    const now = this.loads();
    return Math.max(...this.left().map((id) => now.get(id)! / this.before.get(id)!));
  }

  /** What each would have grown by if people could be dealt in any parts to any line. */
  evenGrowth(): number {
    return sum([...this.before.values()]) / sum(this.left().map((id) => this.before.get(id)!));
  }

  /** As a share of the line that says least. */
  largestPerson(): number {
    const largest = Math.max(...this.places.map(({ user }) => user.meanMilli));
    return largest / Math.min(...this.left().map((id) => this.before.get(id)!));
  }

  private left(): string[] {
    return this.ring.map(({ id }) => id).filter((id) => !this.lost.includes(id));
  }

  private loads(): Map<string, number> {
    const loads = new Map(this.ring.map(({ id }) => [id, 0]));
    for (const { user, at } of this.places) loads.set(at, loads.get(at)! + user.meanMilli);
    return loads;
  }
}
