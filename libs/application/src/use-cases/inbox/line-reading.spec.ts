import { HOUR_MS, MINUTE_MS } from '@linekeeper/domain';
import type { GapReading, GapRecord, ListedChat } from '../../ports';
import { LineReading, SKEW_MS } from './line-reading';

const NOW = 100 * HOUR_MS;
const record: GapRecord = {
  lineId: 'line-1',
  completeUntil: NOW - 5 * HOUR_MS,
  readAt: NOW - 5 * HOUR_MS,
  suspectedAt: NOW,
  cause: 'was-down',
  reading: null,
  lookedAt: NOW,
};
const first: GapReading = {
  pass: 1,
  startedAt: NOW,
  chatsSince: NOW - 6 * HOUR_MS,
  messagesSince: NOW - 6 * HOUR_MS,
  cursor: null,
  pages: 0,
  done: [],
  failingSince: null,
  isSorted: true,
};
const chat = { chatId: 'chat-1' } as ListedChat;

describe('LineReading', () => {
  it('of one page makes the line complete until it asked for that page, and settles the sign', () => {
    const reading = new LineReading(record, first);
    reading.begin(NOW + MINUTE_MS);
    reading.chatDone(chat);
    expect(reading.isDone(chat)).toBe(true);
    reading.pageDone(null, NOW + 2 * MINUTE_MS);
    expect(reading.record).toEqual({
      ...record,
      completeUntil: NOW + MINUTE_MS,
      readAt: NOW + MINUTE_MS,
      suspectedAt: null,
      cause: null,
    });
  });

  it('that goes on where it stopped is as old as when it began, and leaves a newer sign', () => {
    const begun = { ...first, startedAt: NOW - HOUR_MS, done: ['chat-1'] };
    const reading = new LineReading(record, begun);
    reading.begin(NOW);
    expect(reading.isDone(chat)).toBe(true);
    reading.pageDone(null, NOW);
    expect(reading.record).toMatchObject({
      completeUntil: NOW - HOUR_MS,
      suspectedAt: NOW,
      cause: 'was-down',
    });
  });

  it('of several pages looks again at the chats that had news meanwhile, until they fit one page', () => {
    const reading = new LineReading(record, first);
    reading.pageDone('next', NOW + 1);
    reading.pageDone(null, NOW + 2);
    expect(reading.reading).toMatchObject({
      ...{ pass: 2, cursor: null, pages: 0, done: [], startedAt: NOW + 2 },
      ...{ chatsSince: NOW - SKEW_MS, messagesSince: first.messagesSince },
    });
    reading.pageDone(null, NOW + 3);
    expect(reading.record).toMatchObject({ reading: null, completeUntil: NOW + 2 });
  });

  it('of a list in another order looks at all of it again, three times at most', () => {
    const reading = new LineReading(record, first);
    for (let pass = 1; pass <= 3; pass += 1) {
      expect(reading.reading).toMatchObject({ pass, chatsSince: first.chatsSince });
      reading.noteDisorder();
      reading.pageDone('next', NOW);
      reading.pageDone(null, NOW);
    }
    expect(reading.reading).toBeNull();
  });

  it('gives a page up whose chat could not be read for six hours', () => {
    const reading = new LineReading(record, first);
    reading.noteFailure(NOW);
    reading.noteFailure(NOW + HOUR_MS);
    expect(reading.givesUp(NOW + 6 * HOUR_MS - 1)).toBe(false);
    expect(reading.givesUp(NOW + 6 * HOUR_MS)).toBe(true);
    expect(reading.found.unreadable).toBe(1);
    reading.pageDone('next', NOW);
    expect(reading.reading?.failingSince).toBeNull();
  });

  it('begins its pass anew when its place in the list is gone', () => {
    const reading = new LineReading(record, { ...first, cursor: 'gone', pages: 3, done: ['a'] });
    reading.restart(NOW + 1);
    expect(reading.reading).toMatchObject({ cursor: null, pages: 0, done: [], startedAt: NOW + 1 });
  });
});
