import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '@linekeeper/domain';
import {
  type LineRecord,
  type MessageRecord,
  type MessagingProvider,
  type MissedEvent,
  type OpenOutcome,
  ProviderProblem,
  type UnitOfWork,
} from '../../ports';
import { AskOutcomes } from './ask-outcomes';
import type { TakeIn } from './take-in';

const NOW = 1_000 * HOUR_MS;
/** A status, the kind of a problem, or nothing. */
type Answer = string | null;

/** Outcomes and messages in memory, and a provider that answers as it is told. */
function stage(answers: Readonly<Record<string, Answer>>, more: Partial<OpenOutcome> = {}) {
  const open = new Map<string, OpenOutcome>();
  const asked: string[] = [];
  const events: MissedEvent[] = [];
  for (const messageId of Object.keys(answers)) {
    open.set(messageId, { messageId, sentAt: NOW - MINUTE_MS, asked: 0, nextAt: NOW, ...more });
  }
  const stores = {
    outcomes: {
      due: (now: EpochMs) => Promise.resolve([...open.values()].filter((e) => e.nextAt <= now)),
      askAgain: (id: string, nextAt: EpochMs) => {
        const before = open.get(id)!;
        open.set(id, { ...before, asked: before.asked + 1, nextAt });
        return Promise.resolve();
      },
      close: (ids: readonly string[]) => {
        for (const id of ids) open.delete(id);
        return Promise.resolve();
      },
    },
    messages: {
      byIds: (ids: readonly string[]) =>
        Promise.resolve(
          ids
            .filter((id) => id !== 'unknown')
            .map((id) => ({ id, chatId: '1', lineId: 'a', at: NOW }) as MessageRecord),
        ),
    },
    lines: { list: () => Promise.resolve([{ id: 'a', phoneNumber: '+1' } as LineRecord]) },
  };
  const provider = {
    message: (id: string) => {
      asked.push(id);
      const status = answers[id] ?? null;
      if (status === 'rate-limited' || status === 'unavailable') {
        throw new ProviderProblem(status, 'no', null, null, null);
      }
      return Promise.resolve(status === null ? null : { status, at: NOW });
    },
  };
  const writer = {
    write: (event: MissedEvent) => {
      events.push(event);
      return Buffer.from('');
    },
  };
  const use = new AskOutcomes(
    {
      read: stores,
      run: (work: (all: unknown) => Promise<unknown>) => work(stores),
    } as unknown as UnitOfWork,
    provider as unknown as MessagingProvider,
    writer,
    { store: () => Promise.resolve(1), notify: () => undefined } as unknown as TakeIn,
    { now: () => NOW },
  );
  return { open, asked, events, use };
}

describe('AskOutcomes', () => {
  it.each([
    ['delivered', 'message-delivered'],
    ['read', 'message-read'],
    ['failed', 'message-failed'],
  ])('tells of a message that is %s, and asks no more', async (status, kind) => {
    const { open, events, use } = stage({ '1/2': status });
    expect(await use.execute()).toEqual({ asked: 1, known: 1, givenUp: 0, stopped: null });
    expect(events).toMatchObject([
      { kind, eventId: `asked:1/2:${status}`, messageId: '1/2', chatId: '1', at: NOW },
    ]);
    expect(open.size).toBe(0);
  });

  it.each([
    ['pending', 0, 5],
    ['queued', 1, 10],
    ['a word of tomorrow', 3, 40],
    ['pending', 4, 60],
    ['pending', 20, 60],
  ])('asks again for one that is %s, after growing pauses', async (status, before, minutes) => {
    const { open, events, use } = stage({ '1/2': status }, { asked: before });
    expect(await use.execute()).toMatchObject({ asked: 1, known: 0 });
    expect(events).toEqual([]);
    expect(open.get('1/2')).toMatchObject({
      asked: before + 1,
      nextAt: NOW + minutes * MINUTE_MS,
    });
  });

  it('asks for what is due only', async () => {
    const { asked, use } = stage({ '1/2': 'delivered' }, { nextAt: NOW + 1 });
    await use.execute();
    expect(asked).toEqual([]);
  });

  it('gives up after a day, and what neither side knows at once', async () => {
    const old = stage({ '1/2': 'pending' }, { sentAt: NOW - DAY_MS });
    expect(await old.use.execute()).toMatchObject({ asked: 0, givenUp: 1 });
    expect(old.open.size).toBe(0);
    const gone = stage({ unknown: 'pending', '1/3': null });
    expect(await gone.use.execute()).toEqual({ asked: 1, known: 0, givenUp: 1, stopped: null });
    expect([gone.open.size, gone.events]).toEqual([0, []]);
  });

  it('stops at a limit and leaves the rest as it is, and at a provider that is away', async () => {
    const limited = stage({ '1/1': 'delivered', '1/2': 'rate-limited', '1/3': 'delivered' });
    expect(await limited.use.execute()).toMatchObject({ known: 1, stopped: 'rate-limited' });
    expect([...limited.open.values()]).toMatchObject([
      { messageId: '1/2', asked: 0, nextAt: NOW },
      { messageId: '1/3', asked: 0, nextAt: NOW },
    ]);
    const away = stage({ '1/1': 'unavailable', '1/2': 'unavailable', '1/3': 'delivered' });
    expect(await away.use.execute()).toMatchObject({ asked: 2, stopped: 'unavailable' });
    expect([...away.open.values()].map(({ asked }) => asked)).toEqual([1, 1, 0]);
    // One of them alone says nothing of the others.
    const odd = stage({ '1/1': 'unavailable', '1/2': 'delivered', '1/3': 'unavailable' });
    expect(await odd.use.execute()).toMatchObject({ asked: 3, known: 1, stopped: null });
  });
});
