export const CONVERSATION_INSTANTS = [
  'last_inbound_at',
  'last_outbound_at',
  'last_unsolicited_turn_at',
  'updated_at',
];
export const LINE_INSTANTS = [
  'listed_at',
  'provider_status_at',
  'reputation_seen_at',
  'warming_until',
  'activated_at',
  'ejected_at',
  'banned_until',
  'ramp_hold_until',
  'drain_deadline',
  'maintenance_from',
  'maintenance_closes_at',
  'maintenance_until',
  'maintenance_ended_at',
  'capability_at',
  'missing_since',
  'created_at',
  'updated_at',
];
const BIG_COLUMNS = ['mean_milli', 'variance_milli'];
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
    else if (typeof value === 'number' && BIG_COLUMNS.includes(column))
      result[name] = BigInt(value);
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
