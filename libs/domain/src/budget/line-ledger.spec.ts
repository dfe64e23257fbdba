import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS, epochHour, HOUR_MS, MINUTE_MS } from '../kernel/time';
import { ceilingFor, hourCapFor } from './ceilings';
import { type HoldAnswer, LineLedger } from './line-ledger';
import type { LineHistory, LineNews, OpenHold, ReserveLimits } from './types';

/** Twelve minutes past an hour. */
const NOW = Date.UTC(2026, 9, 6, 12, 12);

const REPLY: ReserveLimits = {
  ceiling: null,
  hourCap: null,
  minuteCap: null,
  pairPer60s: 30,
  loopPerHour: 60,
  newConversation: false,
  newConversationsPer24h: 50,
  newConversationsPerHour: 10,
  maxOpenHolds: 50,
  holdMs: 35 * MINUTE_MS,
};
const PROACTIVE: ReserveLimits = { ...REPLY, ceiling: 2_100, hourCap: 450, minuteCap: 20 };

describe('LineLedger', () => {
  let ledger: LineLedger;
  beforeEach(() => (ledger = new LineLedger()));

  const ask = (
    id: string,
    limits: ReserveLimits,
    { now = NOW, recipient = id, units = 1 } = {},
  ): HoldAnswer => ledger.reserve({ id, recipient, units, now }, limits, 3_000);
  const record = (news: Partial<LineNews>): void =>
    ledger.record({ hours: [], messages: [], threads: [], holds: [], ...news }, NOW);
  /** The hour of `at` has come to so many messages. */
  const carry = (messages: number, at: number): void =>
    record({ hours: [{ hour: epochHour(at), in: messages, out: 0 }] });

  it('counts a message once: held first, then seen', () => {
    const hour = epochHour(NOW);
    ask('a', PROACTIVE, { units: 2 });
    expect(ledger.usage(NOW)).toMatchObject({ out24h: 0, open: 2 });
    record({ hours: [{ hour, in: 0, out: 1 }], holds: [{ id: 'a', left: 1 }] });
    expect(ledger.usage(NOW)).toMatchObject({ out24h: 1, open: 1 });
    record({ hours: [{ hour, in: 0, out: 2 }], holds: [{ id: 'a', left: 0 }] });
    expect(ledger.usage(NOW)).toMatchObject({ out24h: 2, open: 0 });
  });

  it('takes no notice of news about holds it does not know', () => {
    record({ holds: [{ id: 'nobody', left: 0 }] });
    ledger.release('nobody', NOW);
    expect(ledger.usage(NOW)).toMatchObject({ open: 0, newConversations24h: 0 });
  });

  it('lets a reply through beyond the cap, and says that it does', () => {
    carry(2_999, NOW - 2 * HOUR_MS);
    expect(ask('a', REPLY)).toMatchObject({ kind: 'held', overrun: false, usedLast24h: 2_999 });
    expect(ask('b', REPLY)).toMatchObject({ kind: 'held', overrun: true, usedLast24h: 3_000 });
  });

  it('lets budget refuse until the hours that filled it have gone', () => {
    carry(2_000, NOW - 20 * HOUR_MS);
    carry(100, NOW - 10 * HOUR_MS);
    const refused = ask('a', PROACTIVE);
    // The hour of 16:12 yesterday is left out of the count from 17:00 today.
    const retryAt = Date.UTC(2026, 9, 6, 17);
    expect(refused).toEqual({ kind: 'deferred', reason: 'budget-ceiling', retryAt });
    expect(ask('a', PROACTIVE, { now: retryAt - 1 }).kind).toBe('deferred');
    expect(ask('a', PROACTIVE, { now: retryAt }).kind).toBe('held');
  });

  it('covers 24 hours at least and 25 at most', () => {
    carry(1, NOW);
    expect(ledger.usage(NOW + DAY_MS).in24h).toBe(1);
    expect(ledger.usage(NOW + DAY_MS + 47 * MINUTE_MS).in24h).toBe(1);
    expect(ledger.usage(NOW + DAY_MS + 48 * MINUTE_MS).in24h).toBe(0);
  });

  it('counts late news in its own hour, and none that is too old to count', () => {
    carry(1, NOW - 23 * HOUR_MS);
    carry(1, NOW - 26 * HOUR_MS);
    expect(ledger.usage(NOW).in24h).toBe(1);
    expect(ledger.usage(NOW + 2 * HOUR_MS).in24h).toBe(0);
  });

  it('spreads non-replies over the hour', () => {
    carry(449, NOW);
    expect(ask('a', PROACTIVE).kind).toBe('held');
    const nextHour = Date.UTC(2026, 9, 6, 13);
    expect(ask('b', PROACTIVE)).toMatchObject({ reason: 'hour-shape', retryAt: nextHour });
    expect(ask('c', REPLY).kind).toBe('held');
  });

  it('spreads non-replies over the minute', () => {
    for (let i = 0; i < 20; i += 1) ask(`a${i}`, PROACTIVE, { now: NOW + i * 1_000 });
    const refused = ask('b', PROACTIVE, { now: NOW + 20_000 });
    expect(refused).toMatchObject({ reason: 'minute-shape', retryAt: NOW + MINUTE_MS });
  });

  it('keeps the limit of the provider towards one person, replies too', () => {
    for (let i = 0; i < 30; i += 1) ask(`a${i}`, REPLY, { recipient: 'ann' });
    expect(ask('b', REPLY, { recipient: 'ann' })).toMatchObject({
      reason: 'pair-limit',
      retryAt: NOW + MINUTE_MS,
    });
    expect(ask('c', REPLY, { recipient: 'bob' }).kind).toBe('held');
  });

  it('ends a loop with one person after sixty messages in an hour', () => {
    for (let i = 0; i < 60; i += 1)
      ask(`a${i}`, REPLY, { recipient: 'ann', now: NOW + i * 10_000 });
    expect(ask('b', REPLY, { recipient: 'ann', now: NOW + 600_000 })).toMatchObject({
      reason: 'loop',
      retryAt: NOW + HOUR_MS,
    });
  });

  it('starts ten threads an hour and fifty in 24 hours', () => {
    const first = { ...PROACTIVE, newConversation: true };
    let at = NOW;
    for (let started = 0; started < 50; started += 1) {
      if (started > 0 && started % 10 === 0) {
        expect(ask('x', first, { now: at })).toMatchObject({ reason: 'new-conversations-hour' });
        at += HOUR_MS;
      }
      expect(ask(`a${started}`, first, { now: at }).kind).toBe('held');
    }
    at += HOUR_MS;
    expect(ask('x', first, { now: at })).toMatchObject({
      reason: 'new-conversations-day',
      retryAt: NOW + DAY_MS,
    });
    expect(ledger.usage(at)).toMatchObject({ newConversations24h: 50, newConversationsHour: 0 });
  });

  it('makes non-replies wait while too many holds are open, a reply never', () => {
    const few = { ...PROACTIVE, maxOpenHolds: 2 };
    ask('a', few);
    ask('b', few, { now: NOW + 1_000 });
    expect(ask('c', few, { now: NOW + 2_000 })).toMatchObject({
      reason: 'open-holds',
      retryAt: NOW + 2_000 + MINUTE_MS,
    });
    expect(ask('d', { ...REPLY, maxOpenHolds: 2 }, { now: NOW + 2_000 }).kind).toBe('held');
  });

  it('lets go of a hold without news, but not of what it may have sent', () => {
    ask('a', { ...PROACTIVE, newConversation: true }, { recipient: 'ann' });
    const later = NOW + 35 * MINUTE_MS;
    expect(ledger.isHeld('a')).toBe(true);
    expect(ledger.usage(later)).toMatchObject({ open: 0, newConversations24h: 1 });
    expect(ledger.isHeld('a')).toBe(false);
  });

  it('gives nothing back for a thread that has begun', () => {
    ask('a', { ...PROACTIVE, newConversation: true }, { units: 2 });
    record({ holds: [{ id: 'a', left: 1 }] });
    ledger.release('a', NOW);
    expect(ledger.usage(NOW)).toMatchObject({ open: 0, newConversations24h: 1 });
  });

  it('sweeps the windows of people it has not written to for an hour', () => {
    for (let i = 0; i < 1_100; i += 1) ask(`a${i}`, REPLY);
    const windows = (ledger as unknown as { toPerson: Map<string, unknown> }).toPerson;
    ledger.usage(NOW + HOUR_MS);
    expect(windows.size).toBe(0);
  });

  describe('after a restart', () => {
    const load = (history: Partial<LineHistory>): void =>
      ledger.load(
        { hours: [], messages: [], threads: [], nonReplies: [], holds: [], ...history },
        NOW,
      );
    const hold: OpenHold = {
      id: 'a',
      recipient: 'ann',
      left: 30,
      at: NOW - MINUTE_MS / 2,
      expiresAt: NOW + 10 * MINUTE_MS,
      bursts: false,
      newConversation: true,
    };

    it('knows the hours and the threads that were stored', () => {
      const hour = epochHour(NOW);
      load({
        hours: [
          { hour: hour - 3, in: 1_200, out: 890 },
          { hour: hour - 25, in: 500, out: 500 },
        ],
        threads: [
          { id: 'chat-1', at: NOW - 3 * HOUR_MS },
          { id: 'chat-2', at: NOW - 3 * HOUR_MS },
        ],
      });
      expect(ledger.usage(NOW)).toEqual({
        in24h: 1_200,
        out24h: 890,
        open: 0,
        newConversations24h: 2,
        newConversationsHour: 0,
      });
      expect(ask('a', PROACTIVE, { units: 10 }).kind).toBe('held');
      expect(ask('b', PROACTIVE)).toMatchObject({ reason: 'budget-ceiling' });
    });

    it('knows the holds that were open, with what they mark', () => {
      load({ holds: [hold] });
      expect(ledger.usage(NOW)).toMatchObject({ open: 30, newConversationsHour: 1 });
      expect(ask('b', REPLY, { recipient: 'ann' })).toMatchObject({ reason: 'pair-limit' });
      expect(ask('a', REPLY, { recipient: 'ann' })).toMatchObject({ kind: 'held' });
      expect(ledger.usage(NOW + 10 * MINUTE_MS).open).toBe(0);
    });

    it('knows what left in the last minute', () => {
      load({ nonReplies: [{ id: 'a', at: NOW - 1_000, units: 20 }] });
      expect(ask('b', PROACTIVE)).toMatchObject({ reason: 'minute-shape', retryAt: NOW + 59_000 });
    });

    it('leaves a hold alone that it has already', () => {
      ask('a', PROACTIVE, { recipient: 'ann', units: 2 });
      load({ holds: [hold] });
      expect(ledger.usage(NOW).open).toBe(2);
    });

    it('is given the holds that the books may not have yet', () => {
      ask('old', PROACTIVE, { now: NOW - 31_000 });
      ask('young', PROACTIVE, { recipient: 'ann' });
      expect(ledger.takenAfter(NOW - 30_000)).toEqual([
        expect.objectContaining({ id: 'young', recipient: 'ann', left: 1, at: NOW }),
      ]);
    });
  });

  it('knows messages and threads that no hold announced, each once', () => {
    const at = NOW - 1_000;
    const messages = Array.from({ length: 30 }, (_, i) => ({ id: `m${i}`, recipient: 'ann', at }));
    const news = { messages, threads: [{ id: 'chat-1', at: NOW - 2 * HOUR_MS }] };
    record(news);
    record({ ...news, messages: messages.slice(0, 20) });
    expect(ask('a', REPLY, { recipient: 'ann' })).toMatchObject({
      reason: 'pair-limit',
      retryAt: NOW + 59_000,
    });
    expect(ask('b', { ...REPLY, pairPer60s: 31 }, { recipient: 'ann' }).kind).toBe('held');
    expect(ledger.usage(NOW)).toMatchObject({ newConversations24h: 1, newConversationsHour: 0 });
  });
});

describe('the ceilings', () => {
  it('leave room for those who wrote: each class stops at its share of the cap', () => {
    expect(ceilingFor('proactive', 3_000, policy)).toBe(2_100);
    expect(ceilingFor('introduction', 3_000, policy)).toBe(2_550);
    expect(ceilingFor('transactional', 3_000, policy)).toBe(2_700);
    expect(ceilingFor('reply', 3_000, policy)).toBeNull();
  });

  it('stop a reply at the cap only when the policy says so', () => {
    const strict = { ...policy, budget: { ...policy.budget, replies: 'hard-cap' as const } };
    expect(ceilingFor('reply', 3_000, strict)).toBe(3_000);
  });

  it('allow an hour its share of the day, and a floor to young lines', () => {
    expect(hourCapFor('proactive', 3_000, policy)).toBe(450);
    expect(hourCapFor('introduction', 150, policy)).toBe(30);
    expect(hourCapFor('reply', 3_000, policy)).toBeNull();
  });
});
