import { Client } from 'pg';

/** The database that was named cannot be used; the message says why and what helps. It holds no password. */
export class DatabaseUnreachable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'DatabaseUnreachable';
  }
}

/** PostgreSQL's codes (class 3D and 28) and the network's. */
function adviceFor(code: string | undefined, { hostname, port, pathname, username }: URL): string {
  const server = `${hostname}:${port === '' ? '5432' : port}`;
  const database = decodeURIComponent(pathname.slice(1));
  switch (code) {
    case '3D000':
      return `There is no database "${database}" at ${server}. Create it first: CREATE DATABASE "${database}"`;
    case '28000':
    case '28P01':
      return `The PostgreSQL at ${server} does not let the user "${decodeURIComponent(username)}" in`;
    case 'ECONNREFUSED':
      return `No PostgreSQL answers at ${server}. Start it, or mend DATABASE_URL, or unset it for the embedded one`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `There is no host "${hostname}". Mend DATABASE_URL, or unset it for the embedded one`;
    default:
      return `The PostgreSQL at ${server} cannot be used`;
  }
}

/** Connects once, so that a wrong address is told in words before anything else is tried. */
export async function reach(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DatabaseUnreachable(
      `${adviceFor(code, new URL(databaseUrl))} (${message || String(code)}).`,
      error,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}
