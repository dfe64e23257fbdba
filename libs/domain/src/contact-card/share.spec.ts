import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY } from '../fleet-policy';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../kernel/time';
import { type ShareState, whyNotShare } from './share';

const policy = (cards: Partial<typeof DEFAULT_FLEET_POLICY.cards> = {}) => ({
  cards: { ...DEFAULT_FLEET_POLICY.cards, ...cards },
});
const fresh: ShareState = {
  chatId: 'chat-1',
  apiVersion: 'v3',
  hasInbound: true,
  hasOutbound: true,
  lastActivityAt: 0,
  lastSharedAt: null,
  shares: 0,
  changedSince: false,
  refusals: 0,
  refusedAt: null,
};

/** Looks every five minutes for `days` at a thread that is active by `isActive`, and shares whenever it may. */
function play(
  days: number,
  isActive: (at: number) => boolean,
  {
    rules = policy(),
    start = fresh,
    changesAt = [] as readonly number[],
    refuses = (_at: number): boolean => false,
  } = {},
): number[] {
  let state = start;
  const shares: number[] = [];
  for (let at = 0; at < days * DAY_MS; at += 5 * MINUTE_MS) {
    if (isActive(at)) state = { ...state, lastActivityAt: at };
    if (changesAt.includes(at)) state = { ...state, changedSince: state.lastSharedAt !== null };
    if (whyNotShare(state, at, rules) !== null) continue;
    if (refuses(at)) {
      const refusals = state.changedSince ? 1 : state.refusals + 1;
      state = { ...state, refusals, refusedAt: at, changedSince: false };
      continue;
    }
    shares.push(at);
    const count = state.changedSince ? 1 : state.shares + 1;
    state = {
      ...state,
      lastSharedAt: at,
      shares: count,
      changedSince: false,
      refusals: 0,
      refusedAt: null,
    };
  }
  return shares;
}

describe('sharing the card of a line', () => {
  const always = () => true;

  it('is once a day in a thread that is always active, with a little more between than a day', () => {
    const shares = play(7, always);
    expect(shares[0]).toBe(0);
    const between = shares.slice(1).map((at, i) => at - shares[i]!);
    for (const each of between) {
      expect(each).toBeGreaterThanOrEqual(24 * HOUR_MS);
      expect(each).toBeLessThanOrEqual(24 * HOUR_MS * 1.1 + 5 * MINUTE_MS);
    }
    expect(shares.length).toBe(7);
  });

  it('stops after seven', () => {
    expect(play(30, always)).toHaveLength(7);
    expect(play(30, always, { rules: policy({ maxShares: 2 }) })).toHaveLength(2);
  });

  it('is never in a thread that rests, and once for each day with activity', () => {
    expect(play(7, () => false, { start: { ...fresh, lastActivityAt: -DAY_MS } })).toEqual([]);
    const daysActive = [0, 2, 5];
    const shares = play(
      7,
      (at) => daysActive.includes(Math.floor(at / DAY_MS)) && at % DAY_MS < HOUR_MS,
      {
        start: { ...fresh, lastActivityAt: -DAY_MS },
      },
    );
    expect(shares.map((at) => Math.floor(at / DAY_MS))).toEqual(daysActive);
  });

  it('waits on V3 until both have written, on V2 until we have', () => {
    const onlyWe = { ...fresh, hasInbound: false };
    expect(whyNotShare(onlyWe, 0, policy())).toBe('too-early');
    expect(whyNotShare({ ...onlyWe, apiVersion: 'v2' }, 0, policy())).toBeNull();
    const onlyThey = { ...fresh, hasOutbound: false };
    for (const apiVersion of ['v2', 'v3'] as const) {
      expect(whyNotShare({ ...onlyThey, apiVersion }, 0, policy())).toBe('too-early');
    }
  });

  it('shares a changed card at the next activity, and counts its shares anew', () => {
    const changedAt = 9 * DAY_MS;
    const shares = play(30, always, { changesAt: [changedAt] });
    expect(shares).toHaveLength(14);
    expect(shares[7]).toBe(changedAt);
    const soon = play(2, always, { changesAt: [HOUR_MS] });
    expect(soon[1]).toBe(HOUR_MS);
  });

  it('waits a day after a refusal, then two, then gives up until the card changes', () => {
    const tries: number[] = [];
    const refuses = (at: number): boolean => tries.push(at) > 0;
    expect(play(30, always, { refuses })).toEqual([]);
    expect(tries).toEqual([0, DAY_MS, 3 * DAY_MS]);
    const lost = { ...fresh, refusals: 3, refusedAt: 0 };
    expect(whyNotShare(lost, 0, policy())).toBe('given-up');
    expect(whyNotShare({ ...lost, changedSince: true }, 0, policy())).toBeNull();
  });

  it('goes on as before after a refusal that passes', () => {
    expect(play(7, always, { refuses: (at) => at === 0 })[0]).toBe(DAY_MS);
  });

  it('never shares more than the preset allows, whatever happens', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.boolean()), fc.nat(9), (stream, maxShares) => {
        const active = stream[Symbol.iterator]();
        const shares = play(7, () => active.next().value as boolean, {
          rules: policy({ maxShares }),
        });
        expect(shares.length).toBeLessThanOrEqual(Math.min(maxShares, 7));
        shares.slice(1).forEach((at, i) => expect(at - shares[i]!).toBeGreaterThanOrEqual(DAY_MS));
      }),
      { numRuns: 50 },
    );
  });
});
