import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS, HOUR_MS } from '../kernel/time';
import { place } from './place';
import type { FleetSnapshot, LineView, PlacementRequest } from './types';

const NEXT_DAY = NOW + 18 * HOUR_MS;

/** A person of twenty messages a day whose day spreads as the prior's does. */
const person = (overrides: Partial<PlacementRequest> = {}): PlacementRequest => ({
  userId: 'user-1',
  meanMilli: 20_000,
  varianceMilli: 620_000,
  ...overrides,
});

const fleet = (...lines: LineView[]): FleetSnapshot => ({ now: NOW, lines, nextDayAt: NEXT_DAY });

const fullMature = (id: string): LineView => aLine({ id, meanMilli: 2_400_000 });
/** Two good days: 150 x 1.25^2 = 234, so it takes 117 messages a day by mean. */
const ramping = (id: string, overrides: Partial<LineView> = {}): LineView =>
  aLine({ id, goodDays: 2, todayCap: 234, ...overrides });

describe('place', () => {
  it('prefers the emptier line, and shows every part of the score', () => {
    const plan = place(
      person(),
      fleet(
        aLine({ id: 'busy', meanMilli: 900_000, usedLast24h: 1_000, newUsersToday: 3 }),
        aLine({ id: 'quiet' }),
      ),
      policy,
    );
    expect(plan).toMatchObject({ kind: 'placed', candidates: [{ lineId: 'quiet' }, {}] });
    const busy = plan.kind === 'placed' ? plan.candidates[1] : undefined;
    expect(busy?.parts).toEqual([
      { scorer: 'headroom', weight: 4, score: expect.any(Number) },
      // 1 - 1,000 / 3,000
      { scorer: 'recent-use', weight: 1, score: 66.7 },
      // 5 / (5 + 3)
      { scorer: 'newcomers', weight: 1, score: 62.5 },
    ]);
    const [headroom] = busy?.parts ?? [];
    expect(busy?.score).toBeCloseTo((4 * (headroom?.score ?? NaN) + 66.7 + 62.5) / 6, 6);
  });

  it.each<[string, Partial<LineView>, string]>([
    ['is not managed', { managed: false }, 'unmanaged'],
    ['is warming', { adminState: 'warming', warmingUntil: NOW + DAY_MS }, 'warming'],
    ['is cordoned', { adminState: 'cordoned' }, 'cordoned'],
    ['is drained', { adminState: 'draining' }, 'draining'],
    ['is in maintenance', { adminState: 'maintenance' }, 'maintenance'],
    ['is retired', { adminState: 'retired' }, 'retired'],
    ['is ejected', { health: 'ejected' }, 'ejected'],
    ['is flagged', { providerStatus: 'FLAGGED' }, 'flagged'],
    ['is suspect', { health: 'suspect' }, 'suspect'],
    ['is banned', { health: 'recovering', bannedUntil: NOW + 1 }, 'recovering'],
    ['is at risk', { reputation: 'AT_RISK' }, 'reputation-at-risk'],
    ['is critical', { reputation: 'CRITICAL' }, 'reputation-critical'],
    ['is full', { meanMilli: 2_390_000 }, 'full'],
  ])('never places on a line that %s, and says so', (_what, state, reason) => {
    expect(place(person(), fleet(aLine(state)), policy)).toMatchObject({
      kind: 'no-capacity',
      removed: [{ lineId: 'line-1', reason }],
      reasons: { [reason]: 1 },
    });
  });

  it('keeps to the lines that were asked for', () => {
    const plan = place(
      person({ onlyLineIds: ['b'] }),
      fleet(aLine({ id: 'a' }), aLine({ id: 'b', meanMilli: 500_000 })),
      policy,
    );
    expect(plan).toMatchObject({
      kind: 'placed',
      candidates: [{ lineId: 'b' }],
      removed: [{ lineId: 'a', reason: 'not-asked-for' }],
    });
  });

  it('admits a ramping line by mean alone, up to half of its cap', () => {
    const only = (meanMilli: number): string =>
      place(person(), fleet(ramping('young', { meanMilli })), policy).kind;
    expect(only(97_000)).toBe('placed');
    expect(only(97_001)).toBe('no-capacity');
  });

  it('gives a ramping line that carries nothing one person in any case, up to its cap', () => {
    const heavy = (of: number, carried = 0): string =>
      place({ ...person(), meanMilli: of }, fleet(ramping('young', { meanMilli: carried })), policy)
        .kind;
    expect(heavy(234_000)).toBe('placed');
    expect(heavy(234_001)).toBe('no-capacity');
    expect(heavy(117_000, 1)).toBe('no-capacity');
  });

  it('lets a ramping line take no crowd in one day', () => {
    // 0.8 x 234 / (1.5 x 20) = 6.24
    const after = (newUsersToday: number): unknown =>
      place(person(), fleet(ramping('young', { newUsersToday })), policy);
    expect(after(5)).toMatchObject({ kind: 'placed' });
    expect(after(6)).toMatchObject({ kind: 'no-capacity', reasons: { 'new-users-today': 1 } });
  });

  it('sends about a quarter of new people to ramping lines while mature ones have room', () => {
    const lines = fleet(ramping('young'), aLine({ id: 'old' }));
    const users = Array.from({ length: 2_000 }, (_each, i) => `user-${i}`);
    const young = users.filter((userId) => {
      const plan = place(person({ userId }), lines, policy);
      return plan.kind === 'placed' && plan.candidates[0]?.lineId === 'young';
    });
    expect(young.length / users.length).toBeGreaterThan(0.22);
    expect(young.length / users.length).toBeLessThan(0.28);
  });

  it('sends everybody to ramping lines when mature ones are full', () => {
    for (let i = 0; i < 50; i += 1) {
      expect(
        place(person({ userId: `u${i}` }), fleet(ramping('young'), fullMature('old')), policy),
      ).toMatchObject({ kind: 'placed', candidates: [{ lineId: 'young' }] });
    }
  });

  describe('when there is no room', () => {
    const next = (...lines: LineView[]): number | null => {
      const plan = place(person(), fleet(...lines), policy);
      if (plan.kind !== 'no-capacity') throw new Error('there was room');
      return plan.nextCapacityAt;
    };

    it('names the earliest instant at which some is due', () => {
      const warming = aLine({ adminState: 'warming', warmingUntil: NOW + 2 * HOUR_MS });
      const banned = aLine({ health: 'recovering', bannedUntil: NOW + 3 * HOUR_MS });
      expect(next(fullMature('a'))).toBe(NEXT_DAY);
      expect(next(fullMature('a'), banned)).toBe(NOW + 3 * HOUR_MS);
      expect(next(fullMature('a'), banned, warming)).toBe(NOW + 2 * HOUR_MS);
    });

    it('promises nothing when nothing is known to come', () => {
      expect(next()).toBeNull();
      expect(next(aLine({ adminState: 'retired' }))).toBeNull();
      expect(next(aLine({ adminState: 'warming', warmingUntil: null }))).toBeNull();
      // The timer is over and nobody has activated the line: that instant is no promise any more.
      expect(next(aLine({ adminState: 'warming', warmingUntil: NOW - 1 }))).toBeNull();
    });
  });
});
