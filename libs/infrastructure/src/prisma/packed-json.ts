/** Where a table of objects begins; null in its place: what follows is one object of somebody else that has this key. */
const COLUMNS = '$columns';
const ROWS = '$rows';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * JSON in which a list of objects with the same keys is a table: the keys once, then the values of each. An explanation
 * is mostly such lists; so packed it is less than half as long, and what PostgreSQL spends on it is by its length.
 */
export function packed(value: unknown): unknown {
  if (Array.isArray(value)) return tableOf(value) ?? value.map(packed);
  if (!isObject(value)) return value;
  const fields = eachOf(value, packed);
  return Object.hasOwn(value, COLUMNS) ? { [COLUMNS]: null, [ROWS]: fields } : fields;
}

/** The value that was packed; what never was packed stays as it is. */
export function unpacked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpacked);
  if (!isObject(value)) return value;
  const { [COLUMNS]: columns, [ROWS]: rows } = value;
  if (columns === null && isObject(rows)) return eachOf(rows, unpacked);
  if (!Array.isArray(columns) || !Array.isArray(rows)) return eachOf(value, unpacked);
  return rows.map((row: unknown[]) =>
    Object.fromEntries(columns.map((name: string, i) => [name, unpacked(row[i])])),
  );
}

/** Null for what is no list of at least two objects with the same keys. */
function tableOf(list: readonly unknown[]): object | null {
  const [first] = list;
  if (list.length < 2 || !isObject(first)) return null;
  const columns = Object.keys(first);
  const rows: unknown[][] = [];
  for (const each of list) {
    if (!isObject(each) || Object.keys(each).length !== columns.length) return null;
    if (!columns.every((name) => each[name] !== undefined)) return null;
    rows.push(columns.map((name) => packed(each[name])));
  }
  return { [COLUMNS]: columns, [ROWS]: rows };
}

function eachOf(value: JsonObject, change: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, change(each)]));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
