import {
  ACTUATORS,
  type EnvironmentRecord,
  type LineRecord,
  type ParsedHandle,
} from '@linekeeper/application';
import { DEFAULT_FLEET_POLICY, type EpochMs } from '@linekeeper/domain';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Decisions } from '../../libs/application/src/use-cases/shared';
import { PrismaDatabase } from '../../libs/infrastructure/src/prisma/database';
import { PrismaUnitOfWork } from '../../libs/infrastructure/src/prisma/unit-of-work';
import { SecureRandom } from '../../libs/infrastructure/src/system/chance';
import { createTestDatabase, type TestDatabase } from './database';
import { aLine } from './lines';

/** A real database with one pool, and the clock of the test: for a use-case alone, without the service around it. */
export class StoreStage {
  readonly poolId = randomUUID();
  readonly decisions: Decisions;
  now: EpochMs;
  private lines = 0;

  private constructor(
    readonly testDatabase: TestDatabase,
    private readonly database: PrismaDatabase,
    readonly unitOfWork: PrismaUnitOfWork,
    private readonly start: EpochMs,
  ) {
    this.now = start;
    const policies = {
      active: () => Promise.resolve({ version: 1, policy: DEFAULT_FLEET_POLICY }),
      refresh: () => undefined,
    };
    this.decisions = new Decisions({ now: () => this.now }, policies, { uuid: randomUUID });
  }

  static async open(start: EpochMs): Promise<StoreStage> {
    Logger.overrideLogger(false);
    const testDatabase = await createTestDatabase();
    const database = new PrismaDatabase(testDatabase.url);
    const unitOfWork = new PrismaUnitOfWork(database, new SecureRandom(), {
      write: () => undefined,
    });
    const stage = new StoreStage(testDatabase, database, unitOfWork, start);
    const actuators = Object.fromEntries(ACTUATORS.map((each) => [each, 'auto']));
    const away = { webhookRotationUntil: null, webhooksRejectedAt: null };
    const environment = { name: 'test', frozenAt: null, actuators, ...away };
    await unitOfWork.read.environment.create(environment as unknown as EnvironmentRecord, start);
    await unitOfWork.read.pools.insert({
      ...{
        id: stage.poolId,
        slug: 'default',
        name: 'Default',
        timeZone: 'UTC',
        cardProfile: { name: 'Ada' },
      },
      ...{ cardRevisedAt: start, createdAt: start, learned: null },
    });
    return stage;
  }

  /** A mature line; a test names only what it is about. */
  async line(of: Partial<LineRecord> = {}): Promise<string> {
    this.lines += 1;
    const {
      usedLast24h: _used,
      todayCap: _cap,
      ...view
    } = aLine({ id: randomUUID(), poolId: this.poolId });
    const { start } = this;
    const record: LineRecord = {
      ...view,
      ...{ apiVersion: 'v3', earlierVersions: [], phoneNumber: `+1415555${1_000 + this.lines}` },
      ...{ adminReason: '', healthReason: null, providerStatusAt: null, reputationSeenAt: null },
      ...{
        providerLineId: null,
        listedAt: start,
        newUsersDay: '',
        budgetBand: 0,
        contactCardActive: true,
      },
      ...{ capability: null, capabilityAt: null, autoTyping: null, waivedChecks: [] },
      ...{ forwardingNumber: null, wantedForwarding: null, missingSince: null, successorId: null },
      ...{ createdAt: start, updatedAt: start },
      ...of,
    };
    await this.unitOfWork.read.lines.insert(record);
    return record.id;
  }

  async user(...handles: readonly ParsedHandle[]): Promise<string> {
    const id = randomUUID();
    await this.unitOfWork.read.users.insert({
      ...{ id, externalId: null, timeZone: null, labels: [], consent: null, handles },
      ...{ expectedPerDay: null, discovered: false, createdAt: this.start, erasedAt: null },
    });
    return id;
  }

  /** Another process on the same database. */
  another(): { readonly unitOfWork: PrismaUnitOfWork; readonly close: () => Promise<void> } {
    const database = new PrismaDatabase(this.testDatabase.url);
    const log = { write: () => undefined };
    const unitOfWork = new PrismaUnitOfWork(database, new SecureRandom(), log);
    return { unitOfWork, close: () => database.close() };
  }

  query<T extends object>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.testDatabase.query<T>(sql, [...values]);
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.testDatabase.drop();
  }
}
