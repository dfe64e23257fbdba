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

const fields = new Map<string, string>();

/** The columns are few, and asked for with each row. */
function fieldOf(column: string): string {
  let field = fields.get(column);
  if (field === undefined) {
    field = column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    fields.set(column, field);
  }
  return field;
}

/** A row that PostgreSQL wrote as JSON, or gave to a raw query, in the form Prisma gives rows in. */
export function rowFromJson(
  row: Record<string, unknown>,
  instants: readonly string[] = [],
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    const name = fieldOf(column);
    if (typeof value === 'string' && instants.includes(column)) result[name] = new Date(value);
    else if (typeof value === 'number' && BIG_COLUMNS.includes(column))
      result[name] = BigInt(value);
    else result[name] = value;
  }
  return result;
}
