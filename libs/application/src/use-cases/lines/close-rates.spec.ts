import {
  assumedOutlook,
  assumedPrior,
  closeUserDay,
  DEFAULT_FLEET_POLICY as policy,
  loadMilliOf,
  NO_HISTORY,
  startRate,
} from '@linekeeper/domain';
import type { RateToClose } from '../../ports';
import { closeRates, type DayOfPool } from './close-rates';

/** A Tuesday from six in the morning. */
const of: DayOfPool = {
  pool: { timeZone: 'UTC', learned: null },
  day: '2026-03-03',
  from: Date.UTC(2026, 2, 3, 6),
  to: Date.UTC(2026, 2, 4, 6),
};

function user(overrides: Partial<RateToClose> = {}): RateToClose {
  return {
    userId: 'user-1',
    assignmentId: 'assignment-1',
    lineId: 'line-1',
    state: 'confirmed',
    placedAt: Date.UTC(2026, 1, 1),
    rate: null,
    history: NO_HISTORY,
    expectedPerDay: null,
    messages: 12,
    ...loadMilliOf(startRate(policy), policy),
    ...overrides,
  };
}

const closeOne = (one: RateToClose, day = of) => {
  const { rates, deltas, fleetDay } = closeRates([one], day, policy);
  return { rate: rates[0]!, deltas, fleetDay };
};

describe('A closed day', () => {
  it('goes into the rate, the history and the sums of the line', () => {
    const { rate, deltas } = closeOne(user());
    const after = closeUserDay(startRate(policy), 12, policy);
    expect(rate).toMatchObject({
      rate: after,
      history: { days: 1, sum: 12, sumOfSquares: 144 },
      closedDay: '2026-03-03',
      ...loadMilliOf(after, policy),
    });
    const { meanMilli, varianceMilli } = user();
    expect(deltas).toMatchObject([
      {
        lineId: 'line-1',
        meanMilli: rate.meanMilli - meanMilli,
        varianceMilli: rate.varianceMilli - varianceMilli,
      },
    ]);
  });

  it('counts as a normal one: without its weekday, and without the novelty of who is new', () => {
    const week = [1, 1, 1.5, 1, 1, 0.75, 0.75];
    const outlook = { ...assumedOutlook(policy), week, peak: 1.5, days: 14 };
    const learned = { day: '2026-03-02', outlook, prior: assumedPrior(policy) };
    const tuesday = { ...of, pool: { timeZone: 'UTC', learned } };
    expect(closeOne(user(), tuesday).rate.history.sum).toBe(8);
    // Five in the morning is yesterday's budget day: the second day of two.
    const fresh = user({ placedAt: Date.UTC(2026, 2, 3, 5) });
    expect(closeOne(fresh).rate.history.sum).toBe(8);
    const older = user({ placedAt: Date.UTC(2026, 2, 2, 5) });
    expect(closeOne(older).rate.history.sum).toBe(12);
  });

  it('begins from what the pool has learned of its users', () => {
    const prior = { mean: 4, spread: 9, phi: 0.2, days: 3, assumed: false, learned: 1 };
    const learned = { day: '2026-03-02', outlook: assumedOutlook(policy), prior };
    const taught = { ...of, pool: { timeZone: 'UTC', learned } };
    const after = closeUserDay(startRate(policy, null, prior), 12, policy, prior);
    expect(closeOne(user(), taught).rate).toMatchObject({
      rate: after,
      ...loadMilliOf(after, policy, prior),
    });
  });

  it('of somebody without a line that serves them is no silence, and fades what was known', () => {
    const start = startRate(policy, 40);
    const lost = user({ state: 'needs-introduction', messages: 0, rate: start });
    const { rate, fleetDay } = closeOne(lost);
    const silent = closeOne(user({ messages: 0, rate: start })).rate;
    expect(rate.rate.days).toBe(0);
    expect(rate.meanMilli).toBeGreaterThan(silent.meanMilli);
    expect(rate.history).toEqual(NO_HISTORY);
    expect(fleetDay.mean).toBe(0);
    // What they write elsewhere is heard.
    expect(closeOne(user({ ...lost, messages: 3 })).rate.rate.days).toBe(1);
  });

  it('changes no sum for who was released, and tells nothing of a reservation', () => {
    expect(closeOne(user({ state: 'released' })).deltas).toEqual([]);
    expect(closeOne(user({ state: 'reserved', messages: 0 })).rate.history).toEqual(NO_HISTORY);
  });

  it('is the fleet`s for those who stood on a line all day, each clipped', () => {
    const { fleetDay } = closeRates(
      [
        user(),
        user({ messages: 1_000_000 }),
        user({ placedAt: of.from }),
        user({ state: 'released' }),
        user({ state: 'reserved' }),
        // New since yesterday: counted on the line like anybody else.
        user({ placedAt: of.from - 1, messages: 30 }),
      ],
      of,
      policy,
    );
    const { meanMilli, varianceMilli } = user();
    expect(fleetDay).toEqual({
      day: '2026-03-03',
      messages: 12 + 400 + 30,
      mean: (3 * meanMilli) / 1_000,
      variance: (3 * varianceMilli) / 1_000,
    });
  });
});
