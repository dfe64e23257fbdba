import {
  type ApiKeyRecord,
  KeyStore,
  type PageSessionRecord,
  type Role,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import type { ApiKey, PageSession } from '../generated/client';
import { date, dateOrNull, ms, msOrNull } from '../values';

export class PrismaKeyStore extends KeyStore {
  constructor(private readonly db: Db) {
    super();
  }

  async insert(key: ApiKeyRecord): Promise<void> {
    await this.db.apiKey.createMany({
      data: [
        {
          ...key,
          poolIds: [...key.poolIds],
          createdAt: date(key.createdAt),
          expiresAt: dateOrNull(key.expiresAt),
          revokedAt: dateOrNull(key.revokedAt),
        },
      ],
      // Of several processes that start at once with the same first key, one writes it.
      skipDuplicates: true,
    });
  }

  async byPrefix(prefix: string): Promise<ApiKeyRecord | null> {
    const row = await this.db.apiKey.findUnique({ where: { prefix } });
    return row && keyOf(row);
  }

  async list(): Promise<ApiKeyRecord[]> {
    const rows = await this.db.apiKey.findMany({ orderBy: { id: 'asc' } });
    return rows.map(keyOf);
  }

  async revoke(id: string, at: EpochMs): Promise<boolean> {
    const revoked = await this.db.apiKey.updateMany({
      where: { id, revokedAt: null },
      data: { revokedAt: date(at) },
    });
    return revoked.count === 1;
  }

  async insertSession(session: PageSessionRecord): Promise<void> {
    await this.db.pageSession.create({
      data: {
        ...session,
        createdAt: date(session.createdAt),
        expiresAt: date(session.expiresAt),
        usedAt: dateOrNull(session.usedAt),
      },
    });
  }

  async takeLink(tokenHash: string, now: EpochMs): Promise<PageSessionRecord | null> {
    const taken = await this.db.pageSession.updateMany({
      where: { tokenHash, kind: 'link', usedAt: null, expiresAt: { gt: date(now) } },
      data: { usedAt: date(now) },
    });
    if (taken.count === 0) return null;
    const row = await this.db.pageSession.findUnique({ where: { tokenHash } });
    return row && sessionOf(row);
  }

  async session(tokenHash: string, now: EpochMs): Promise<PageSessionRecord | null> {
    const row = await this.db.pageSession.findUnique({ where: { tokenHash } });
    if (row?.kind !== 'session' || ms(row.expiresAt) <= now) return null;
    return sessionOf(row);
  }
}

function keyOf(row: ApiKey): ApiKeyRecord {
  return {
    ...row,
    role: row.role as Role,
    createdAt: ms(row.createdAt),
    expiresAt: msOrNull(row.expiresAt),
    revokedAt: msOrNull(row.revokedAt),
  };
}

function sessionOf(row: PageSession): PageSessionRecord {
  return {
    ...row,
    kind: row.kind as PageSessionRecord['kind'],
    role: row.role as Role,
    createdAt: ms(row.createdAt),
    expiresAt: ms(row.expiresAt),
    usedAt: msOrNull(row.usedAt),
  };
}
