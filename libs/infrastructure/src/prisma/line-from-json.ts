import type { LineRecord } from '@linekeeper/application';
import { instant, instantOrNull } from './json-rows';
import { num } from './values';

/** A row of `lines` as PostgreSQL writes it in JSON. */
export interface LineJson {
  readonly id: string;
  readonly pool_id: string;
  readonly phone_number: string;
  readonly provider_line_id: string | null;
  readonly listed_at: string | null;
  readonly managed: boolean;
  readonly admin_state: LineRecord['adminState'];
  readonly admin_state_by: LineRecord['adminStateBy'];
  readonly admin_reason: string;
  readonly health: LineRecord['health'];
  readonly health_reason: string | null;
  readonly health_by: LineRecord['healthBy'];
  readonly provider_status: LineRecord['providerStatus'];
  readonly provider_status_at: string | null;
  readonly reputation: LineRecord['reputation'];
  readonly reputation_seen_at: string | null;
  readonly budget_per_day: number;
  readonly good_days: number;
  readonly warming_until: string | null;
  readonly activated_at: string | null;
  readonly ejected_at: string | null;
  readonly ejections: number;
  readonly banned_until: string | null;
  readonly ramp_hold_until: string | null;
  readonly drain_deadline: string | null;
  readonly maintenance_mode: LineRecord['maintenanceMode'];
  readonly maintenance_from: string | null;
  readonly maintenance_closes_at: string | null;
  readonly maintenance_until: string | null;
  readonly maintenance_resume: LineRecord['maintenanceResume'];
  readonly maintenance_ended_at: string | null;
  readonly users: number;
  readonly mean_milli: number;
  readonly variance_milli: number;
  readonly fallback_users: number;
  readonly new_users_today: number;
  readonly new_users_day: string;
  readonly budget_band: LineRecord['budgetBand'];
  readonly epoch: number;
  readonly contact_card_active: boolean;
  readonly capability: LineRecord['capability'];
  readonly capability_at: string | null;
  readonly forwarding_number: string | null;
  readonly wanted_forwarding: string | null;
  readonly auto_typing: LineRecord['autoTyping'];
  readonly waived_checks: string[];
  readonly missing_since: string | null;
  readonly successor_id: string | null;
  readonly api_version: LineRecord['apiVersion'];
  readonly earlier_versions: LineRecord['earlierVersions'];
  readonly created_at: string;
  readonly updated_at: string;
}

/**
 * A line out of its row. Every field is named here, because an object whose fields are told apart only at run time is slow to
 * read and to copy, and a fleet of lines is copied for each newcomer.
 */
export function lineFromJson(row: LineJson): LineRecord {
  return {
    id: row.id,
    poolId: row.pool_id,
    phoneNumber: row.phone_number,
    providerLineId: row.provider_line_id,
    listedAt: instantOrNull(row.listed_at),
    managed: row.managed,
    adminState: row.admin_state,
    adminStateBy: row.admin_state_by,
    adminReason: row.admin_reason,
    health: row.health,
    healthReason: row.health_reason,
    healthBy: row.health_by,
    providerStatus: row.provider_status,
    providerStatusAt: instantOrNull(row.provider_status_at),
    reputation: row.reputation,
    reputationSeenAt: instantOrNull(row.reputation_seen_at),
    budgetPerDay: row.budget_per_day,
    goodDays: row.good_days,
    warmingUntil: instantOrNull(row.warming_until),
    activatedAt: instantOrNull(row.activated_at),
    ejectedAt: instantOrNull(row.ejected_at),
    ejections: row.ejections,
    bannedUntil: instantOrNull(row.banned_until),
    rampHoldUntil: instantOrNull(row.ramp_hold_until),
    drainDeadline: instantOrNull(row.drain_deadline),
    maintenanceMode: row.maintenance_mode,
    maintenanceFrom: instantOrNull(row.maintenance_from),
    maintenanceClosesAt: instantOrNull(row.maintenance_closes_at),
    maintenanceUntil: instantOrNull(row.maintenance_until),
    maintenanceResume: row.maintenance_resume,
    maintenanceEndedAt: instantOrNull(row.maintenance_ended_at),
    users: row.users,
    meanMilli: num(row.mean_milli),
    varianceMilli: num(row.variance_milli),
    fallbackUsers: row.fallback_users,
    newUsersToday: row.new_users_today,
    newUsersDay: row.new_users_day,
    budgetBand: row.budget_band,
    epoch: row.epoch,
    contactCardActive: row.contact_card_active,
    capability: row.capability,
    capabilityAt: instantOrNull(row.capability_at),
    forwardingNumber: row.forwarding_number,
    wantedForwarding: row.wanted_forwarding,
    autoTyping: row.auto_typing,
    waivedChecks: row.waived_checks,
    missingSince: instantOrNull(row.missing_since),
    successorId: row.successor_id,
    apiVersion: row.api_version,
    earlierVersions: row.earlier_versions,
    createdAt: instant(row.created_at),
    updatedAt: instant(row.updated_at),
  };
}
