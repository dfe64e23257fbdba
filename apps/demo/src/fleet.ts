import type { JsonClient } from './http';

export interface FleetLine {
  readonly id: string;
  readonly phoneNumber: string;
  readonly adminState: string;
  readonly health: string;
  readonly users: number;
  readonly usedLast24h: number;
  readonly todayCap: number;
  readonly budgetPerDay: number;
  readonly projectedUse: number;
}

export interface Fleet {
  readonly now: string;
  readonly users: number;
  readonly needsIntroduction: number;
  readonly coverage: { readonly sent: number };
  readonly lines: readonly FleetLine[];
}

export const readFleet = (admin: JsonClient): Promise<Fleet> => admin.get('/v1/admin/fleet');

/** Last four digits: enough to tell our lines apart. */
export const short = (phoneNumber: string): string => `…${phoneNumber.slice(-4)}`;

/** The user of a handle, placed through the public API, with a card in their hands or not. */
export async function onboard(
  app: JsonClient,
  handle: string,
  options: { readonly perDay: number; readonly givesCard: boolean },
): Promise<{ lineNumber: string } | null> {
  const placed = await app
    .post<{
      user: { id: string };
      assignment: { line: { phoneNumber: string } };
      contactCard: { version: string };
    }>('/v1/users', { handle, startedBy: 'inbound', expectedMessagesPerDay: options.perDay })
    .catch(() => null);
  if (!placed) return null;
  if (options.givesCard) {
    await app.post(`/v1/users/${placed.user.id}/contact-card/sent`, {
      version: placed.contactCard.version,
      channel: 'link',
    });
  }
  return { lineNumber: placed.assignment.line.phoneNumber };
}

/** Does work on every item, a few at a time. */
export async function inParallel<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}
