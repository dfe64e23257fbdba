import { API_VERSIONS } from '@linekeeper/application';
import {
  ADMIN_STATES,
  HEALTHS,
  LINE_EFFECTS,
  MAINTENANCE_MODES,
  PROVIDER_STATUSES,
  READINESS_CHECKS,
  READINESS_STATES,
  REPUTATIONS,
} from '@linekeeper/domain';
import { IDENTITY_DRIFTS } from '@linekeeper/application';
import { z } from 'zod';
import { verbBody } from '../http/operator-body';

const reason = z.string().trim().min(1).max(500).describe('Why; kept in the audit');
const budget = z.number().int().min(1).max(100_000).describe('Messages a day, in and out');

const apiVersion = z
  .enum(API_VERSIONS)
  .describe("The version of the provider's API that the line speaks; it must list the line");

const waivedChecks = z
  .array(z.enum(READINESS_CHECKS))
  .max(READINESS_CHECKS.length)
  .describe('Checks of readiness that need not be good');
const autoTyping = z
  .enum(['on', 'off'])
  .describe('Whether Linq shows typing by itself on the line: no API tells it');
const wantedForwarding = z
  .string()
  .min(1)
  .max(40)
  .nullable()
  .describe('Where calls shall be forwarded to; null: nowhere');

export const registerBody = z.strictObject({
  phoneNumber: z.string().min(1).max(40),
  pool: z.string().min(1).max(100).optional(),
  start: z
    .enum(['new', 'mature'])
    .default('new')
    .describe('new: warms first; mature: starts at what it carried'),
  carriedPerDay: budget.optional(),
  budgetPerDay: budget.optional(),
  managed: z.boolean().default(true),
  apiVersion: apiVersion.default('v3'),
  wantedForwarding: wantedForwarding.optional(),
  autoTyping: autoTyping.optional(),
  waivedChecks: waivedChecks.optional(),
  reason,
});

export const importBody = registerBody.omit({ phoneNumber: true }).extend({
  dryRun: z.boolean().default(false),
});

export const lineEditBody = z
  .strictObject({
    budgetPerDay: budget.optional(),
    managed: z.boolean().optional(),
    apiVersion: apiVersion.optional(),
    wantedForwarding: wantedForwarding.optional(),
    autoTyping: autoTyping.nullable().optional(),
    waivedChecks: waivedChecks.optional(),
    reason,
  })
  .refine(({ reason: _why, ...wanted }) => Object.values(wanted).some((to) => to !== undefined), {
    message: 'Give budgetPerDay, managed, apiVersion, wantedForwarding, autoTyping or waivedChecks',
    path: ['budgetPerDay'],
  });

const instantIn = z.iso.datetime({ offset: true });

export const stepBody = verbBody.extend({
  deadline: instantIn.optional().describe('For drain and replace: when it shall be over'),
  movesPerHour: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('For drain and replace: people who are moved within any hour, at most'),
  waiveWarming: z
    .boolean()
    .optional()
    .describe('For activate: although the warming timer still runs'),
  waive: waivedChecks
    .optional()
    .describe('For activate: checks that need not be good, from now on'),
  mode: z
    .enum(MAINTENANCE_MODES)
    .optional()
    .describe('For maintenance: people wait (hold, the default) or move (reroute)'),
  from: instantIn.optional().describe('For maintenance: when it begins; default: now'),
  until: instantIn.optional().describe('For maintenance: when it ends by itself'),
  phoneNumber: z
    .string()
    .min(1)
    .max(40)
    .optional()
    .describe('For replace: the new number, which Linq must list'),
  override: z
    .boolean()
    .optional()
    .describe('Take the line out although the disruption budget forbids it; kept in the audit'),
});

const readinessAnswer = z.object({
  ready: z.boolean(),
  items: z.array(
    z.object({
      check: z.enum(READINESS_CHECKS),
      state: z.enum(READINESS_STATES),
      detail: z.string(),
      mend: z.string().nullable().describe('What makes it good'),
    }),
  ),
});

export const usageQuery = z.strictObject({
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(24 * 400)
    .default(48),
});

const instantText = z.string().nullable();
export const lineAnswer = z.object({
  id: z.string(),
  phoneNumber: z.string(),
  poolId: z.string(),
  managed: z.boolean(),
  apiVersion: z.enum(API_VERSIONS).describe('The version of the API to send with on this line'),
  adminState: z.enum(ADMIN_STATES),
  adminReason: z.string(),
  health: z.enum(HEALTHS),
  healthReason: z.string().nullable(),
  providerStatus: z.enum(PROVIDER_STATUSES),
  reputation: z.enum(REPUTATIONS),
  reputationSeenAt: instantText,
  budgetPerDay: z.number().int(),
  todayCap: z
    .number()
    .int()
    .describe('Messages the line may carry today, after ramp and spike guard'),
  usedLast24h: z.number().int(),
  reserved: z.number().int().describe('Let out, and not seen at the provider yet'),
  headroom: z.number().int().describe('todayCap - usedLast24h - reserved, at least 0'),
  admissionCap: z
    .number()
    .int()
    .describe('The cap that new users fill the line up to; it grows ahead of todayCap'),
  projectedUse: z.number().int().describe('What a day of its users exceeds once in a hundred'),
  assumed: z
    .boolean()
    .describe('projectedUse rests on assumptions of the policy: too little was learned yet'),
  ramping: z.boolean(),
  goodDays: z.number().int(),
  users: z.number().int(),
  fallbackUsers: z.number().int(),
  contactCard: z
    .object({
      active: z.boolean(),
      drift: z
        .array(z.enum(IDENTITY_DRIFTS))
        .describe('How its card at Linq differs from what its pool says; empty when it does not'),
      problem: z.string().nullable().describe('Why it could not be set right'),
    })
    .describe('What the line shows of itself at Linq'),
  closedBecause: z.string().nullable().describe('Why it takes no new users'),
  warmingUntil: instantText,
  bannedUntil: instantText,
  drainDeadline: instantText,
  maintenance: z
    .object({
      mode: z.enum(MAINTENANCE_MODES),
      from: z.string(),
      until: instantText,
      closesAt: z.string().describe('When it stops taking new users'),
    })
    .nullable()
    .describe('The window in which it rests, planned or running'),
  readiness: readinessAnswer.describe('What has to be good before it goes into service'),
  listing: z
    .enum(['listed', 'discovered', 'missing'])
    .describe('How Linq lists it: discovered, until somebody takes it over; missing, no more'),
  missingSince: instantText,
  dormant: z
    .boolean()
    .describe('A fallback only, which carries nothing: give it people of its own'),
  forwardingNumber: z.string().nullable().describe('Where Linq forwards calls to'),
  wantedForwarding: z.string().nullable(),
  autoTyping: z.enum(['on', 'off']).nullable(),
  successorId: z.string().nullable().describe('The line that takes its place'),
  listedAt: instantText,
  version: z.number().int().describe('For If-Match'),
});

export const stepAnswer = z.object({
  lineId: z.string(),
  adminState: z.enum(ADMIN_STATES),
  health: z.enum(HEALTHS),
  change: z.record(z.string(), z.unknown()).describe('The columns that change, by name'),
  effects: z.array(z.enum(LINE_EFFECTS)),
  usersAffected: z.number().int(),
  failoverId: z.string().nullable(),
  readiness: readinessAnswer.nullable().describe('Of activate: the list it went by'),
  overridden: z
    .string()
    .nullable()
    .describe('The rule of the disruption budget that was overridden'),
  successorId: z.string().nullable().describe('Of replace: the line under the new number'),
  dryRun: z.boolean(),
});
