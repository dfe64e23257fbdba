import { Outages } from '@linekeeper/application';

/** SQLSTATE of a server that stops or starts and of lost connections, what Prisma and node-postgres say of them. */
const AWAY =
  /\b(57P0[123]|080(00|01|03|04|06)|P1001|P1017|ECONNREFUSED|ECONNRESET|EPIPE)\b|Connection terminated|Can't reach database server|timeout exceeded when trying to connect/;

/** By the error itself, not by its causes: those of other services reach the edge in words of our own. */
export class DatabaseOutages extends Outages {
  explains(error: unknown): boolean {
    if (typeof error !== 'object' || error === null) return false;
    const { code = '', message = '' } = error as { code?: unknown; message?: unknown };
    return AWAY.test(`${String(code)} ${String(message)}`);
  }
}
