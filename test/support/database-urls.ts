/** The migrated database that is copied and never written to. */
export const TEMPLATE = 'linekeeper_template';

/** The same server, another database. */
export function databaseAt(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
