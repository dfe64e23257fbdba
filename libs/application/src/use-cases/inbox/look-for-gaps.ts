import {
  DAY_MS,
  epochHour,
  type EpochMs,
  type GapSigns,
  isOddlyQuiet,
  suspectGap,
} from '@linekeeper/domain';
import type { GapRecord, LineRecord, Stores } from '../../ports';

/** The whole hours that are compared with the same ones of the days before. */
const QUIET_HOURS = 2;
const DAYS_BACK = 7;

/**
 * Looks for signs that events of lines were lost and notes them, in the transaction given: a sign that was seen stays
 * until a reading settles it. Answers with every line's record.
 */
export async function lookForGaps(
  stores: Stores,
  lines: readonly LineRecord[],
  asked: boolean,
  now: EpochMs,
): Promise<GapRecord[]> {
  const known = new Map((await stores.gaps.list()).map((record) => [record.lineId, record]));
  const looks = [...known.values()].map(({ lookedAt }) => lookedAt);
  const lookedAt = looks.length === 0 ? null : Math.max(...looks);
  const made = await stores.subscriptions.active();
  const environment = await stores.environment.get();
  const signsOn = ({ apiVersion }: LineRecord): GapSigns => {
    const instants = made.filter((each) => each.apiVersion === apiVersion);
    return {
      asked,
      lookedAt,
      subscribedAt: instants.reduce<EpochMs | null>(later, null),
      rejectedAt: environment?.webhooksRejectedAt ?? null,
      isToldOnce: apiVersion === 'v2',
    };
  };
  // Silence is heard once an hour, when the hour before it is whole.
  const isNewHour = lookedAt !== null && epochHour(lookedAt) !== epochHour(now);
  const quiet = isNewHour ? await oddlyQuiet(stores, lines, epochHour(now)) : new Set<string>();
  const records = lines.map((line) => {
    const record = known.get(line.id) ?? firstRecord(line, now);
    const found = suspectGap(record.readAt, quiet.has(line.id), signsOn(line), now);
    if (!found) return { ...record, lookedAt: now };
    const suspectedAt = Math.max(found.at, record.suspectedAt ?? 0);
    const { cause } = record;
    return {
      ...{ ...record, suspectedAt, lookedAt: now },
      cause: cause === null || cause === 'sweep' ? found.cause : cause,
    };
  });
  await stores.gaps.save(records);
  return records;
}

function later(latest: EpochMs | null, { createdAt }: { createdAt: EpochMs }): EpochMs {
  return Math.max(latest ?? createdAt, createdAt);
}

/** What a line carried before it was ours is no gap. One that we had before gaps were filled is read back for a day. */
function firstRecord({ id, createdAt }: LineRecord, now: EpochMs): GapRecord {
  return {
    lineId: id,
    completeUntil: Math.max(createdAt, now - DAY_MS),
    readAt: createdAt,
    suspectedAt: null,
    cause: null,
    reading: null,
    lookedAt: now,
  };
}

async function oddlyQuiet(
  stores: Stores,
  lines: readonly LineRecord[],
  hour: number,
): Promise<Set<string>> {
  const ids = lines.map(({ id }) => id);
  const lately = await carried(stores, ids, hour - QUIET_HOURS, hour);
  const before: Map<string, number>[] = [];
  for (let day = 1; day <= DAYS_BACK; day += 1) {
    const then = hour - 24 * day;
    before.push(await carried(stores, ids, then - QUIET_HOURS, then - 1));
  }
  const of = (hours: ReadonlyMap<string, number>, id: string): number => hours.get(id) ?? 0;
  const isQuiet = (id: string): boolean =>
    isOddlyQuiet(
      of(lately, id),
      before.map((hours) => of(hours, id)),
    );
  return new Set(ids.filter(isQuiet));
}

async function carried(
  stores: Stores,
  lineIds: readonly string[],
  from: number,
  to: number,
): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  for (const { lineId, in: received, out } of await stores.usage.hours(lineIds, from, to)) {
    sums.set(lineId, (sums.get(lineId) ?? 0) + received + out);
  }
  return sums;
}
