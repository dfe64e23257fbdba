import {
  ACTUATORS,
  type EnvironmentRecord,
  type LineRecord,
  ProviderProblem,
  type ProviderProblemKind,
  ShareCards,
} from '@linekeeper/application';
import {
  type AdminState,
  DAY_MS,
  DEFAULT_FLEET_POLICY,
  HOUR_MS,
  MINUTE_MS,
} from '@linekeeper/domain';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Decisions } from '../../libs/application/src/use-cases/shared';
import { PrismaDatabase } from '../../libs/infrastructure/src/prisma/database';
import { PrismaUnitOfWork } from '../../libs/infrastructure/src/prisma/unit-of-work';
import { SecureRandom } from '../../libs/infrastructure/src/system/chance';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { aLine } from '../support/lines';

const START = Date.UTC(2026, 9, 5, 12);
const POOL = randomUUID();

interface Talk {
  readonly service?: string;
  readonly isGroup?: boolean;
  readonly health?: 'HEALTHY' | 'CRITICAL' | 'OPTED_OUT';
  readonly stopped?: boolean;
  readonly answered?: boolean;
  /** Whether the person has written. */
  readonly wrote?: boolean;
}

/** The schedule by which lines share their own card, on a real database, with the clock and the provider of the test. */
describe('The share schedule', () => {
  let testDatabase: TestDatabase;
  let database: PrismaDatabase;
  let unitOfWork: PrismaUnitOfWork;
  let schedule: ShareCards;
  let now = START;
  let shares: Record<string, number[]> = {};
  let refusal: ((chatId: string) => ProviderProblemKind | null) | null = null;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    testDatabase = await createTestDatabase();
    database = new PrismaDatabase(testDatabase.url);
    unitOfWork = new PrismaUnitOfWork(database, new SecureRandom(), { write: () => undefined });
    const policies = {
      active: () => Promise.resolve({ version: 1, policy: DEFAULT_FLEET_POLICY }),
      refresh: () => undefined,
    };
    const decisions = new Decisions({ now: () => now }, policies, { uuid: randomUUID });
    const provider = {
      shareContactCard: (chatId: string) => {
        const kind = refusal?.(chatId) ?? null;
        if (kind !== null) throw new ProviderProblem(kind, 'refused', null, null, null);
        (shares[chatId] ??= []).push(now);
        return Promise.resolve();
      },
    };
    const lineCards = { ensure: () => Promise.resolve() };
    schedule = new ShareCards(unitOfWork, decisions, provider as never, lineCards as never);
    const actuators = Object.fromEntries(ACTUATORS.map((each) => [each, 'auto']));
    const away = { webhookRotationUntil: null, webhooksRejectedAt: null };
    const environment = { name: 'test', frozenAt: null, actuators, ...away };
    const { read } = unitOfWork;
    await read.environment.create(environment as unknown as EnvironmentRecord, START);
    await read.pools.insert({
      ...{ id: POOL, slug: 'default', name: 'Default', timeZone: 'UTC', cardProfile: {} },
      ...{ cardRevisedAt: START, createdAt: START, learned: null },
    });
  });

  beforeEach(async () => {
    await testDatabase.query('DELETE FROM chats');
    [now, shares, refusal] = [START, {}, null];
  });

  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  let lines = 0;
  async function line(
    adminState: AdminState = 'enabled',
    apiVersion: 'v2' | 'v3' = 'v3',
  ): Promise<string> {
    lines += 1;
    const {
      usedLast24h: _used,
      todayCap: _cap,
      ...view
    } = aLine({ id: randomUUID(), poolId: POOL });
    const record: LineRecord = {
      ...view,
      ...{
        adminState,
        apiVersion,
        earlierVersions: [],
        phoneNumber: `+1415555${1_000 + lines}`,
        adminReason: '',
        healthReason: null,
      },
      ...{ providerStatusAt: null, reputationSeenAt: null, providerLineId: null, listedAt: START },
      ...{ newUsersDay: '', contactCardActive: true, createdAt: START, updatedAt: START },
    };
    await unitOfWork.read.lines.insert(record);
    return record.id;
  }

  async function talk(lineId: string, of: Talk = {}): Promise<string> {
    const { read } = unitOfWork;
    const [userId, conversationId, chatId] = [randomUUID(), randomUUID(), randomUUID()];
    await read.users.insert({
      ...{ id: userId, externalId: null, timeZone: null, labels: [], consent: null, handles: [] },
      ...{ expectedPerDay: null, discovered: false, createdAt: START, erasedAt: null },
    });
    if (of.stopped) {
      await testDatabase.query(
        `INSERT INTO suppressions (user_id, suppressed_at, source, reason, actor, updated_at)
         VALUES ('${userId}', now(), 'api', 'stop', 'a test', now())`,
      );
    }
    await read.conversations.save([
      {
        ...{ id: conversationId, poolId: POOL, userId, activeLineId: lineId, updatedAt: START },
        lastInboundAt: of.wrote === false ? null : START,
        ...{ lastOutboundAt: of.answered === false ? null : START },
        ...{ lastUnsolicitedTurnAt: null, outboundTurns: 1, unansweredTurns: 0, pullTurns: [] },
      },
    ]);
    await read.conversations.saveChats([
      {
        ...{ id: chatId, conversationId, lineId, isGroup: of.isGroup ?? false },
        ...{ health: of.health ?? 'HEALTHY', healthAt: START, service: of.service ?? 'iMessage' },
        ...{ startedBy: 'inbound', createdAt: START, lastActivityAt: START },
        ...{ lastSharedAt: null, shares: 0, imessageSeenAt: null },
      },
    ]);
    return chatId;
  }

  /** Looks once an hour, at threads of which all but the resting ones were active a minute ago. */
  async function week(
    resting: readonly string[] = [],
    each = (_hour: number): Promise<unknown> => Promise.resolve(),
  ) {
    for (let hour = 0; hour < 7 * 24; hour += 1) {
      now = START + DAY_MS + hour * HOUR_MS;
      await testDatabase.query(
        `UPDATE chats SET last_activity_at = '${new Date(now - MINUTE_MS).toISOString()}'
         WHERE id <> ALL('{${resting.join(',')}}'::text[])`,
      );
      await each(hour);
      await schedule.execute();
    }
  }
  const between = (at: readonly number[]) => at.slice(1).map((each, i) => each - at[i]!);

  it.each(['v2', 'v3'] as const)(
    'is on %s exactly what the preset allows, and never to who may not be bothered or cannot take it',
    async (version) => {
      const [good, retired] = [await line('enabled', version), await line('retired', version)];
      const lively = [await talk(good), await talk(good), await talk(good)];
      const resting = await talk(good);
      await talk(good, { stopped: true });
      await talk(good, { service: 'SMS' });
      await talk(good, { service: 'RCS' });
      await talk(good, { isGroup: true });
      await talk(good, { health: 'OPTED_OUT' });
      await talk(good, { health: 'CRITICAL' });
      await talk(good, { answered: false });
      await talk(retired);
      await week([resting]);
      expect(Object.keys(shares).sort()).toEqual([...lively].sort());
      for (const chatId of lively) {
        const at = shares[chatId]!;
        // With a look an hour and a jitter of up to 2.4 hours, seven fit only where the jitter is small.
        expect(at.length).toBeGreaterThanOrEqual(6);
        expect(at.length).toBeLessThanOrEqual(7);
        expect(Math.min(...between(at))).toBeGreaterThanOrEqual(DAY_MS);
        expect(Math.max(...between(at))).toBeLessThanOrEqual(28 * HOUR_MS);
      }
    },
  );

  it('begins on each line by the preset of the version that it speaks', async () => {
    const [old, modern] = [await line('enabled', 'v2'), await line('enabled', 'v3')];
    const onlyWe = await talk(old, { wrote: false });
    const onlyWeOnV3 = await talk(modern, { wrote: false });
    const onlyThey = [
      await talk(old, { answered: false }),
      await talk(modern, { answered: false }),
    ];
    const both = [await talk(old), await talk(modern)];
    // They write for the first time when half the week is over.
    await week([], async (hour) => {
      if (hour !== 80) return;
      await testDatabase.query(
        `UPDATE conversations SET last_inbound_at = '${new Date(now).toISOString()}'`,
      );
    });
    const first = START + DAY_MS;
    for (const chatId of [...both, onlyWe]) {
      expect(shares[chatId]?.[0]).toBe(first);
      expect(shares[chatId]!.length).toBeGreaterThanOrEqual(6);
    }
    // V3 waits for them, and has the rest of the week.
    expect(shares[onlyWeOnV3]?.[0]).toBe(first + 80 * HOUR_MS);
    expect(shares[onlyWeOnV3]!.length).toBeLessThanOrEqual(4);
    for (const chatId of onlyThey) expect(shares[chatId]).toBeUndefined();
  });

  it('shares a changed card at the next activity, once', async () => {
    const lineId = await line();
    const chatId = await talk(lineId);
    const show = (setTo: string) =>
      unitOfWork.read.identities.save({
        ...{ lineId, setTo, drift: [], problem: null, setAt: now, seenAt: now },
      });
    await show('no photo Ada');
    await week([], (hour) => (hour === 30 ? show('no photo Eve') : Promise.resolve()));
    const changedAt = START + DAY_MS + 30 * HOUR_MS;
    expect(shares[chatId]).toContain(changedAt);
    expect(between(shares[chatId]!).filter((ms) => ms < DAY_MS)).toHaveLength(1);
  });

  it('backs off from a thread that is refused, for whatever reason of its own', async () => {
    const lineId = await line();
    const other = await talk(lineId);
    const kinds = new Map<string, ProviderProblemKind>();
    for (const kind of ['not-found', 'try-again', 'invalid', 'recipient-opted-out'] as const) {
      kinds.set(await talk(lineId), kind);
    }
    const tried: Record<string, number[]> = {};
    refusal = (chatId) => {
      (tried[chatId] ??= []).push(now);
      return kinds.get(chatId) ?? null;
    };
    await week();
    expect(Object.keys(shares)).toEqual([other]);
    for (const chatId of kinds.keys()) {
      // After a day, after two more, and then no more.
      const days = between(tried[chatId]!).map((ms) => Math.round(ms / DAY_MS));
      expect(days).toEqual([1, 2]);
    }
    expect(shares[other]!.length).toBeGreaterThanOrEqual(6);
  });

  it('holds a provider that is away against nobody', async () => {
    const chatId = await talk(await line());
    refusal = () => (now < START + 2 * DAY_MS ? 'unavailable' : null);
    await week();
    expect(shares[chatId]?.[0]).toBe(START + 2 * DAY_MS);
  });
});
