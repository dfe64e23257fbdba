import { DAY_MS, DEFAULT_FLEET_POLICY as policy, HOUR_MS, MINUTE_MS } from '@linekeeper/domain';
import { chanceOf } from '../kernel/chance';
import { LineWatch } from './line-watch';
import { Replies, ReplyShare } from './replies';

const WINDOW = policy.sends.replyWindowHours * HOUR_MS;
const RATES = { healthy: 0.02, sick: 0.3 };

describe('replies of people', () => {
  it('are told once a day and person, when the time to reply is over', () => {
    const replies = new Replies(policy);
    replies.onOut(1, 0);
    replies.onOut(2, 10);
    replies.onOut(1, 20);
    replies.onIn(1);
    replies.onIn(3);
    expect(replies.due(WINDOW - 1)).toEqual([]);
    expect(replies.due(WINDOW)).toEqual([{ user: 1, wroteAt: 0, replied: true }]);
    expect(replies.due(WINDOW + 10)).toEqual([{ user: 2, wroteAt: 10, replied: false }]);
    expect(replies.due(10 * WINDOW)).toEqual([]);
  });

  it('have a share that follows the last day, and is never nobody or everybody', () => {
    const share = new ReplyShare();
    expect(share.value).toBe(0.5);
    const tell = (replied: boolean, from: number): void => {
      for (let i = 0; i < 500; i += 1) share.take({ user: i, wroteAt: 0, replied }, from + i);
    };
    tell(true, 0);
    expect(share.value).toBe(0.95);
    tell(false, 3 * DAY_MS);
    expect(share.value).toBe(0.05);
  });
});

/** A line that carries an outcome every few minutes, each of another person. */
function watched(failing: (at: number) => number, seed: number, outcomes: number): LineWatch {
  const chance = chanceOf(seed, 'detection');
  const watch = new LineWatch(policy, chance, failing, RATES.healthy);
  for (let i = 0; i < outcomes; i += 1) {
    const at = i * 5 * MINUTE_MS;
    const outcome = chance() < failing(at) ? 'bad' : 'good';
    watch.takeOutcome(i, outcome, at, RATES, 288);
  }
  return watch;
}

describe('the watch over one line', () => {
  it('suspects a line that fails, and has it ejected by the canaries within a quarter of an hour', () => {
    const begins = DAY_MS;
    const { episodes } = watched((at) => (at < begins ? RATES.healthy : 0.95), 1, 600);
    const found = episodes.filter(({ suspectedAt }) => suspectedAt >= begins);
    expect(found[0]?.verdict).toBe('eject');
    expect(found[0]!.suspectedAt - begins).toBeLessThanOrEqual(5 * 5 * MINUTE_MS);
    expect(found[0]!.verdictAt! - found[0]!.suspectedAt).toBeLessThanOrEqual(15 * MINUTE_MS);
  });

  it('hardly ever ejects a healthy line, and suspects it about once a year', () => {
    const runs = Array.from({ length: 20 }, (_, seed) =>
      watched(() => RATES.healthy, seed, 20_000),
    );
    const episodes = runs.flatMap((watch) => watch.episodes);
    const years = (20 * 20_000 * 5 * MINUTE_MS) / (365 * DAY_MS);
    // While it waits, a canary of two phones that fail by chance, one in fifty, is wrong once in 2,500 times.
    expect(episodes.filter(({ verdict }) => verdict === 'eject').length).toBeLessThanOrEqual(1);
    expect(episodes.length / years).toBeLessThan(2);
  });

  it('counts a person once a day', () => {
    const watch = watched(() => 0, 1, 1);
    expect(watch.counted).toBe(1);
    expect(watch.takeOutcome(0, 'bad', HOUR_MS, RATES, 288)).toBe(false);
    expect(watch.takeOutcome(0, 'bad', DAY_MS, RATES, 288)).toBe(true);
    expect(watch.counted).toBe(2);
  });

  it('hears that replies stay away, which is a suspicion and no more', () => {
    const chance = chanceOf(1, 'detection');
    const watch = new LineWatch(policy, chance, () => RATES.healthy, RATES.healthy);
    for (let i = 0; i < 400; i += 1) {
      watch.takeReply(
        i < 300 && chance() < 0.6 ? 'good' : 'bad',
        i * HOUR_MS,
        { healthy: 0.4, sick: 0.7 },
        24,
      );
    }
    expect(watch.episodes.length).toBeGreaterThan(0);
    expect(watch.episodes.every(({ verdict }) => verdict !== 'eject')).toBe(true);
    expect(watch.episodes.at(-1)!.suspectedAt).toBeGreaterThan(300 * HOUR_MS);
  });
});
