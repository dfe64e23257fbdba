import type { FleetPolicy } from '../fleet-policy';
import { DAY_MS, type EpochMs, HOUR_MS } from '../kernel/time';
import { goodDaysForCap } from '../ramp/cap';
import type { ActorKind, AdminState, Health, Line, ProviderStatus } from './line';
import type { LineEffect, LinePatch, MaintenanceWindow } from './line-change';
import { beginMaintenance, endMaintenance, NO_WINDOW, planMaintenance } from './maintenance';

export const LIFECYCLE_VERBS = [
  'start-warming',
  'activate',
  'cordon',
  'uncordon',
  'drain',
  'cancel-drain',
  'maintenance',
  'end-maintenance',
  'replace',
  'mark-flagged',
  'mark-recovered',
  'fail-over',
  'retire',
] as const;
export type LifecycleVerb = (typeof LIFECYCLE_VERBS)[number];

export interface StepOptions {
  /** When a drain shall be over. */
  readonly deadline?: EpochMs;
  /** What the line carried a day before it came to us: the ramp starts there. */
  readonly carriedPerDay?: number;
  /** Activate although the warming timer still runs. */
  readonly waiveWarming?: boolean;
  /** For maintenance: the window, from now on and without an end where it is not said, and what becomes of its people. */
  readonly window?: MaintenanceWindow;
}

export type StepAnswer =
  | { readonly kind: 'ok'; readonly next: LinePatch; readonly effects: readonly LineEffect[] }
  | {
      readonly kind: 'illegal';
      readonly from: { readonly adminState: AdminState; readonly health: Health };
      readonly allowed: readonly LifecycleVerb[];
      readonly why: string;
    };

/** What is done about the health of a line, not about what the operator wants of it. */
const HEALTH_VERBS = ['mark-flagged', 'mark-recovered', 'fail-over'] as const;
type HealthVerb = (typeof HEALTH_VERBS)[number];
type AdminVerb = Exclude<LifecycleVerb, HealthVerb>;

const isHealthVerb = (verb: LifecycleVerb): verb is HealthVerb =>
  HEALTH_VERBS.some((each) => each === verb);

/** From which admin states each verb of the operator's axis leads where. */
const ADMIN_STEPS: Readonly<
  Record<AdminVerb, { readonly from: readonly AdminState[]; readonly to: AdminState }>
> = {
  'start-warming': { from: ['enabled', 'cordoned', 'maintenance'], to: 'warming' },
  activate: { from: ['warming'], to: 'enabled' },
  cordon: { from: ['enabled'], to: 'cordoned' },
  uncordon: { from: ['cordoned'], to: 'enabled' },
  drain: { from: ['enabled', 'cordoned'], to: 'draining' },
  'cancel-drain': { from: ['draining'], to: 'cordoned' },
  maintenance: { from: ['enabled', 'cordoned', 'draining'], to: 'maintenance' },
  'end-maintenance': { from: ['maintenance'], to: 'enabled' },
  // Its people leave it, while it still answers them.
  replace: { from: ['enabled', 'cordoned', 'draining', 'maintenance'], to: 'draining' },
  retire: { from: ['warming', 'enabled', 'cordoned', 'draining', 'maintenance'], to: 'retired' },
};

function isAllowed(line: Line, verb: LifecycleVerb): boolean {
  if (!isHealthVerb(verb)) {
    if (!line.managed) return false;
    if (isForEmptyLines(verb) && line.users > 0) return false;
    // A window that has not begun yet can be called off.
    if (verb === 'end-maintenance' && line.maintenanceFrom !== null) return true;
    return ADMIN_STEPS[verb].from.includes(line.adminState);
  }
  if (line.adminState === 'retired') return false;
  const ejected = line.health === 'ejected';
  if (verb === 'mark-flagged') return !ejected;
  if (verb === 'mark-recovered') return ejected || line.health === 'recovering';
  return ejected || line.users > 0;
}

const isForEmptyLines = (verb: LifecycleVerb): boolean =>
  verb === 'retire' || verb === 'start-warming';

/** The verbs a line allows now. */
export function allowedVerbs(line: Line): LifecycleVerb[] {
  return LIFECYCLE_VERBS.filter((verb) => isAllowed(line, verb));
}

/**
 * One step of a line's lifecycle; of an unmanaged line only the verbs about its health. Automation lifts only what automation set: an operator's cordon or
 * maintenance stays until an operator ends it.
 */
