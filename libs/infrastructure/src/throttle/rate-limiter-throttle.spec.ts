import type { LockoutRule } from '@linekeeper/application';
import { RateLimiterThrottle } from './rate-limiter-throttle';

const RULE: LockoutRule = {
  name: 'test',
  tries: 3,
  windowSeconds: 60,
  lockSeconds: 10,
  maxLockSeconds: 35,
};

describe('RateLimiterThrottle without Redis', () => {
  let throttle: RateLimiterThrottle;

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
    throttle = new RateLimiterThrottle(null);
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  async function fail(times: number, subject = 'somebody'): Promise<void> {
    for (let i = 0; i < times; i += 1) await throttle.failed(RULE, subject);
  }
  const wait = (subject = 'somebody') => throttle.lockedFor(RULE, subject);

  it('locks with the last try and not before, and only who tried', async () => {
    await fail(2);
    expect(await wait()).toBe(0);
    await fail(1);
    expect(await wait()).toBe(10_000);
    expect(await wait('somebody else')).toBe(0);
    jest.advanceTimersByTime(9_999);
    expect(await wait()).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await wait()).toBe(0);
  });

  it('doubles with each lock-out up to the longest one, and forgets after a day', async () => {
    for (const expected of [10_000, 20_000, 35_000, 35_000]) {
      await fail(3);
      expect(await wait()).toBe(expected);
      jest.advanceTimersByTime(expected);
    }
    jest.advanceTimersByTime(24 * 3_600_000);
    await fail(3);
    expect(await wait()).toBe(10_000);
  });

  it('forgets failures when their window is over', async () => {
    await fail(2);
    jest.advanceTimersByTime(60_000);
    await fail(2);
    expect(await wait()).toBe(0);
  });

  it('locks once for tries at the same moment', async () => {
    await Promise.all(Array.from({ length: 50 }, () => throttle.failed(RULE, 'somebody')));
    expect(await wait()).toBe(10_000);
  });

  it('serves so many requests a window, and says when the next one is', async () => {
    const rule = { name: 'requests', requests: 2, windowSeconds: 10 };
    expect(await throttle.take(rule, 'key')).toBe(0);
    jest.advanceTimersByTime(4_000);
    expect(await throttle.take(rule, 'key')).toBe(0);
    expect(await throttle.take(rule, 'key')).toBe(6_000);
    expect(await throttle.take(rule, 'other key')).toBe(0);
    jest.advanceTimersByTime(6_000);
    expect(await throttle.take(rule, 'key')).toBe(0);
  });
});
