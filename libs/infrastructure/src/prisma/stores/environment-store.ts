import { EnvironmentStore, type EnvironmentRecord } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Environment } from '../generated/client';
import { rowFromJson } from '../json-rows';
import { date, dateOrNull, json, msOrNull } from '../values';

export class PrismaEnvironmentStore extends EnvironmentStore {
  constructor(private readonly db: Db) {
    super();
  }

  async get(): Promise<EnvironmentRecord | null> {
    const [found] = await this.db.$queryRaw<Record<string, unknown>[]>`
      SELECT * FROM environment WHERE id = 1`;
    if (!found) return null;
    const row = rowFromJson(found) as unknown as Environment;
    return {
      name: row.name,
      frozenAt: msOrNull(row.frozenAt),
      actuators: row.actuators as EnvironmentRecord['actuators'],
      webhookRotationUntil: msOrNull(row.webhookRotationUntil),
      webhooksRejectedAt: msOrNull(row.webhooksRejectedAt),
    };
  }

  async create(environment: EnvironmentRecord, at: EpochMs): Promise<void> {
    await this.db.environment.create({
      data: {
        id: 1,
        name: environment.name,
        createdAt: date(at),
        frozenAt: dateOrNull(environment.frozenAt),
        actuators: json(environment.actuators),
        webhookRotationUntil: dateOrNull(environment.webhookRotationUntil),
        webhooksRejectedAt: dateOrNull(environment.webhooksRejectedAt),
      },
    });
  }

  async setFrozen(at: EpochMs | null): Promise<void> {
    await this.db.environment.update({ where: { id: 1 }, data: { frozenAt: dateOrNull(at) } });
  }

  async setWebhookRotation(until: EpochMs | null): Promise<void> {
    const webhookRotationUntil = dateOrNull(until);
    await this.db.environment.update({ where: { id: 1 }, data: { webhookRotationUntil } });
  }

  async noteRejected(at: EpochMs): Promise<void> {
    await this.db.environment.updateMany({ data: { webhooksRejectedAt: date(at) } });
  }

  async setActuators(actuators: EnvironmentRecord['actuators']): Promise<void> {
    await this.db.environment.update({ where: { id: 1 }, data: { actuators: json(actuators) } });
  }
}