export function step(
  line: Line,
  verb: LifecycleVerb,
  by: ActorKind,
  now: EpochMs,
  policy: FleetPolicy,
  options: StepOptions = {},
): StepAnswer {
  const refuse = (why: string): StepAnswer => ({
    kind: 'illegal',
    from: { adminState: line.adminState, health: line.health },
    allowed: allowedVerbs(line),
    why,
  });
  if (!isAllowed(line, verb)) return refuse(whyNot(line, verb));
  const lifts = verb === 'uncordon' || verb === 'end-maintenance' || verb === 'cancel-drain';
  // Whoever said until when the line rests has said when it may come back.
  const isOver =
    verb === 'end-maintenance' && line.maintenanceUntil !== null && now >= line.maintenanceUntil;
  if (lifts && !isOver && by === 'automation' && line.adminStateBy !== 'automation') {
    return refuse('an operator set this state, so only an operator lifts it');
  }
  if (isHealthVerb(verb)) {
    return verb === 'mark-recovered'
      ? ok(recovery(line, by, now))
      : ok(ejection(line, by, now, policy), ['eject']);
  }
  const base: LinePatch = { adminState: ADMIN_STEPS[verb].to, adminStateBy: by };
  switch (verb) {
    case 'start-warming':
      return ok({ ...base, warmingUntil: now + policy.warming.days * DAY_MS });
    case 'activate':
      if (line.warmingUntil !== null && now < line.warmingUntil && !options.waiveWarming) {
        return refuse(`warming lasts until ${new Date(line.warmingUntil).toISOString()}`);
      }
      return ok({
        ...base,
        activatedAt: now,
        warmingUntil: null,
        goodDays: goodDaysForCap(options.carriedPerDay ?? 0, line.budgetPerDay, policy),
      });
    case 'drain':
      return ok({ ...base, drainDeadline: options.deadline ?? null }, ['start-drain']);
    case 'cancel-drain':
      return ok({ ...base, drainDeadline: null }, ['stop-drain']);
    case 'maintenance': {
      const window = options.window ?? {};
      if (window.from !== undefined && window.from > now) {
        return ok(planMaintenance(window.from, window, policy));
      }
      return ok(...beginMaintenance(line, by, now, window));
    }
    case 'end-maintenance':
      return ok(...endMaintenance(line, by, now));
    case 'replace':
      return ok({ ...base, ...NO_WINDOW, drainDeadline: options.deadline ?? null }, [
        'start-handover',
      ]);
    case 'retire':
      return ok({ ...base, ...NO_WINDOW });
    default:
      return ok(base);
  }
}

function whyNot(line: Line, verb: LifecycleVerb): string {
  if (!line.managed) return 'the line is only watched: take it into management first';
  return isForEmptyLines(verb) && line.users > 0
    ? `${line.users} users are still on the line: drain it first`
    : `${verb} is not allowed while ${line.adminState} and ${line.health}`;
}

function ok(next: LinePatch, effects: readonly LineEffect[] = []): StepAnswer {
  return { kind: 'ok', next, effects };
}

/**
 * An ejection: the ban doubles with each one in 30 days, up to its ceiling. Ejecting an ejected
 * line changes nothing, so it stays with whoever ejected it first.
 */
function ejection(line: Line, by: ActorKind, now: EpochMs, policy: FleetPolicy): LinePatch {
  if (line.health === 'ejected') return {};
  const recent = line.ejectedAt !== null && now - line.ejectedAt < 30 * DAY_MS;
  const ejections = recent ? line.ejections + 1 : 1;
  const banMs = Math.min(
    policy.health.banHours * HOUR_MS * 2 ** (ejections - 1),
    policy.health.maxBanDays * DAY_MS,
  );
  return {
    health: 'ejected',
    healthBy: by,
    ejectedAt: now,
    ejections,
    bannedUntil: now + banMs,
    goodDays: 0,
  };
}

/** Out of ejection: recovering while the ban lasts, and the ramp begins again. */
function recovery(line: Line, by: ActorKind, now: EpochMs): LinePatch {
  const banned = line.bannedUntil !== null && now < line.bannedUntil;
  return {
    health: banned ? 'recovering' : 'healthy',
    healthBy: by,
    goodDays: 0,
    providerStatus: line.providerStatus === 'FLAGGED' ? 'UNKNOWN' : line.providerStatus,
  };
}

/**
 * The provider's word. FLAGGED ejects at once and is never argued with. ACTIVE starts the recovery of a line that
 * the provider itself had flagged, and of no other: what an operator ejected waits for an operator. It never ends a
 * ban early, so a line that flaps changes state at most once per ban.
 */
export function onProviderStatus(
  line: Line,
  status: Exclude<ProviderStatus, 'UNKNOWN'>,
  now: EpochMs,
  policy: FleetPolicy,
): { readonly next: LinePatch; readonly effects: readonly LineEffect[] } {
  if (status === 'FLAGGED') {
    const already = line.health === 'ejected';
    return {
      next: { ...ejection(line, 'provider', now, policy), providerStatus: status },
      effects: already ? [] : ['eject'],
    };
  }
  const lifts =
    line.health === 'ejected' && line.healthBy === 'provider' && line.providerStatus === 'FLAGGED';
  const next = lifts ? recovery(line, 'provider', now) : {};
  return { next: { ...next, providerStatus: status }, effects: [] };
}

/**
 * What time alone does to a line: a recovering line whose ban is over is healthy again, and so is one that our own
 * detectors ejected, unless the provider has flagged it since. Its ramp begins anew. Null: nothing.
 */
export function advanceHealth(line: Line, now: EpochMs): LinePatch | null {
  const over = line.bannedUntil === null || now >= line.bannedUntil;
  const inferred =
    line.health === 'ejected' &&
    line.healthBy === 'automation' &&
    line.providerStatus !== 'FLAGGED';
  return over && (inferred || line.health === 'recovering')
    ? { health: 'healthy', healthBy: 'automation' }
    : null;
}
