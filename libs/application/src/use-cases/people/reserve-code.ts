import { HOUR_MS } from '@linekeeper/domain';
import type { AssignmentRecord, Digest, Stores } from '../../ports';
import { Refusal } from '../../refusal';
import type { Decision } from '../shared';
import { codeHash, codeOf, MAX_OPEN_CODES } from './codes';

/**
 * A code by which a person claims a place that waits for their handle; it takes the place of an earlier one and is open
 * as long as the reservation. Refuses `code.too_many_open`.
 */
export async function reserveCode(
  stores: Stores,
  assignment: Pick<AssignmentRecord, 'id' | 'epoch' | 'expiresAt'>,
  digest: Digest,
  decision: Decision,
): Promise<string> {
  const { by, now, policy } = decision;
  const keyId = by.kind === 'app' || by.kind === 'operator' ? by.id : null;
  if ((await stores.assignments.openCodes(keyId, assignment.id, now)) >= MAX_OPEN_CODES) {
    throw new Refusal('code.too_many_open', `${MAX_OPEN_CODES} codes of this key are open`, {
      retryAfterSeconds: 60,
    });
  }
  const code = codeOf(digest, assignment);
  await stores.assignments.putCode({
    codeHash: codeHash(digest, code),
    assignmentId: assignment.id,
    keyId,
    createdAt: now,
    // A place that does not expire any more can still be without a handle.
    expiresAt: assignment.expiresAt ?? now + policy.reservations.inboundHours * HOUR_MS,
  });
  return code;
}
