import type { FleetPolicy } from '../fleet-policy';
import type { EpochMs } from '../kernel/time';
import type { Line } from '../line/line';
import { classify } from './classify';
import { brakes, decideBy, lineHealth, nextHelpAt, type Rule, sameText, unsettled } from './decide';
import { NOTHING_SAID } from './turns';
import type { GateDecision, GateRequest, GateSnapshot } from './types';

/** What the gate looks at for one message to a group. */
export interface GroupSnapshot extends Pick<
  GateSnapshot,
  | 'now'
  | 'line'
  | 'chat'
  | 'knowsLine'
  | 'transactionalToday'
  | 'fleetFrozen'
  | 'contagion'
  | 'sameTextAt'
  | 'unsettledUntil'
  | 'shedClasses'
> {
  /** When anybody last wrote in it, in whatever thread it has had. */
  readonly lastInboundAt: EpochMs | null;
}

/** A group is no person: one member's stop, night or silence is not the others'. */
const RULES_OF_GROUPS: readonly Rule[] = [lineHealth, unsettled, brakes, sameText];

/** The gate's answer for one message to a group: what {@link decideSend} is for one person. */
export function decideGroupSend(
  request: GateRequest,
  group: GroupSnapshot,
  policy: FleetPolicy,
): GateDecision {
  const decision = decideBy(RULES_OF_GROUPS, request, asSnapshot(group), policy);
  // How a stranger is introduced says nothing of a group: it is made by whatever its members have.
  return decision.kind === 'send' ? { ...decision, service: null } : decision;
}

/** Whether the line is lost to its groups: nothing can be said in them, and nothing moves them by itself. */
export function losesItsGroups({ adminState, health, providerStatus }: Line): boolean {
  return adminState === 'retired' || health === 'ejected' || providerStatus === 'FLAGGED';
}

/** The answer for a group that stays on its lost line: when to ask again, or that it is over. */
export function holdGroup(
  request: GateRequest,
  group: GroupSnapshot,
  policy: FleetPolicy,
  why: 'group-held' | 'group-no-line' = 'group-held',
): GateDecision {
  const { line, now } = group;
  const sendClass = classify(request, asSnapshot(group), policy);
  const said = { class: sendClass };
  if (line.adminState === 'retired' && why === 'group-held') {
    const detail =
      "The group's line is retired: it goes on only when it is made anew on another line (policy failover.groups)";
    return { kind: 'refuse', ...said, reasons: [{ code: why, detail }] };
  }
  const waitsFor =
    why === 'group-held' ? 'it waits for its line' : 'no other line has room to make it anew';
  const detail = `The group's line is lost and ${waitsFor}; the operators are told after 4 and 24 hours`;
  const retryAt = nextHelpAt(line.ejectedAt ?? now, line, now);
  return { kind: 'defer', ...said, retryAt, reasons: [{ code: why, detail }] };
}

function asSnapshot({ lastInboundAt, ...group }: GroupSnapshot): GateSnapshot {
  return {
    ...group,
    // Not looked at: it is the quiet hours' alone.
    zone: 'UTC',
    ...{ assignmentState: 'confirmed', needsIntroductionSince: null },
    ...{ threads: [], wroteHere: false, talkedBefore: true },
    ...{ suppressedAt: null, liftedAt: null, replyAllowedUntil: null },
    counters: { ...NOTHING_SAID, lastInboundAt },
    openUnsolicitedAt: null,
  };
}
