import type { LineState, StepReport } from '@linekeeper/application';
import type { z } from 'zod';
import { instantOrNull } from '../http/instants';
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
    listedAt: instantOrNull(line.listedAt),
    version: line.epoch,
  };
}

export function stepView(report: StepReport): z.infer<typeof stepAnswer> {
  return {
    lineId: report.line.id,
    adminState: report.line.adminState,
    health: report.line.health,
    effects: [...report.effects],
    usersAffected: report.usersAffected,
    failoverId: report.failoverId,
    dryRun: report.dryRun,
  };
}
