import type { FleetPolicy } from '../fleet-policy';
import { type FleetOutlook, newcomerRisk } from '../forecast/fleet-day';
import type { UserPrior } from '../forecast/prior';
import type { Load } from '../forecast/quantile';
import { DAY_MS, type EpochMs } from '../kernel/time';
import { whyCannotSend, whyNoNewUsers } from '../line/availability';
import type { LineView } from '../placement/types';
import {
  daysToWholeBudget,
  type DayNeed,
  fullInDays,
  type GrowthBasis,
  needInDays,
  returnableLines,
  type ServingLine,
} from './growth';
import { linesNeeded } from './lines-needed';
import { type LossReport, lossReports } from './losses';
import { type MoneyReport, moneyReport } from './money';
import { type PilotReport, pilotReport } from './pilot';
import type { CardUsers } from './uncovered';
import { matureLine, newcomerLoad, usersPerLine } from './users-per-line';

/** A pool at one instant. Sums by line and by card: nothing in it grows with the users. */
export interface CapacitySnapshot {
  readonly now: EpochMs;
  readonly lines: readonly LineView[];
  readonly outlook: FleetOutlook;
  readonly prior: UserPrior;
  /** Users by their card: the line they are on and the others on it, in any state. */
  readonly cards: readonly CardUsers[];
  /** Users who wrote lately. */
  readonly activeUsers: number;
}

/** What a pool can hold, what it will need, what it costs and what it would survive. */
export interface CapacityPlan {
  readonly users: number;
  readonly activeUsers: number;
  /** Lines that are paid for, those of them that serve, and those that are on their way. */
  readonly lines: { readonly paid: number; readonly serving: number; readonly warming: number };
  /** Sum over the users for a normal day. */
  readonly meanPerDay: number;
  /** One user of the plan: today's mean user, or while there is none a newcomer. */
  readonly user: Load & { readonly of: 'users' | 'newcomers' };
  /** Users on a line at its whole budget, if all were like the plan's user, or like a newcomer. */
  readonly usersPerLine: { readonly ofUsers: number; readonly ofNewcomers: number };
  /** Lines that today's load needs: by admission alone, and with the reserve for one loss. */
  readonly linesNeeded: { readonly byAdmission: number; readonly withReserve: number };
  readonly daysToWholeBudget: number;
  /** Days until there are more users than fit, and until lines for that day have to be ordered; null: not in a year. */
  readonly fullInDays: number | null;
  readonly orderInDays: number | null;
  readonly needs: readonly DayNeed[];
  readonly returnable: readonly string[];
  readonly money: MoneyReport | null;
  /** Users who hold no usable number now, with nothing more lost. */
  readonly uncoveredNow: number;
  readonly losses: readonly LossReport[];
  readonly pilot: PilotReport;
}

/** Days for which the need is told: about what an order takes, and a season. */
const TOLD_DAYS = [0, 7, 14, 30, 60, 90, 180] as const;

/** Plans the capacity of a pool for the policy's growth. */
export function planCapacity(snapshot: CapacitySnapshot, policy: FleetPolicy): CapacityPlan {
  const { now, outlook, prior, activeUsers } = snapshot;
  const paid = snapshot.lines.filter(
    ({ managed, adminState }) => managed && adminState !== 'retired',
  );
  const serving = paid.filter(isServing);
  const warming = paid.filter(({ adminState }) => adminState === 'warming');
  const total = totalOf(paid);
  const newcomer = newcomerLoad(policy, prior);
  const user = total.users > 0 && total.mean > 0 ? meanUser(total) : newcomer;
  const basis: GrowthBasis = {
    lines: [...serving, ...warming].map((line) => servingLine(line, now)),
    users: total.users,
    user,
    outlook,
  };
  const whole = matureLine(policy.budget.messagesPerLinePerDay, policy);
  const ofNewcomers = usersPerLine(newcomer, whole, policy, newcomerRisk(outlook, prior));
  const needed = (losses: number): number =>
    linesNeeded(total, policy.budget.messagesPerLinePerDay, losses, policy, outlook);
  const full = fullInDays(basis, policy);
  const cards = usableCards(snapshot.cards, serving);
  return {
    users: total.users,
    activeUsers,
    lines: { paid: paid.length, serving: serving.length, warming: warming.length },
    meanPerDay: total.mean,
    user: { ...user, of: user === newcomer ? 'newcomers' : 'users' },
    usersPerLine: {
      ofUsers: user === newcomer ? ofNewcomers : usersPerLine(user, whole, policy, outlook),
      ofNewcomers,
    },
    linesNeeded: { byAdmission: needed(0), withReserve: needed(1) },
    daysToWholeBudget: daysToWholeBudget(policy),
    fullInDays: full,
    orderInDays: full === null ? null : full - daysToWholeBudget(policy),
    needs: TOLD_DAYS.map((inDays) => needInDays(basis, inDays, policy)),
    returnable: returnableLines(basis, policy),
    money: moneyReport(
      { lines: paid.length, users: total.users, activeUsers, total, outlook },
      policy,
    ),
    uncoveredNow: cards
      .filter(({ lineIds }) => lineIds.length === 0)
      .reduce((sum, each) => sum + each.users, 0),
    losses: lossReports(serving, cards, policy),
    pilot: pilotReport(
      {
        ...{ users: total.users, prior, outlook },
        lines: serving.filter((line) => whyNoNewUsers(line, now) === null),
      },
      policy,
    ),
  };
}

/** Whether a line carries its users and will go on to. */
function isServing(line: LineView): boolean {
  return whyCannotSend(line, 'reply') === null && line.adminState !== 'draining';
}

function servingLine(line: LineView, now: EpochMs): ServingLine {
  const wait = line.adminState === 'warming' ? (line.warmingUntil ?? now) - now : 0;
  return { ...line, startsInDays: Math.max(0, Math.ceil(wait / DAY_MS)) };
}

type Total = Load & { readonly users: number };

function totalOf(lines: readonly LineView[]): Total {
  return lines.reduce(
    ({ users, mean, variance }, line) => ({
      users: users + line.users,
      mean: mean + line.meanMilli / 1_000,
      variance: variance + line.varianceMilli / 1_000,
    }),
    { users: 0, mean: 0, variance: 0 },
  );
}

const meanUser = ({ users, mean, variance }: Total): Load => ({
  mean: mean / users,
  variance: variance / users,
});

/** Cards with the lines on them that serve. */
function usableCards(cards: readonly CardUsers[], serving: readonly LineView[]): CardUsers[] {
  const usable = new Set(serving.map(({ id }) => id));
  return cards.map(({ primaryLineId, lineIds, users }) => ({
    primaryLineId,
    lineIds: [...new Set(lineIds)].filter((id) => usable.has(id)),
    users,
  }));
}
