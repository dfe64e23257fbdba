import type { LineView } from '@linekeeper/domain';

/** The instant at which the rules are asked, where a test does not care which: a Tuesday noon in UTC. */
export const NOW = Date.UTC(2026, 9, 6, 12);

/** A mature, healthy, empty line; a test names only what it is about. */
export function aLine(overrides: Partial<LineView> = {}): LineView {
  return {
    id: 'line-1',
    poolId: 'pool-1',
    phoneNumber: '+14155550101',
    managed: true,
    adminState: 'enabled',
    adminStateBy: 'operator',
    health: 'healthy',
    healthBy: 'provider',
    providerStatus: 'ACTIVE',
    reputation: 'HEALTHY',
    budgetPerDay: 3_000,
    goodDays: 20,
    warmingUntil: null,
    activatedAt: NOW - 60 * 86_400_000,
    ejectedAt: null,
    ejections: 0,
    bannedUntil: null,
    rampHoldUntil: null,
    drainDeadline: null,
    maintenanceMode: null,
    maintenanceFrom: null,
    maintenanceClosesAt: null,
    maintenanceUntil: null,
    maintenanceResume: null,
    maintenanceEndedAt: null,
    users: 0,
    meanMilli: 0,
    varianceMilli: 0,
    fallbackUsers: 0,
    epoch: 1,
    usedLast24h: 0,
    todayCap: 3_000,
    newUsersToday: 0,
    ...overrides,
  };
}
