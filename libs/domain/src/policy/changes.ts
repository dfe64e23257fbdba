/** One value that differs between two documents, by its path. Undefined: it is not there. */
export interface PolicyChangeEntry {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

const isPart = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every value that differs, by path, in the order of the paths. A list is one value. */
export function policyChanges(from: unknown, to: unknown, path = ''): PolicyChangeEntry[] {
  if (isPart(from) && isPart(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
    return keys.flatMap((key) =>
      policyChanges(from[key], to[key], path === '' ? key : `${path}.${key}`),
    );
  }
  return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ path, from, to }];
}
