import { z } from 'zod';
import { configSchema } from '../config';

const instant = z.iso.datetime({ offset: true });
const number = z.string().regex(/^\+[1-9]\d{1,14}$/);
const share = z.number().min(0).max(1);

export const addLines = z.strictObject({ phoneNumbers: z.array(number).min(1).max(10_000) });
export const setStatus = z.strictObject({ status: z.enum(['ACTIVE', 'FLAGGED']) });
export const setReputation = z.strictObject({
  reputation: z.enum(['HEALTHY', 'AT_RISK', 'CRITICAL']),
});

export const setVersion = z.strictObject({ version: z.enum(['v2', 'v3']) });
export const setEligible = z.strictObject({ eligible: z.boolean() });
const checkFailure = z.union([z.literal(4004), z.literal(4009), z.literal(4010)]).nullable();
export const setChecks = z.strictObject({
  iMessage: checkFailure.optional(),
  RCS: checkFailure.optional(),
});
export const replace = z.strictObject({ phoneNumber: number });
export const setHealth = z.strictObject({ health: z.enum(['HEALTHY', 'AT_RISK', 'CRITICAL']) });

export const inbound = z.strictObject({
  from: z.string().min(1).max(254),
  to: number,
  text: z.string().min(1).max(10_000),
  at: instant.optional(),
});
export const inChat = z.strictObject({
  from: z.string().min(1).max(254),
  text: z.string().min(1).max(10_000),
  replyTo: z.string().optional(),
});
export const reaction = z.strictObject({
  from: z.string().min(1).max(254),
  type: z.enum(['love', 'like', 'dislike', 'laugh', 'emphasize', 'question', 'custom']),
  emoji: z.string().optional(),
  operation: z.enum(['add', 'remove']).default('add'),
  part: z.number().int().min(0).default(0),
});
export const typing = z.strictObject({ started: z.boolean() });

export const people = z.strictObject({
  people: z
    .array(
      z.strictObject({
        handle: z.string().min(1).max(254),
        device: z.enum(['iphone', 'android']).optional(),
        rcs: z.boolean().optional(),
        location: z
          .strictObject({
            longitude: z.number().min(-180).max(180),
            latitude: z.number().min(-90).max(90),
          })
          .nullish(),
        saves: z.boolean().optional(),
        replyRate: share.optional(),
        replyDelaySeconds: z
          .strictObject({ min: z.number().min(0), max: z.number().min(0) })
          .optional(),
        optOutProbability: share.optional(),
      }),
    )
    .max(50_000),
});

export const script = z.strictObject({
  events: z
    .array(
      z.strictObject({
        at: z.union([instant, z.number()]),
        from: z.string().min(1).max(254),
        /** Left out: the line they last talked with. */
        to: number.optional(),
        text: z.string().min(1).max(10_000),
      }),
    )
    .max(50_000),
});

/** Short forms for the two ways to send, and for webhooks; see `faults.ts` for the whole. */
export const shortFaults = z.strictObject({
  failNext: z
    .strictObject({
      count: z.number().int().min(0),
      status: z.number().int().min(400).max(599),
      code: z.number().int(),
      retryAfter: z.number().int().optional(),
    })
    .optional(),
  loseAnswers: z.number().int().min(0).optional(),
  dropWebhooks: z.number().int().min(0).optional(),
  duplicateWebhooks: z.number().int().min(0).optional(),
});

export const config = configSchema.partial();

export const clock = z.union([
  z.strictObject({
    advanceSeconds: z
      .number()
      .min(0)
      .max(400 * 86_400),
    quantumSeconds: z.number().min(0).max(86_400).optional(),
  }),
  z.strictObject({ advanceTo: instant, quantumSeconds: z.number().min(0).max(86_400).optional() }),
  z.strictObject({ speed: z.number().min(0).max(100_000) }),
]);

export const ack = z.strictObject({
  name: z.string(),
  id: z.number().int(),
  nextDueAtEpochMs: z.number().nullable(),
});
