import { DAY_SECONDS } from '../kernel/calendar';

/** Directions as the service sees them. */
export const IN = 0;
export const OUT = 1;

/** Messages in order of time. `seconds` are whole seconds from local midnight of the first day; users are 0 to users - 1. */
export interface Traffic {
  readonly seconds: Uint32Array;
  readonly user: Uint32Array;
  readonly direction: Uint8Array;
  readonly users: number;
  /** Days from the first midnight to the last message, at least 1. */
  readonly days: number;
}

/** Up to this many messages fit beside their second in the 53 bits of a key. */
const MAX_MESSAGES = 2 ** 27;

/** Collects messages in any order and puts them in order of time; those of one second stay as they came. */
export class TrafficBuilder {
  private seconds = new Uint32Array(1_024);
  private user = new Uint32Array(1_024);
  private direction = new Uint8Array(1_024);
  private count = 0;

  add(seconds: number, user: number, direction: number): void {
    if (this.count === this.seconds.length) this.grow();
    this.seconds[this.count] = seconds;
    this.user[this.count] = user;
    this.direction[this.count] = direction;
    this.count += 1;
  }

  /** An inbound message and the answer to it. */
  addWithReply(seconds: number, user: number): void {
    this.add(seconds, user, IN);
    this.add(seconds + REPLY_SECONDS, user, OUT);
  }

  build(users: number): Traffic {
    if (this.count > MAX_MESSAGES) throw new Error(`More than ${MAX_MESSAGES} messages`);
    const keys = new Float64Array(this.count);
    for (let i = 0; i < this.count; i += 1) keys[i] = (this.seconds[i] ?? 0) * MAX_MESSAGES + i;
    keys.sort();
    const seconds = new Uint32Array(this.count);
    const user = new Uint32Array(this.count);
    const direction = new Uint8Array(this.count);
    for (let i = 0; i < this.count; i += 1) {
      const key = keys[i] ?? 0;
      const at = Math.floor(key / MAX_MESSAGES);
      const from = key - at * MAX_MESSAGES;
      seconds[i] = at;
      user[i] = this.user[from] ?? 0;
      direction[i] = this.direction[from] ?? 0;
    }
    const last = seconds[this.count - 1] ?? 0;
    return { seconds, user, direction, users, days: Math.floor(last / DAY_SECONDS) + 1 };
  }

  private grow(): void {
    const size = 2 * this.count;
    const [seconds, user, direction] = [this.seconds, this.user, this.direction];
    this.seconds = new Uint32Array(size);
    this.user = new Uint32Array(size);
    this.direction = new Uint8Array(size);
    this.seconds.set(seconds);
    this.user.set(user);
    this.direction.set(direction);
  }
}

/** A bot answers within seconds; traces that only have one direction get their replies after this. */
export const REPLY_SECONDS = 3;
