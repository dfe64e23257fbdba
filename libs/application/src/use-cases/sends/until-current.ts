import { Refusal } from '../../refusal';
import { type Decision, type Decisions } from '../shared';
import type { Actor } from '../../actor';

/** What changes between a look and its answer is looked at again, so often. */
const MAX_LOOKS = 4;

/** Looks and answers until nothing has changed in between: `once` says null when something has. Refuses `assignment.busy`. */
export async function untilCurrent<Answer>(
  actor: Actor,
  decisions: Decisions,
  once: (decision: Decision) => Promise<Answer | null>,
): Promise<Answer> {
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    const answer = await once(await decisions.begin(actor));
    if (answer) return answer;
  }
  throw new Refusal('assignment.busy', 'Who is asked for changes right now', {
    retryAfterSeconds: 1,
  });
}
