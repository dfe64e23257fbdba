import type { InboxRecord } from '@linekeeper/application';
import { createTestDatabase, type TestDatabase } from '../../../../../test/support/database';
import { SecureRandom } from '../../system/chance';
import { PrismaDatabase } from '../database';
import { PrismaUnitOfWork } from '../unit-of-work';

const NOW = Date.UTC(2026, 2, 2);
const LIMIT = 200;

function event(id: string, orderKey: string, nextAttemptAt = NOW): InboxRecord {
  return {
    eventId: id,
    eventType: 'message.received',
    orderKey,
    body: '{}',
    receivedAt: NOW,
    state: 'pending',
    attempts: 0,
    nextAttemptAt,
    processedAt: null,
    lastError: null,
  };
}

const idsOf = (records: readonly InboxRecord[]): string[] => records.map(({ eventId }) => eventId);

describe('The inbox', () => {
  let database: TestDatabase;
  let prisma: PrismaDatabase;
  let unitOfWork: PrismaUnitOfWork;

  beforeEach(async () => {
    database = await createTestDatabase();
    prisma = new PrismaDatabase(database.url);
    unitOfWork = new PrismaUnitOfWork(prisma, new SecureRandom(), {
      write: () => undefined,
    });
  });

  afterEach(async () => {
    await prisma.close();
    await database.drop();
  });

  const insert = (events: readonly InboxRecord[]): Promise<Set<string>> =>
    unitOfWork.read.inbox.insert(events);
  const claim = (): Promise<InboxRecord[]> =>
    unitOfWork.run((stores) => stores.inbox.claim(NOW, LIMIT));

  it('tells which events were new, also of those that come twice at once', async () => {
    expect(await insert([event('a', 'chat:a'), event('b', 'chat:a')])).toEqual(new Set(['a', 'b']));
    const again = [event('b', 'chat:a'), event('c', 'chat:a'), event('c', 'chat:a')];
    expect(await insert(again)).toEqual(new Set(['c']));
    expect(idsOf(await claim())).toEqual(['a', 'b', 'c']);
  });

  it('keeps every column as it was given', async () => {
    const dead = {
      ...event('dead', 'event:dead'),
      state: 'dead',
      lastError: 'no such word',
    } as const;
    await insert([{ ...dead, processedAt: NOW, body: 'a "quoted" {body} \\ of\nlines' }]);
    expect(await unitOfWork.read.inbox.dead({ limit: 10 })).toEqual([
      { ...dead, processedAt: NOW, body: 'a "quoted" {body} \\ of\nlines' },
    ]);
  });

  it('hands out other threads, however long the queue behind an event that waits', async () => {
    const behind = Array.from({ length: LIMIT + 5 }, (_, i) => event(`behind-${i}`, 'chat:a'));
    await insert([event('waits', 'chat:a', NOW + 1), ...behind, event('other', 'chat:b')]);
    expect(idsOf(await claim())).toEqual(['other']);
  });

  it('hands out what comes before an event that waits', async () => {
    await insert([event('first', 'chat:a'), event('waits', 'chat:a', NOW + 1)]);
    await insert([event('last', 'chat:a')]);
    expect(idsOf(await claim())).toEqual(['first']);
  });

  it('keeps the order of a thread when others hold its beginning', async () => {
    await insert([event('first', 'chat:a'), event('second', 'chat:a'), event('other', 'chat:b')]);
    await unitOfWork.run(async (stores) => {
      expect((await stores.inbox.claimOne('first'))?.eventId).toBe('first');
      expect(idsOf(await claim())).toEqual(['other']);
    });
    expect(idsOf(await claim())).toEqual(['first', 'second', 'other']);
  });
});
