import { epochHour, type HourTotal } from '@linekeeper/domain';
import { ORIGIN } from '../kernel/calendar';
import type { Usage } from './usage';

/** In and out of a line in the hours that the ledger counts, by epoch hour, oldest first. */
export function epochHoursOf(usage: Usage, line: number): HourTotal[] {
  const origin = epochHour(ORIGIN);
  return usage.hoursOf(line).map((each) => ({ ...each, hour: origin + each.hour }));
}
