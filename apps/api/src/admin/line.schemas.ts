import { API_VERSIONS } from '@linekeeper/application';
import { ADMIN_STATES, HEALTHS, PROVIDER_STATUSES, REPUTATIONS } from '@linekeeper/domain';
import { IDENTITY_DRIFTS } from '@linekeeper/application';
import { z } from 'zod';
import { verbBody } from '../http/operator-body';

const reason = z.string().trim().min(1).max(500).describe('Why; kept in the audit');
const budget = z.number().int().min(1).max(100_000).describe('Messages a day, in and out');

const apiVersion = z
  .enum(API_VERSIONS)
  .describe("The version of the provider's API that the line speaks; it must list the line");

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
    reason,
  })
  .refine(({ reason: _why, ...wanted }) => Object.values(wanted).some((to) => to !== undefined), {
    message: 'Give budgetPerDay, managed or apiVersion',
    path: ['budgetPerDay'],
  });

export const stepBody = verbBody.extend({
  deadline: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('For drain: when it shall be over'),
  waiveWarming: z
    .boolean()
    .optional()
    .describe('For activate: although the warming timer still runs'),
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
  listedAt: instantText,
  version: z.number().int().describe('For If-Match'),
});

export const stepAnswer = z.object({
  lineId: z.string(),
  adminState: z.enum(ADMIN_STATES),
  health: z.enum(HEALTHS),
  effects: z.array(z.enum(['eject', 'start-drain', 'stop-drain'])),
  usersAffected: z.number().int(),
  failoverId: z.string().nullable(),
  dryRun: z.boolean(),
});
