import type { FleetPolicy } from '../fleet-policy';
import { nextWakingInstant } from '../kernel/budget-day';
import type { EpochMs } from '../kernel/time';
import type { SendClass } from '../line/availability';
import { decideSend } from '../sends/decide';
import { isReplyTime } from '../sends/turns';
import type { GateDecision, GateRequest, GateSnapshot } from '../sends/types';
import type { Explanation } from './explanation';
import { type LineFacts, lineFacts } from './line-facts';

type ExplainedSend = Explanation<
  { readonly request: GateRequest } & Omit<GateSnapshot, 'line'> & { readonly line: LineFacts },
  Pick<FleetPolicy, 'budget' | 'sends' | 'newConversations'> & {
    readonly firstText: FleetPolicy['failover']['firstText'];
    readonly needsIntroduction: FleetPolicy['failover']['needsIntroduction'];
  },
  { readonly isReplyTime: boolean; readonly class: SendClass; readonly wakingAt: EpochMs },
  GateDecision
>;

/** Whether a message may go now: see {@link decideSend}. The ledger's counts come after it. */
export function explainSend(
  request: GateRequest,
  snapshot: GateSnapshot,
  policy: FleetPolicy,
): ExplainedSend {
  const { now, zone, line, counters } = snapshot;
  const { budget, sends, newConversations, failover } = policy;
  const verdict = decideSend(request, snapshot, policy);
  return {
    decision: 'send',
    inputs: { ...snapshot, request, line: lineFacts(line) },
    policy: {
      budget,
      sends,
      newConversations,
      firstText: failover.firstText,
      needsIntroduction: failover.needsIntroduction,
    },
    steps: {
      isReplyTime: isReplyTime(counters, now, policy),
      class: verdict.class,
      wakingAt: nextWakingInstant(now, zone, sends.quietHours),
    },
    verdict,
  };
}
