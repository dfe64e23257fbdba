import type { LineState, StepReport } from '@linekeeper/application';
import type { z } from 'zod';
import { instant, instantOrNull } from '../http/instants';
import type { lineAnswer, stepAnswer } from './line.schemas';

export function lineView(state: LineState): z.infer<typeof lineAnswer> {
  const { line } = state;
  return {
    id: line.id,
    phoneNumber: line.phoneNumber,
    poolId: line.poolId,
    managed: line.managed,
    apiVersion: line.apiVersion,
    adminState: line.adminState,
    adminReason: line.adminReason,
    health: line.health,
    healthReason: line.healthReason,
    providerStatus: line.providerStatus,
    reputation: line.reputation,
    reputationSeenAt: instantOrNull(line.reputationSeenAt),
    budgetPerDay: line.budgetPerDay,
    todayCap: state.todayCap,
    usedLast24h: state.usedLast24h,
    reserved: state.reserved,
    headroom: Math.max(0, state.todayCap - state.usedLast24h - state.reserved),
    admissionCap: state.admissionCap,
    projectedUse: state.projectedUse,
    assumed: state.assumed,
    ramping: state.ramping,
    goodDays: line.goodDays,
    users: line.users,
    fallbackUsers: line.fallbackUsers,
    contactCard: {
      active: line.contactCardActive,
      drift: [...(state.identity?.drift ?? [])],
      problem: state.identity?.problem ?? null,
    },
    closedBecause: state.closedBecause,
    warmingUntil: instantOrNull(line.warmingUntil),
    bannedUntil: instantOrNull(line.bannedUntil),
    drainDeadline: instantOrNull(line.drainDeadline),
    maintenance: maintenanceOf(line),
    readiness: { ready: state.readiness.ready, items: [...state.readiness.items] },
    listing: state.listing,
    missingSince: instantOrNull(line.missingSince),
    dormant: state.dormant,
    forwardingNumber: line.forwardingNumber,
    wantedForwarding: line.wantedForwarding,
    autoTyping: line.autoTyping,
    successorId: line.successorId,
    listedAt: instantOrNull(line.listedAt),
    version: line.epoch,
  };
}

function maintenanceOf({
  maintenanceMode: mode,
  maintenanceFrom: from,
  maintenanceUntil: until,
  maintenanceClosesAt: closesAt,
}: LineState['line']): z.infer<typeof lineAnswer>['maintenance'] {
  if (mode === null || from === null) return null;
  return {
    mode,
    from: instant(from),
    until: instantOrNull(until),
    closesAt: instant(closesAt ?? from),
  };
}

export function stepView(report: StepReport): z.infer<typeof stepAnswer> {
  const { readiness } = report;
  return {
    lineId: report.line.id,
    adminState: report.line.adminState,
    health: report.line.health,
    change: changeView(report.change),
    effects: [...report.effects],
    usersAffected: report.usersAffected,
    failoverId: report.failoverId,
    readiness: readiness && { ready: readiness.ready, items: [...readiness.items] },
    overridden: report.overridden,
    successorId: report.successorId,
    dryRun: report.dryRun,
  };
}

/** Columns that hold an instant, which a caller reads as one. */
const IS_INSTANT = /(?:At|Until|From|Deadline)$/;

function changeView(change: StepReport['change']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries<unknown>({ ...change }).map(([column, value]) =>
      typeof value === 'number' && IS_INSTANT.test(column)
        ? [column, instant(value)]
        : [column, value],
    ),
  );
}
