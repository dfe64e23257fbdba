import { ok } from './http';
import type { TestService } from './service';

export interface LineAnswer {
  readonly id: string;
  readonly phoneNumber: string;
  readonly apiVersion: string;
  readonly adminState: string;
  readonly health: string;
  readonly todayCap: number;
  readonly usedLast24h: number;
  readonly headroom: number;
  readonly goodDays: number;
  readonly ramping: boolean;
  readonly users: number;
  readonly fallbackUsers: number;
  readonly closedBecause: string | null;
  readonly version: number;
}

export interface Onboarded {
  readonly user: { readonly id: string };
  readonly assignment: {
    readonly id: string;
    readonly line: { readonly id: string; readonly phoneNumber: string };
    readonly fallbacks: readonly { readonly id: string; readonly phoneNumber: string }[];
    readonly state: string;
    readonly epoch: number;
    readonly expiresAt: string | null;
  };
  readonly contactCard: {
    readonly url: string;
    readonly version: string;
    readonly due: 'none' | 'stale' | null;
  };
  readonly code?: string;
  readonly deepLinks: { readonly sms: string };
}

export interface SendAnswer {
  readonly decision: 'send' | 'defer' | 'refuse';
  readonly class: string;
  readonly line?: { readonly id: string; readonly phoneNumber: string };
  readonly chatId?: string;
  readonly reservationId?: string;
  readonly idempotencyKey?: string;
  readonly retryAt?: string;
  readonly newConversation: boolean;
  readonly reasons: readonly { readonly code: string; readonly detail: string }[];
}

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** Numbers of lines for the simulator: +1 202 555 01 00 and so on. */
export function lineNumbers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `+1202555${String(100 + i).padStart(4, '0')}`);
}

/** A number of a person, all different from those of the lines. */
export function personNumber(index: number): string {
  return `+1415${String(5_550_000 + index).padStart(7, '0')}`;
}

/** Registers what the simulator lists, as lines that have long been in use: they serve at once. */
export async function raiseMatureFleet(
  service: Pick<TestService, 'admin'>,
  carriedPerDay = 3_000,
): Promise<LineAnswer[]> {
  await ok(
    service.admin.post('/v1/admin/lines/import', {
      start: 'mature',
      carriedPerDay,
      reason: 'a fleet for the test',
    }),
  );
  return linesOf(service);
}

/** From now on the service sends nobody a card by itself: for a test that is about other messages. */
export async function sendNoCards(service: Pick<TestService, 'admin'>): Promise<void> {
  const { policy } = await ok(service.admin.get<{ policy: { cards: object } }>('/v1/admin/policy'));
  const changed = { ...policy, cards: { ...policy.cards, sendAsMessage: false } };
  const reason = 'a test of other messages';
  await ok(service.admin.put('/v1/admin/policy', { policy: changed, reason }));
}

export async function linesOf(service: Pick<TestService, 'admin'>): Promise<LineAnswer[]> {
  return (await ok(service.admin.get<{ data: LineAnswer[] }>('/v1/admin/lines'))).data;
}

export function onboard(
  service: Pick<TestService, 'app'>,
  handle: string,
  more: Record<string, unknown> = {},
): Promise<Onboarded> {
  return ok(service.app.post<Onboarded>('/v1/users', { handle, startedBy: 'inbound', ...more }));
}
