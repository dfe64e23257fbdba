import type { EpochMs } from '../kernel/time';
import type { Line } from './line';

/** Why a line may not do something. Closed; the words of every explanation. */
export const LINE_REASONS = [
  'unmanaged',
  'warming',
  'cordoned',
  'draining',
  'maintenance-due',
  'maintenance',
  'retired',
  'suspect',
  'ejected',
  'recovering',
  'flagged',
  'reputation-at-risk',
  'reputation-critical',
] as const;
export type LineReason = (typeof LINE_REASONS)[number];

/** The classes of an outbound message. `introduction` is the first contact after a failover. */
export const SEND_CLASSES = ['reply', 'transactional', 'introduction', 'proactive'] as const;
export type SendClass = (typeof SEND_CLASSES)[number];

/** Reasons for which nothing at all leaves a line. */
function whySilent(line: Line): LineReason | null {
  if (!line.managed) return 'unmanaged';
  if (line.adminState === 'retired') return 'retired';
  if (line.adminState === 'warming') return 'warming';
  if (line.adminState === 'maintenance') return 'maintenance';
  if (line.providerStatus === 'FLAGGED') return 'flagged';
  if (line.health === 'ejected') return 'ejected';
  return null;
}

/** Why a message of this class may not leave the line, or null when it may. */
export function whyCannotSend(line: Line, sendClass: SendClass): LineReason | null {
  const silent = whySilent(line);
  if (silent !== null) return silent;
  if (sendClass === 'reply') return null;
  if (line.health === 'suspect') return 'suspect';
  if (line.reputation === 'CRITICAL') return 'reputation-critical';
  return null;
}

/** Why the line takes no new user, or null when it does. Nobody is moved off for these reasons alone. */
export function whyNoNewUsers(line: Line, now: EpochMs): LineReason | null {
  const silent = whySilent(line);
  if (silent !== null) return silent;
  if (line.adminState === 'cordoned') return 'cordoned';
  if (line.adminState === 'draining') return 'draining';
  if (line.maintenanceClosesAt !== null && now >= line.maintenanceClosesAt)
    return 'maintenance-due';
  if (line.health === 'suspect') return 'suspect';
  if (isBanned(line, now)) return 'recovering';
  if (line.reputation === 'AT_RISK') return 'reputation-at-risk';
  if (line.reputation === 'CRITICAL') return 'reputation-critical';
  return null;
}

/** Why users cannot be moved to the line in a failover. A cordoned line takes nobody either: the operator said so. */
export function whyNotUsableAsFallback(line: Line, now: EpochMs): LineReason | null {
  return whyNoNewUsers(line, now);
}

/** A ban lasts until its instant, whatever the provider says meanwhile. */
function isBanned(line: Line, now: EpochMs): boolean {
  return line.health === 'recovering' && line.bannedUntil !== null && now < line.bannedUntil;
}
