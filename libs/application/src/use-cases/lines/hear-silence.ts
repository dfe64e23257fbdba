import {
  type DayEvidence,
  type Line,
  NO_SUSPICION,
  outcomesPerDay,
  silenceRatesOf,
  takeReplies,
} from '@linekeeper/domain';
import type { Stores } from '../../ports';
import type { Decision } from '../shared';

/** What is usual of a line is told from its last four weeks, once it has written to this many people in them. */
const USUAL_DAYS = 28;
const MIN_RECIPIENTS = 100;
/** Lines that nearly nobody or nearly everybody answers are judged as if they were a little less so. */
const LEAST_SHARE = 0.05;

/**
 * Takes in how many of the people whom a line wrote to on a closed day replied, against what is usual of that line: a
 * line whose messages arrive nowhere falls silent, also where nobody reports a failure. It makes a line suspect and
 * never more. Call it once a day of a line, before the day is written, under the lock of its pool.
 */
export async function hearSilence(
  stores: Stores,
  line: Pick<Line, 'id'>,
  day: Pick<DayEvidence, 'recipients' | 'replied'>,
  { now, policy }: Decision,
): Promise<void> {
  const usual = await stores.usage.lineDays(line.id, USUAL_DAYS);
  const recipients = usual.reduce((sum, each) => sum + each.recipients, 0);
  if (recipients < MIN_RECIPIENTS || day.recipients === 0) return;
  const replied = usual.reduce((sum, each) => sum + each.replied, 0);
  const share = Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, replied / recipients));
  const held = (await stores.evidence.of(line.id)) ?? {
    ...NO_SUSPICION,
    lineId: line.id,
    alarmedAt: null,
  };
  const lastWeek = usual.slice(0, 7).reduce((sum, each) => sum + each.recipients, 0);
  const perDay = outcomesPerDay(day.recipients, lastWeek);
  const next = takeReplies(held, { ...day, at: now, perDay }, silenceRatesOf(share), policy);
  const alarms = held.suspectSince === null && next.suspectSince !== null;
  await stores.evidence.save([{ ...held, ...next, alarmedAt: alarms ? now : held.alarmedAt }], now);
}
