import fc from 'fast-check';
import { aLine, NOW } from './lines';

const anyLine = fc
  .record({
    managed: fc.boolean(),
    adminState: fc.constantFrom('enabled', 'enabled', 'enabled', 'cordoned', 'warming', 'retired'),
    health: fc.constantFrom('healthy', 'healthy', 'suspect', 'ejected', 'recovering'),
    providerStatus: fc.constantFrom('UNKNOWN', 'ACTIVE', 'ACTIVE', 'FLAGGED'),
    reputation: fc.constantFrom('UNKNOWN', 'HEALTHY', 'HEALTHY', 'AT_RISK', 'CRITICAL'),
    bannedUntil: fc.constantFrom(null, NOW - 1, NOW, NOW + 3_600_000),
    goodDays: fc.integer({ min: 0, max: 16 }),
    meanMilli: fc.integer({ min: 0, max: 2_600_000 }),
    usedLast24h: fc.integer({ min: 0, max: 4_000 }),
    maintenanceClosesAt: fc.constantFrom(null, null, NOW - 1, NOW + 3_600_000),
    newUsersToday: fc.integer({ min: 0, max: 20 }),
    fallbackUsers: fc.integer({ min: 0, max: 300 }),
  } as const)
  .map((state) =>
    aLine({
      ...state,
      varianceMilli: 30 * state.meanMilli,
      todayCap: Math.min(3_000, Math.round(150 * 1.25 ** state.goodDays)),
    }),
  );

/** Up to a dozen lines in any state, ramping and mature, full and empty. */
export const anyFleet = fc
  .array(anyLine, { maxLength: 12 })
  .map((lines) => lines.map((line, i) => ({ ...line, id: `line-${i}` })));
