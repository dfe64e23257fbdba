import { ASSIGNMENT_STATES, CARD_CHANNELS, CHECK_PROBLEMS } from '@linekeeper/application';
import { z } from 'zod';
import { pageQuery } from '../http/pagination';

const pool = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .describe('Slug of a pool; needed when there are several');

export const newUserBody = z
  .strictObject({
    handle: z
      .string()
      .min(1)
      .max(254)
      .optional()
      .describe('E.164 number or email; none: a code is reserved'),
    externalId: z.string().min(1).max(200).optional().describe('Your own id of this person'),
    timeZone: z.string().min(1).max(64).optional().describe('IANA zone; quiet hours follow it'),
    pool,
    startedBy: z.enum(['inbound', 'outbound']).describe('Who will write first'),
    expectedMessagesPerDay: z.number().positive().max(10_000).optional(),
    labels: z.array(z.string().min(1).max(60)).max(20).optional(),
    onFull: z
      .enum(['refuse', 'wait-list', 'waitlist'])
      .default('refuse')
      .transform((word) => (word === 'waitlist' ? 'wait-list' : word))
      .describe('What a full fleet does; waitlist is the same as wait-list'),
    consent: z
      .strictObject({ source: z.string().min(1).max(200), at: z.iso.datetime({ offset: true }) })
      .optional(),
  })
  .meta({ examples: [{ handle: '+14155550123', startedBy: 'inbound', externalId: 'user-17' }] });

export const poolQuery = z.strictObject({ pool });

export const userListQuery = pageQuery.extend({
  handle: z.string().min(1).max(254).optional(),
  externalId: z.string().min(1).max(200).optional(),
  line: z.uuid().optional(),
  state: z.enum(ASSIGNMENT_STATES).optional(),
});

/** Nothing is to be said; what is unknown is refused. */
export const emptyBody = z.strictObject({});

export const reasonBody = z.strictObject({
  reason: z.string().trim().min(1).max(500).default('asked for by the app'),
});

export const reassignBody = z.strictObject({
  reason: z.string().trim().min(1).max(500),
  lineId: z.uuid().optional().describe('Default: the best line whose number the person holds'),
});

export const cardSentBody = z.strictObject({
  version: z.string().regex(/^[0-9a-f]{16}$/, 'a card version such as 3f0c9d…, 16 hex digits'),
  channel: z.enum(CARD_CHANNELS),
  known: z.boolean().optional().describe('You are sure that the person saved it'),
});

export const mergeBody = z
  .strictObject({
    userId: z.uuid().optional().describe('The user who is the same person'),
    handle: z
      .string()
      .min(1)
      .max(254)
      .optional()
      .describe('Or a handle of that user; one that nobody has is added to this user'),
    reason: z.string().trim().min(1).max(500).describe('Why; kept in the audit'),
    dryRun: z.boolean().default(false).describe('Say what would happen and change nothing'),
  })
  .refine(({ userId, handle }) => (userId === undefined) !== (handle === undefined), {
    message: 'Give either userId or handle',
    path: ['userId'],
  })
  .meta({ examples: [{ handle: 'ada@example.com', reason: 'signed in with both' }] });

const lineRef = z.object({ id: z.string(), phoneNumber: z.string() });
const instantText = z.string().nullable().describe('RFC 3339');

export const userAnswer = z.object({
  id: z.string(),
  externalId: z.string().nullable(),
  handles: z.array(z.object({ kind: z.enum(['phone', 'email']), value: z.string() })),
  timeZone: z.string().nullable(),
  labels: z.array(z.string()),
  discovered: z.boolean().describe('Met through a message of theirs'),
  optedOut: z.boolean(),
  createdAt: z.string(),
});

export const assignmentAnswer = z.object({
  id: z.string(),
  pool: z.string(),
  line: lineRef,
  fallbacks: z.array(lineRef),
  state: z.enum(ASSIGNMENT_STATES),
  epoch: z.number().int(),
  pinned: z.boolean(),
  expiresAt: instantText,
  confirmedAt: instantText,
  policyVersion: z.number().int(),
});

export const placedAnswer = z.object({
  user: userAnswer,
  assignment: assignmentAnswer,
  contactCard: z.object({
    url: z.string(),
    version: z.string(),
    due: z
      .enum(['none', 'stale'])
      .nullable()
      .describe('Why to send it now: they never had one, or theirs no longer holds; null: no need'),
  }),
});

export const onboardedAnswer = placedAnswer.extend({
  code: z.string().optional().describe('Shown once; in the deep link already'),
  wouldBe: z
    .enum(['fleet.no_capacity'])
    .optional()
    .describe('While admission only observes: the refusal that its true answer is'),
  deepLinks: z.object({ sms: z.string() }),
});

export const waitListedAnswer = z.object({
  user: userAnswer,
  waitList: z.object({
    pool: z.string(),
    position: z.number().int().describe('From 1: first in, first out'),
    since: z.string(),
    nextCapacityAt: instantText,
  }),
});

export const mergeAnswer = z.object({
  user: userAnswer.describe('The person, under the id that stays'),
  outcome: z
    .enum(['merged', 'handle-added', 'unchanged'])
    .describe('unchanged: they were one person already'),
  mergedUserId: z.string().optional().describe('The id that is an alias from now on'),
  places: z.array(
    z.object({
      pool: z.string(),
      keptLineId: z.string().nullable().describe('Null: no place in this pool any more'),
      givenBackLineId: z.string().nullable().describe('The line whose room was given back'),
    }),
  ),
  dryRun: z.boolean(),
});

export const capabilityAnswer = z
  .array(
    z.object({
      handle: z.string(),
      imessage: z.boolean().nullable().describe('Null: not known, or not any more'),
      checkedAt: instantText.describe('When the provider last told; RFC 3339'),
      expiresAt: instantText.describe('Until then the answer holds and is not asked for again'),
      pending: z.boolean().describe('A check waits for its turn at the lines'),
      problem: z
        .enum(CHECK_PROBLEMS)
        .nullable()
        .describe(
          'Why the last check ended without an answer: the person said stop, nobody could tell, or the provider takes no such handle',
        ),
    }),
  )
  .describe('Whether the person is on iMessage, for each handle')
  .meta({
    examples: [
      [
        {
          handle: '+14155550123',
          imessage: true,
          checkedAt: '2026-03-02T10:00:10.000Z',
          expiresAt: '2026-03-02T10:30:10.000Z',
          pending: false,
          problem: null,
        },
      ],
    ],
  });

export const capabilityCheckAnswer = z.object({ capability: capabilityAnswer });

export const userDetail = userAnswer.extend({
  capability: capabilityAnswer,
  aliases: z
    .array(z.string())
    .describe('Ids of users who were merged into this one; they all find this user'),
  assignments: z.array(
    z.object({ id: z.string(), lineId: z.string(), state: z.enum(ASSIGNMENT_STATES) }),
  ),
});
