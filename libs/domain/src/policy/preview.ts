import type { FleetPolicy } from '../fleet-policy';
import type { Line } from '../line/line';
import { admissionCap } from '../placement/admission-cap';
import { rampCap, todayCap } from '../ramp/cap';
import { goodDaysUnder } from '../ramp/presets';

/** Caps of the ramp that a table shows at most: the slowest ramp that may be set needs more days than anybody reads. */
const MAX_TABLE_DAYS = 60;

/** The cap after each number of good days, from none until the whole budget. */
export function rampTable(policy: FleetPolicy): { goodDays: number; cap: number }[] {
  const budgetPerDay = policy.budget.messagesPerLinePerDay;
  const rows: { goodDays: number; cap: number }[] = [];
  for (let goodDays = 0; goodDays <= MAX_TABLE_DAYS; goodDays += 1) {
    const cap = rampCap({ goodDays, budgetPerDay }, policy);
    rows.push({ goodDays, cap });
    if (cap >= budgetPerDay) break;
  }
  return rows;
}

/** What a line may do in a day: by the ramp, with the spike guard, by admission, and for each class of sends. */
export interface EffectiveCaps {
  readonly goodDays: number;
  readonly rampCap: number;
  readonly todayCap: number;
  readonly admissionCap: number;
  readonly classes: {
    readonly proactive: number;
    readonly introduction: number;
    readonly transactional: number;
  };
}

type PreviewedLine = Pick<Line, 'goodDays' | 'budgetPerDay' | 'meanMilli'> & {
  readonly newUsersToday: number;
  readonly maxDailyUse7d: number;
};

/** The caps of a line under a policy; under another one than now, with its good days told anew as a change would do. */
export function effectiveCaps(
  line: PreviewedLine,
  before: FleetPolicy,
  after: FleetPolicy,
): EffectiveCaps {
  const same =
    before.ramp.growth === after.ramp.growth && before.ramp.firstDayCap === after.ramp.firstDayCap;
  const goodDays = same ? line.goodDays : goodDaysUnder(line, before, after);
  const told = { ...line, goodDays };
  const today = todayCap(told, line.maxDailyUse7d, after);
  const { proactive, introduction, transactional } = after.budget.ceilings;
  return {
    goodDays,
    rampCap: rampCap(told, after),
    todayCap: today,
    admissionCap: admissionCap(told, line.maxDailyUse7d, after),
    classes: {
      proactive: Math.floor(proactive * today),
      introduction: Math.floor(introduction * today),
      transactional: Math.floor(transactional * today),
    },
  };
}
