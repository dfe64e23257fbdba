import { SIMULATION_POLICIES, SIMULATION_SCENARIOS } from '@linekeeper/application';
import { z } from 'zod';

const growthPerDay = z.number().min(0).max(0.5);

/** Assumptions of this question; what is left out is as the policy has it. */
export const capacityQuery = z.strictObject({
  growthPerDay: z.coerce
    .number()
    .pipe(growthPerDay)
    .optional()
    .describe('Share by which users grow each day, instead of the policy'),
  leadTimeDays: z.coerce.number().int().min(0).max(365).optional(),
  pricePerLinePerMonth: z.coerce.number().min(0).max(1_000_000).optional(),
});

const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;

export const simulationBody = z.strictObject({
  pool: z.string().min(1).max(100).optional().describe('Slug; needed when there are several'),
  scenario: z.enum(SIMULATION_SCENARIOS).describe('docs/arena.md says what happens in each'),
  policies: z
    .array(z.enum(SIMULATION_POLICIES))
    .min(1)
    .max(SIMULATION_POLICIES.length)
    .refine(distinct, 'each policy once')
    .default(['linekeeper'])
    .describe('Who runs the fleet; each on the same people'),
  days: z.number().int().min(2).max(180).default(28),
  seed: z.number().int().min(1).max(1_000_000).default(1),
  savedShare: z.number().min(0).max(1).default(0.5).describe('Of people, who save their card'),
  users: z.number().int().min(1).max(100_000).optional().describe('Default: as many as now'),
  lines: z.number().int().min(1).max(1_000).optional().describe('Default: those that serve now'),
  growthPerDay: growthPerDay.optional().describe('Default: as the policy has it'),
});

export const simulationAnswer = z.object({
  id: z.string(),
  poolId: z.string(),
  policyVersion: z.number().int(),
  startedAt: z.string(),
  state: z.enum(['running', 'completed', 'failed']),
  progressPercent: z.number().int(),
  failure: z.enum(['timed-out', 'stopped', 'error']).nullable(),
  question: z.object({
    scenario: z.enum(SIMULATION_SCENARIOS),
    policies: z.array(z.enum(SIMULATION_POLICIES)),
    days: z.number().int(),
    seed: z.number().int(),
    savedShare: z.number(),
    users: z.number().int(),
    growthPerDay: z.number(),
    messagesPerDay: z.number(),
    cv: z.number(),
    lines: z.number().int(),
  }),
  table: z
    .array(
      z.object({
        policy: z.enum(SIMULATION_POLICIES),
        figures: z.record(z.string(), z.number().nullable()),
      }),
    )
    .nullable()
    .describe('A row for each policy once it is completed; a figure that is never reached is null'),
});
