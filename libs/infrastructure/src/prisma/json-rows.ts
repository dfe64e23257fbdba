import type { EpochMs } from '@linekeeper/domain';

export const CONVERSATION_INSTANTS = [
  'last_inbound_at',
  'last_outbound_at',
  'last_unsolicited_turn_at',
  'updated_at',
];
/** Names of columns as Prisma has them. */
const names = new Map<string, string>();

/** A row that PostgreSQL wrote as JSON, or gave to a raw query, in the form Prisma gives rows in. */
export function rowFromJson(
  row: Record<string, unknown>,
  instants: readonly string[] = [],
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    const name = nameOf(column);
    if (typeof value === 'string' && instants.includes(column)) result[name] = new Date(value);
    else result[name] = value;
  }
  return result;
}

function nameOf(column: string): string {
  let name = names.get(column);
  if (name === undefined) {
    name = column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    names.set(column, name);
  }
  return name;
}

export function instant(text: string): EpochMs {
  return Date.parse(text);
}

export function instantOrNull(text: string | null): EpochMs | null {
  return text === null ? null : Date.parse(text);
}
