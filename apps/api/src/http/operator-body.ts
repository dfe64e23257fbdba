import { z } from 'zod';

/** What every verb of an operator takes: why, and whether to only say what would happen. */
export const verbBody = z.strictObject({
  reason: z.string().trim().min(1).max(500).describe('Why; kept in the audit'),
  dryRun: z.boolean().default(false).describe('Say what would happen and change nothing'),
});

export const idParam = z.uuid();
