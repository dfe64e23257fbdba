import { z } from 'zod';

const share = z.number().min(0).max(1);
const milliseconds = z.number().int().min(0);
const accepted = z.union([z.literal(200), z.literal(202)]);

/** The rules that a send must pass; `checkOrder` says in which order. */
export const SEND_RULES = [
  'ownership',
  'eligibility',
  'inboundFirst',
  'blocklist',
  'optOut',
  'left',
  'service',
  'firstMessage',
  'pairLimit',
  'sandboxDaily',
] as const;
export type SendRule = (typeof SEND_RULES)[number];

/** Everything that Linq does not publish and that was therefore chosen, each under a name (README, "Invented behaviour"). */
export const configSchema = z.strictObject({
  // Sending
  tier: z.enum(['paid', 'shared', 'sandbox']),
  flagged: z.enum(['fail', 'refuse']),
  flaggedInbound: z.enum(['arrives', 'lost']),
  optOut: z.enum(['enforce', 'off']),
  checkOrder: z
    .array(z.enum(SEND_RULES))
    .refine((order) => SEND_RULES.every((rule) => order.includes(rule)), 'every rule, once')
    .refine((order) => order.length === SEND_RULES.length, 'every rule, once'),
  firstMessage: z.enum(['links', 'links-replies-effects']),
  linksInFirstMessage: z.enum(['scheme-or-www', 'bare-domains-too']),
  pairLimitPer60s: z.number().int().min(1),
  pairLimitWindow: z.enum(['sliding', 'fixed']),
  pairLimitInbound: z.enum(['ignored', 'counted']),
  pairLimitGroups: z.enum(['exempt', 'each-recipient']),
  iMessageOnlyFailure: z.union([z.literal(4001), z.literal(4005)]),
  emailCase: z.enum(['kept', 'folded']),
  // Idempotency
  idempotencyScope: z.enum(['account', 'chat']),
  idempotencyTtlSeconds: z.number().int().min(1).nullable(),
  idempotencyOtherBody: z.enum(['original', 'conflict']),
  idempotencyHeader: z.enum(['messages-only', 'every-send']),
  idempotencyDeleted: z.enum(['not-found', 'original']),
  // Time and receipts
  sentDelayMs: milliseconds,
  waitingStatus: z.enum(['pending', 'queued']),
  deliveredDelayMs: milliseconds,
  receipts: z.boolean(),
  readRate: share,
  readDelayMs: milliseconds,
  groupDelayMs: milliseconds,
  // Choice of a line
  criticalLines: z.enum(['last', 'never']),
  availableNumber: z.enum(['august', 'july']),
  vcfTtlSeconds: z.number().int().min(1).nullable(),
  // Answers
  lineStatusInList: z.boolean(),
  lineHealthStatus: z.boolean(),
  commaLists: z.enum(['split', 'literal']),
  listOrder: z.enum(['newest-first', 'oldest-first']),
  sendStatus: accepted,
  reactionStatus: accepted,
  leaveStatus: accepted,
  appCardStatus: accepted,
  capabilityScope: z.enum(['line', 'account']),
  capabilityFields: z.enum(['july', 'august']),
  groupTyping: z.enum(['refused', 'accepted']),
  typingEcho: z.boolean(),
  uploadTtlSeconds: z.number().int().min(1),
  auditSeconds: z.number().int().min(0),
  auditCooldownSeconds: z.number().int().min(0),
  // Webhooks
  retrySeconds: z.array(z.number().min(0)).max(20),
  webhookId: z.enum(['event', 'delivery']),
  eventIds: z.enum(['shared', 'per-subscription']),
  retryTimestamp: z.enum(['fresh', 'first']),
  legacyKey: z.enum(['whole-secret', 'without-prefix']),
  lineEventsFilter: z.enum(['filtered', 'always']),
  chatCreatedByInbound: z.boolean(),
  nanosecondRate: share,
  // Reputation that moves by itself
  scorer: z.enum(['off', 'on']),
  scorerNewChatsPerDay: z.number().int().min(1),
  scorerReplyRate: share,
});

export type SimConfig = z.infer<typeof configSchema>;

export const DEFAULT_CONFIG: SimConfig = {
  tier: 'paid',
  flagged: 'fail',
  flaggedInbound: 'arrives',
  optOut: 'enforce',
  checkOrder: [...SEND_RULES],
  firstMessage: 'links',
  linksInFirstMessage: 'scheme-or-www',
  pairLimitPer60s: 30,
  pairLimitWindow: 'sliding',
  pairLimitInbound: 'ignored',
  pairLimitGroups: 'exempt',
  iMessageOnlyFailure: 4005,
  emailCase: 'kept',
  idempotencyScope: 'account',
  idempotencyTtlSeconds: null,
  idempotencyOtherBody: 'original',
  idempotencyHeader: 'messages-only',
  idempotencyDeleted: 'not-found',
  sentDelayMs: 0,
  waitingStatus: 'pending',
  deliveredDelayMs: 0,
  receipts: true,
  readRate: 0,
  readDelayMs: 30_000,
  groupDelayMs: 0,
  criticalLines: 'last',
  availableNumber: 'august',
  vcfTtlSeconds: null,
  lineStatusInList: false,
  lineHealthStatus: true,
  commaLists: 'split',
  listOrder: 'newest-first',
  sendStatus: 202,
  reactionStatus: 202,
  leaveStatus: 202,
  appCardStatus: 202,
  capabilityScope: 'line',
  capabilityFields: 'july',
  groupTyping: 'refused',
  typingEcho: false,
  uploadTtlSeconds: 900,
  auditSeconds: 60,
  auditCooldownSeconds: 3_600,
  retrySeconds: [1, 5, 15, 30, 60, 120, 240, 420, 600],
  webhookId: 'event',
  eventIds: 'shared',
  retryTimestamp: 'fresh',
  legacyKey: 'whole-secret',
  lineEventsFilter: 'filtered',
  chatCreatedByInbound: true,
  nanosecondRate: 0.2,
  scorer: 'off',
  scorerNewChatsPerDay: 50,
  scorerReplyRate: 0.15,
};
