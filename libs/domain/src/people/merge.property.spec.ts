import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { assumedPrior } from '../forecast/prior';
import { closeUserDay, meanOf, startRate, type UserRate } from '../forecast/user-rate';
import { DAY_MS, HOUR_MS } from '../kernel/time';
import { type ConversationCounters, NOTHING_SAID, onInbound, onOutbound } from '../sends/turns';
import {
  mergeCounters,
  mergeRates,
  mergeWishes,
  type MergingPlace,
  type MergingWishes,
  survivingPlace,
} from './merge';

const T = Date.UTC(2026, 9, 6, 12);
const anyInstant = fc.integer({ min: T, max: T + 3 * DAY_MS });

const anyPlace: fc.Arbitrary<MergingPlace> = fc.record({
  state: fc.constantFrom('reserved', 'confirmed', 'overflow', 'needs-introduction', 'released'),
  pinned: fc.boolean(),
  confirmedAt: fc.option(anyInstant),
  firstSendAt: fc.option(anyInstant),
});
const anyPlaceOrNone = fc.option(anyPlace);
const isThere = (place: MergingPlace | null): boolean =>
  place !== null && place.state !== 'released';

describe('which place of a merged person survives', () => {
  it('is one of those that are there, and one whenever there is one', () => {
    fc.assert(
      fc.property(anyPlaceOrNone, anyPlaceOrNone, (target, source) => {
        const kept = survivingPlace(target, source);
        expect(kept === null).toBe(!isThere(target) && !isThere(source));
        if (kept !== null) expect(isThere(kept === 'target' ? target : source)).toBe(true);
      }),
    );
  });

  it('does not depend on who is merged into whom, but for equals', () => {
    fc.assert(
      fc.property(anyPlaceOrNone, anyPlaceOrNone, (a, b) => {
        const [kept, turned] = [survivingPlace(a, b), survivingPlace(b, a)];
        if (kept === turned) expect(kept === null || kept === 'target').toBe(true);
        else expect([kept, turned].sort()).toEqual(['source', 'target']);
      }),
    );
  });

  it.each<[MergingPlace['state'], MergingPlace['state'], 'target' | 'source']>([
    ['confirmed', 'confirmed', 'target'],
    ['overflow', 'confirmed', 'target'],
    ['reserved', 'confirmed', 'source'],
    ['reserved', 'overflow', 'source'],
    ['needs-introduction', 'confirmed', 'source'],
    ['reserved', 'needs-introduction', 'source'],
    ['confirmed', 'reserved', 'target'],
    ['released', 'reserved', 'source'],
  ])('%s and %s: the place of the %s... stays', (target, source, kept) => {
    const place = { pinned: false, confirmedAt: T, firstSendAt: null };
    expect(survivingPlace({ ...place, state: target }, { ...place, state: source })).toBe(kept);
  });

  it('is the pinned one, and of two reservations the one with a message on its way', () => {
    const place = {
      state: 'reserved',
      pinned: false,
      confirmedAt: null,
      firstSendAt: null,
    } as const;
    expect(survivingPlace({ ...place, state: 'confirmed' }, { ...place, pinned: true })).toBe(
      'source',
    );
    expect(survivingPlace(place, { ...place, firstSendAt: T })).toBe('source');
    const lost = { ...place, state: 'needs-introduction' } as const;
    expect(survivingPlace(lost, place)).toBe('source');
    expect(survivingPlace(place, { ...lost, confirmedAt: T })).toBe('source');
  });
});

const anySuppression: fc.Arbitrary<MergingWishes | null> = fc.option(
  fc.record({
    suppressedAt: fc.option(anyInstant),
    liftedAt: fc.option(anyInstant),
    replyAllowedUntil: fc.option(anyInstant.map((at) => at + DAY_MS)),
    updatedAt: anyInstant,
  }),
);
const stopOf = (each: MergingWishes | null): number | null => each?.suppressedAt ?? null;

describe('the suppression of a merged person', () => {
  it('holds exactly when one of the two was suppressed, since the later stop', () => {
    fc.assert(
      fc.property(anySuppression, anySuppression, (a, b) => {
        const stops = [stopOf(a), stopOf(b)].flatMap((at) => at ?? []);
        expect(stopOf(mergeWishes(a, b))).toBe(stops.length === 0 ? null : Math.max(...stops));
      }),
    );
  });

  it('holds nothing back where neither said anything', () => {
    const silent = { suppressedAt: null, liftedAt: null, replyAllowedUntil: null };
    const [a, b] = [
      { ...silent, updatedAt: T },
      { ...silent, updatedAt: T + 1 },
    ];
    expect(mergeWishes(a, b)).toEqual(b);
    expect(mergeWishes(b, a)).toEqual(b);
    const allowed = { ...a, replyAllowedUntil: T + DAY_MS };
    expect(mergeWishes<typeof a | typeof allowed>(a, allowed)).toEqual(allowed);
    expect(mergeWishes<typeof a | typeof allowed>(allowed, a)).toEqual(allowed);
  });

  it('lets replies through only for a message that was written after every stop', () => {
    fc.assert(
      fc.property(anySuppression, anySuppression, (a, b) => {
        const merged = mergeWishes(a, b);
        if (a === null || b === null || merged?.suppressedAt == null) return;
        const { replyAllowedUntil, suppressedAt } = merged;
        const written = replyAllowedUntil === null ? null : replyAllowedUntil - DAY_MS;
        if (written !== null) expect(written).toBeGreaterThan(suppressedAt);
        const later = [a, b]
          .filter((each) => each.suppressedAt !== null)
          .flatMap((each) => each.replyAllowedUntil ?? [])
          .filter((until) => until - DAY_MS > suppressedAt);
        expect(replyAllowedUntil).toBe(later.length === 0 ? null : Math.max(...later));
      }),
    );
  });

  it('keeps no word that takes a stop back after the stop that stands', () => {
    fc.assert(
      fc.property(anySuppression, anySuppression, (a, b) => {
        const merged = mergeWishes(a, b);
        if (a === null || b === null || merged?.suppressedAt == null) return;
        const lifts = [a, b].flatMap(({ liftedAt }) => liftedAt ?? []);
        const before = lifts.filter((at) => at <= (merged.suppressedAt ?? 0));
        expect(merged.liftedAt).toBe(before.length === 0 ? null : Math.max(...before));
      }),
    );
  });

  it('is the same in either order', () => {
    fc.assert(
      fc.property(anySuppression, anySuppression, (a, b) => {
        const [one, other] = [mergeWishes(a, b), mergeWishes(b, a)];
        expect(one?.suppressedAt).toBe(other?.suppressedAt);
        expect(one?.replyAllowedUntil).toBe(other?.replyAllowedUntil);
        expect(one?.liftedAt).toBe(other?.liftedAt);
      }),
    );
  });
});

