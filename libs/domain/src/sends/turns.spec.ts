import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../kernel/time';
import {
  type ConversationCounters,
  isReplyTime,
  NOTHING_SAID,
  onInbound,
  onOutbound,
} from './turns';

const T = Date.UTC(2026, 9, 6, 12);

type Said = readonly ['in' | 'out', number];
const fold = (said: readonly Said[]): ConversationCounters =>
  said.reduce<ConversationCounters>(
    (counters, [who, at]) =>
      who === 'in' ? onInbound(counters, at) : onOutbound(counters, at, policy),
    NOTHING_SAID,
  );

/** The same by reading the whole thread: turns since the person's last word, and those of them nobody asked for. */
function recount(said: readonly Said[]): { outboundTurns: number; unansweredTurns: number } {
  const lastIn = said.findLastIndex(([who]) => who === 'in');
  const heardAt = said[lastIn]?.[1];
  const turns: { from: number; to: number }[] = [];
  let unasked = 0;
  for (const [, at] of said.slice(lastIn + 1)) {
    const turn = turns.at(-1);
    if (turn && at - turn.to < 120 * SECOND_MS) {
      turn.to = at;
      continue;
    }
    const answers = heardAt !== undefined && at - heardAt <= 24 * HOUR_MS && turns.length < 3;
    if (!answers) unasked += 1;
    turns.push({ from: at, to: at });
  }
  return { outboundTurns: turns.length, unansweredTurns: unasked };
}

const gap = fc.oneof(
  fc.integer({ min: 1, max: 180 * SECOND_MS }),
  fc.constantFrom(119_999, 120_000, 24 * HOUR_MS, 24 * HOUR_MS + 1),
  fc.integer({ min: 1, max: 30 * HOUR_MS }),
);
const thread: fc.Arbitrary<Said[]> = fc
  .array(fc.tuple(fc.constantFrom<'in' | 'out'>('in', 'out', 'out'), gap), { maxLength: 30 })
  .map((steps) => {
    let at = T;
    return steps.map(([who, ms]) => [who, (at += ms)] as const);
  });

describe('the turns of a thread', () => {
  it('are those one reads off the whole thread', () => {
    fc.assert(
      fc.property(thread, (said) => {
        expect(fold(said)).toMatchObject(recount(said));
      }),
      { numRuns: 1_000 },
    );
  });

  it('are the same when every word is told twice', () => {
    fc.assert(
      fc.property(thread, (said) => {
        const twice = said.flatMap((each) => [each, each]);
        expect(fold(twice)).toMatchObject(recount(said));
      }),
    );
  });

  it('count bubbles within two minutes as one', () => {
    const bubbles: Said[] = [0, 60, 170, 289].map((s) => ['out', T + s * SECOND_MS]);
    expect(fold(bubbles).outboundTurns).toBe(1);
    expect(fold([...bubbles, ['out', T + 409 * SECOND_MS]]).outboundTurns).toBe(2);
  });

  it('are answered by what the person wrote after them, not by what came before', () => {
    const counters = fold([['out', T]]);
    expect(onInbound(counters, T + 1)).toMatchObject({ outboundTurns: 0, unansweredTurns: 0 });
    expect(onInbound(counters, T - 1)).toMatchObject({ outboundTurns: 1, unansweredTurns: 1 });
  });

  it('are left as they are by news from before the last word of the person', () => {
    const counters = fold([['in', T]]);
    const late = onOutbound(counters, T - MINUTE_MS, policy);
    expect(late).toMatchObject({
      outboundTurns: 0,
      unansweredTurns: 0,
      lastOutboundAt: T - MINUTE_MS,
    });
    expect(onInbound(counters, T - MINUTE_MS)).toBe(counters);
  });
});

describe('the time to reply', () => {
  it('is never before a person wrote', () => {
    expect(isReplyTime(NOTHING_SAID, T, policy)).toBe(false);
  });

  it('lasts a day from their last word', () => {
    const counters = fold([['in', T]]);
    expect(isReplyTime(counters, T + 24 * HOUR_MS, policy)).toBe(true);
    expect(isReplyTime(counters, T + 24 * HOUR_MS + 1, policy)).toBe(false);
  });

  it('ends after three turns, once the third is over', () => {
    const said: Said[] = [
      ['in', T],
      ['out', T + 10 * MINUTE_MS],
      ['out', T + 20 * MINUTE_MS],
      ['out', T + 30 * MINUTE_MS],
    ];
    expect(isReplyTime(fold(said.slice(0, 3)), T + 30 * MINUTE_MS, policy)).toBe(true);
    expect(isReplyTime(fold(said), T + 31 * MINUTE_MS, policy)).toBe(true);
    expect(isReplyTime(fold(said), T + 32 * MINUTE_MS, policy)).toBe(false);
    expect(
      isReplyTime(fold([...said, ['in', T + 33 * MINUTE_MS]]), T + 34 * MINUTE_MS, policy),
    ).toBe(true);
  });
});
