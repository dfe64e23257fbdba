import type { FleetPolicy } from '../fleet-policy';
import type { SendClass } from '../line/availability';
import { isReplyTime } from './turns';
import type { GateRequest, GateSnapshot } from './types';

/**
 * The class of a message follows from the conversation: a reply when the person wrote lately. An app may lower
 * it, never raise it; transactional is to be had on request, a few times a day. The first contact on another line
 * than the person knows is an introduction.
 */
export function classify(
  request: GateRequest,
  snapshot: GateSnapshot,
  policy: FleetPolicy,
): SendClass {
  const { askedClass } = request;
  const reply = isReplyTime(snapshot.counters, snapshot.now, policy);
  if (reply && (askedClass === null || askedClass === 'reply')) return 'reply';
  const transactionalLeft = snapshot.transactionalToday < policy.sends.transactionalPerUserPerDay;
  if (askedClass === 'transactional' && transactionalLeft) return 'transactional';
  if (snapshot.chat === null && snapshot.talkedBefore) return 'introduction';
  return 'proactive';
}
