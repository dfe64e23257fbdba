import type { EpochMs } from '@linekeeper/domain';
import { Prisma } from './generated/client';

/** An instant as the database takes it. */
export function date(at: EpochMs): Date {
  return new Date(at);
}

export function dateOrNull(at: EpochMs | null): Date | null {
  return at === null ? null : new Date(at);
}

export function ms(at: Date): EpochMs {
  return at.getTime();
}

export function msOrNull(at: Date | null): EpochMs | null {
  return at === null ? null : at.getTime();
}

/** A 64-bit column as a number; in JSON it is one already. Sums in thousandths stay far below 2^53; anything else is a fault. */
export function num(value: bigint | number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Error('A 64-bit column exceeds what a number holds');
  return number;
}

/** A value for a JSON column. */
export function json(value: unknown): Prisma.InputJsonValue {
  return value as Prisma.InputJsonValue;
}

/** A value for a nullable JSON column. */
export function jsonOrNull(value: unknown): Prisma.InputJsonValue | typeof Prisma.DbNull {
  return value ?? Prisma.DbNull;
}

/** Only the given keys of a change, with instants as dates. Undefined stays away, so that nothing is overwritten. */
export function columns<T extends object>(change: T, instants: readonly (keyof T)[]): object {
  const row: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) continue;
    const isInstant = instants.includes(key as keyof T);
    row[key] = isInstant && typeof value === 'number' ? new Date(value) : value;
  }
  return row;
}
