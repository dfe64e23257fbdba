import { admissiblePerDay, closeDay, type DayOutcome, type FleetPolicy } from '@linekeeper/domain';
import { type Fleet, NOWHERE } from '../fleet/fleet';
import { instantOf } from '../kernel/calendar';

/** Bits of what a user did on the running day. */
export const WROTE = 1;
export const WAS_WRITTEN_TO = 2;

/** What a scenario may know of a day beyond the counts. */
export interface DayTrouble {
  /** Share of those we wrote to who answered, of those who wrote anyway; 1 on an ordinary day. */
  readonly repliedShare: (line: number) => number;
}

/** Judges each line's day for its ramp, as the service's job does; what goes with the outcome is the domain's. */
export function closeLines(
  fleet: Fleet,
  day: number,
  seconds: number,
  deeds: Uint8Array,
  trouble: DayTrouble,
  policy: FleetPolicy,
): (DayOutcome | null)[] {
  const recipients = new Int32Array(fleet.lines.length);
  const replied = new Int32Array(fleet.lines.length);
  for (let user = 0; user < fleet.users; user += 1) {
    const deed = deeds[user] ?? 0;
    const line = fleet.lineOf[user] ?? NOWHERE;
    if ((deed & WAS_WRITTEN_TO) === 0 || line === NOWHERE) continue;
    recipients[line] = (recipients[line] ?? 0) + 1;
    if ((deed & WROTE) !== 0) replied[line] = (replied[line] ?? 0) + 1;
  }
  return fleet.lines.map((line, i) => {
    if (line.adminState === 'warming') return null;
    const cell = i * fleet.usage.days + day;
    const outcome = closeDay(
      line,
      {
        in: fleet.usage.in[cell] ?? 0,
        out: fleet.usage.out[cell] ?? 0,
        recipients: recipients[i] ?? 0,
        replied: Math.round((replied[i] ?? 0) * trouble.repliedShare(i)),
        failures: 0,
        optOuts: 0,
        suspect: line.health === 'suspect',
      },
      admissiblePerDay({ ...line, todayCap: line.admissionCap }, policy),
      instantOf(seconds),
      policy,
    );
    line.goodDays = outcome.goodDays;
    line.rampHoldUntil = outcome.rampHoldUntil;
    return outcome;
  });
}
