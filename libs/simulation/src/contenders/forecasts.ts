import {
  assumedOutlook,
  assumedPrior,
  budgetDay,
  closeHistoryDay,
  closeUserDay,
  type DayRisk,
  type FleetDay,
  type FleetOutlook,
  type FleetPolicy,
  learnOutlook,
  learnPrior,
  loadMilliOf,
  type LoadMilli,
  mostOfDay,
  newcomerRisk,
  normalMessages,
  NO_RATE,
  noveltyOf,
  type UserHistory,
  type UserPrior,
  weekdayFactor,
} from '@linekeeper/domain';
import { dayBegin, instantOf, ZONE } from '../kernel/calendar';
import { UserTable } from './user-table';

/** Told of a user whose load is about to change, and how to change it. */
export type OnLoad = (user: number, before: LoadMilli, after: LoadMilli) => void;

/**
 * What a pool has learned of its days and users, as the service's nightly jobs learn it: each closed budget day goes
 * into the rates and histories of its users, then outlook and prior are learned anew. Nothing of a running day
 * is looked at.
 */
export class Forecasts {
  outlook: FleetOutlook;
  prior: UserPrior;
  private readonly table: UserTable;
  private readonly days: FleetDay[] = [];

  constructor(
    users: number,
    private readonly policy: FleetPolicy,
  ) {
    this.outlook = assumedOutlook(policy);
    this.prior = assumedPrior(policy);
    this.table = new UserTable(users);
  }

  /** The risk of a day to those who admit newcomers. */
  get risk(): DayRisk {
    return newcomerRisk(this.outlook, this.prior);
  }

  /** What is expected of somebody of whom nothing is known. */
  newcomer(): LoadMilli {
    return loadMilliOf(NO_RATE, this.policy, this.prior);
  }

  load(user: number): LoadMilli {
    return this.table.load(user);
  }

  place(user: number, day: number): LoadMilli {
    const load = this.newcomer();
    this.table.place(user, day);
    this.table.setLoad(user, load);
    return load;
  }

  closeDay(day: number, messages: Int32Array, onLoad: OnLoad): void {
    const { policy, table } = this;
    this.days.push(this.fleetDay(day, messages));
    this.days.splice(0, this.days.length - policy.forecast.fleetDayWindowDays);
    const weekday = weekdayFactor(this.outlook.week, dateOf(day, policy));
    for (let user = 0; user < table.users; user += 1) {
      const placedOn = table.dayPlaced(user);
      if (placedOn === null) continue;
      const novelty = noveltyOf(day - placedOn, policy);
      const normal = normalMessages(messages[user] ?? 0, weekday, novelty);
      table.setRate(user, closeUserDay(table.rate(user), normal, policy, this.prior));
      table.setHistory(user, closeHistoryDay(table.history(user), normal, policy, this.prior));
    }
    this.outlook = learnOutlook(this.days, policy);
    this.prior = learnPrior(this.histories(), assumedPrior(policy), policy);
    this.forecast(onLoad);
  }

  /** What a day brought of those who stood on a line all day, beside the load that was counted for them. */
  private fleetDay(day: number, messages: Int32Array): FleetDay {
    const { policy, table } = this;
    const most = mostOfDay(policy, this.prior);
    const sums = { messages: 0, mean: 0, variance: 0 };
    for (let user = 0; user < table.users; user += 1) {
      const placedOn = table.dayPlaced(user);
      if (placedOn === null || placedOn >= day) continue;
      const { meanMilli, varianceMilli } = table.load(user);
      sums.messages += Math.min(messages[user] ?? 0, most);
      sums.mean += meanMilli / 1_000;
      sums.variance += varianceMilli / 1_000;
    }
    return { day: dateOf(day, policy), ...sums };
  }

  private forecast(onLoad: OnLoad): void {
    const { table } = this;
    for (let user = 0; user < table.users; user += 1) {
      if (table.dayPlaced(user) === null) continue;
      const after = loadMilliOf(table.rate(user), this.policy, this.prior);
      onLoad(user, table.load(user), after);
      table.setLoad(user, after);
    }
  }

  private *histories(): Iterable<UserHistory> {
    for (let user = 0; user < this.table.users; user += 1) {
      if (this.table.dayPlaced(user) !== null) yield this.table.history(user);
    }
  }
}

/** The budget day of an index as a date. */
function dateOf(day: number, { budget }: FleetPolicy): string {
  return budgetDay(instantOf(dayBegin(day, budget.dayStartHour)), ZONE, budget.dayStartHour);
}