type Said = readonly ['in' | 'out', number];
const anyTalk = fc
  .array(fc.tuple(fc.constantFrom<'in' | 'out'>('in', 'out'), fc.integer({ min: 0, max: 72 })), {
    maxLength: 12,
  })
  .map((said) =>
    said
      .map(([who, hour], i): Said => [who, T + hour * HOUR_MS + i * 1_000])
      .sort(([, a], [, b]) => a - b),
  );
const fold = (said: readonly Said[]): ConversationCounters =>
  said.reduce<ConversationCounters>(
    (counters, [who, at]) =>
      who === 'in' ? onInbound(counters, at) : onOutbound(counters, at, policy),
    NOTHING_SAID,
  );

describe('the conversation of a merged person', () => {
  it('is what it would have been as one, and never counts fewer open turns', () => {
    fc.assert(
      fc.property(anyTalk, anyTalk, (a, b) => {
        const merged = mergeCounters(fold(a), fold(b));
        const asOne = fold([...a, ...b].sort(([, x], [, y]) => x - y));
        expect(merged.lastInboundAt).toBe(asOne.lastInboundAt);
        expect(merged.lastOutboundAt).toBe(asOne.lastOutboundAt);
        expect(merged.outboundTurns).toBeGreaterThanOrEqual(asOne.outboundTurns);
      }),
      { numRuns: 1_000 },
    );
  });

  it('counts nothing as open once the person has written after it, on either side', () => {
    const told = fold([['out', T]]);
    expect(told.unansweredTurns).toBe(1);
    expect(mergeCounters(told, fold([['in', T + HOUR_MS]]))).toMatchObject({
      outboundTurns: 0,
      unansweredTurns: 0,
    });
    expect(mergeCounters(told, fold([['in', T - HOUR_MS]]))).toMatchObject({ unansweredTurns: 1 });
    // At the same instant nobody can tell which came first: it stays open.
    expect(mergeCounters(told, fold([['in', T]]))).toMatchObject({ unansweredTurns: 1 });
    expect(mergeCounters(told, told)).toMatchObject({ outboundTurns: 2, unansweredTurns: 2 });
  });

  it('is what it was when nothing was said to the other', () => {
    fc.assert(
      fc.property(anyTalk, (talk) => {
        expect(mergeCounters(fold(talk), NOTHING_SAID)).toEqual(fold(talk));
        expect(mergeCounters(NOTHING_SAID, fold(talk))).toEqual(fold(talk));
      }),
    );
  });
});

const assumed = assumedPrior(policy);
const anyRate: fc.Arbitrary<UserRate> = fc
  .array(fc.integer({ min: 0, max: 300 }), { maxLength: 60 })
  .map((days) =>
    days.reduce((rate, messages) => closeUserDay(rate, messages, policy), startRate(policy)),
  );

describe('the rate of a merged person', () => {
  it('is unchanged by a user nobody has heard from, and the same in either order', () => {
    fc.assert(
      fc.property(anyRate, anyRate, (a, b) => {
        expect(mergeRates(a, startRate(policy))).toEqual(a);
        expect(mergeRates(a, b)).toEqual(mergeRates(b, a));
      }),
    );
  });

  it('of two with the same history lies between one of them and both together', () => {
    fc.assert(
      fc.property(anyRate, (rate) => {
        const both = meanOf(mergeRates(rate, rate), assumed);
        expect(both).toBeGreaterThanOrEqual(meanOf(rate, assumed) - 1e-9);
        expect(both).toBeLessThanOrEqual(2 * meanOf(rate, assumed) + 1e-9);
      }),
    );
  });

  it('approaches the sum of both as the evidence grows', () => {
    const after60 = (messages: number): UserRate =>
      Array.from({ length: 60 }).reduce<UserRate>(
        (rate) => closeUserDay(rate, messages, policy),
        startRate(policy),
      );
    const both = meanOf(mergeRates(after60(60), after60(100)), assumed);
    const each = meanOf(after60(60), assumed) + meanOf(after60(100), assumed);
    expect(both / each).toBeGreaterThan(0.8);
  });
});
