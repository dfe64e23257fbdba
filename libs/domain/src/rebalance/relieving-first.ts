import { DAY_MS, type EpochMs } from '../kernel/time';

/** Whoever wrote within so many days notices a new number more than somebody who has long been silent. */
const LONG_SILENT_DAYS = 7;
const COST_OF_LATELY_HEARD = 6;

interface Movable {
  readonly userId: string;
  readonly meanMilli: number;
  readonly lastMessageAt: EpochMs | null;
}

/**
 * In which order people are moved off a line: who takes most off it for what the move costs them, where nobody takes off
 * more than is still needed. Of equals whoever has long been silent, then the heavier, then by id. Each person once.
 */
export class RelievingFirst<User extends Movable> {
  private readonly longSilent: User[];
  private readonly latelyHeard: User[];

  constructor(users: readonly User[], now: EpochMs) {
    // Lightest first: the next one is taken from the end.
    const sorted = [...users].sort(
      (a, b) => a.meanMilli - b.meanMilli || (a.userId < b.userId ? 1 : -1),
    );
    const isLong = ({ lastMessageAt: at }: User): boolean =>
      at === null || now - at >= LONG_SILENT_DAYS * DAY_MS;
    this.longSilent = sorted.filter(isLong);
    this.latelyHeard = sorted.filter((user) => !isLong(user));
  }

  /** The next person, when the line carries `need` messages a day too many; undefined when all were named. */
  next(need: number): User | undefined {
    const [silent, heard] = [this.longSilent.at(-1), this.latelyHeard.at(-1)];
    if (!silent || !heard) return (silent ? this.longSilent : this.latelyHeard).pop();
    const relief = (user: User): number => Math.min(user.meanMilli / 1_000, need);
    const queue =
      relief(heard) / COST_OF_LATELY_HEARD > relief(silent) ? this.latelyHeard : this.longSilent;
    return queue.pop();
  }
}
