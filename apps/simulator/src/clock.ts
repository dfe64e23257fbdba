/** A process that follows this clock: it is told each tick and says when it is done with it. */
export interface Follower {
  readonly name: string;
  send(tick: Tick): void;
}

export interface Tick {
  readonly id: number;
  readonly epochMs: number;
  readonly speed: number;
  readonly running: boolean;
}

/** A follower that does not answer for so long is not waited for at this step any more. */
const ACK_TIMEOUT_MS = 30_000;

interface Followed {
  readonly follower: Follower;
  acknowledged: number;
  nextDueAt: number | null;
  wake: (() => void) | null;
}

/** The virtual clock and those who follow it. Real time comes in as a function and is only used to run at a speed. */
export class VirtualClock {
  private anchor: { epochMs: number; realMs: number };
  private readonly followers = new Set<Followed>();
  private ticks = 0;
  private held = false;

  constructor(
    start: number,
    private speed: number,
    private readonly realNow: () => number,
  ) {
    this.anchor = { epochMs: start, realMs: realNow() };
  }

  now(): number {
    if (this.held || this.speed === 0) return this.anchor.epochMs;
    return this.anchor.epochMs + Math.floor((this.realNow() - this.anchor.realMs) * this.speed);
  }

  get currentSpeed(): number {
    return this.speed;
  }

  /** While held the clock stands still between the steps of an advance. */
  get isHeld(): boolean {
    return this.held;
  }

  setSpeed(speed: number): void {
    this.anchor = { epochMs: this.now(), realMs: this.realNow() };
    this.speed = speed;
    this.broadcast();
  }

  hold(): void {
    this.anchor = { epochMs: this.now(), realMs: this.realNow() };
    this.held = true;
  }

  release(): void {
    this.held = false;
    this.anchor = { ...this.anchor, realMs: this.realNow() };
    this.broadcast();
  }

  /** Moves a held clock. It never goes back. */
  moveTo(epochMs: number): void {
    this.anchor = { epochMs: Math.max(epochMs, this.anchor.epochMs), realMs: this.realNow() };
  }

  follow(follower: Follower): () => void {
    const followed: Followed = { follower, acknowledged: 0, nextDueAt: null, wake: null };
    this.followers.add(followed);
    follower.send(this.tick());
    return () => {
      this.followers.delete(followed);
      followed.wake?.();
    };
  }

  acknowledge(name: string, id: number, nextDueAt: number | null): void {
    for (const followed of this.followers) {
      if (followed.follower.name !== name) continue;
      followed.acknowledged = Math.max(followed.acknowledged, id);
      followed.nextDueAt = nextDueAt;
      followed.wake?.();
    }
  }

  /** Tells everybody the time and waits until all are done with it. Names those who did not answer. */
  async tickAll(): Promise<string[]> {
    const tick = this.tick();
    const late: string[] = [];
    for (const { follower } of this.followers) follower.send(tick);
    await Promise.all(
      [...this.followers].map(async (followed) => {
        if (!(await this.acknowledgement(followed, tick.id))) late.push(followed.follower.name);
      }),
    );
    return late;
  }

  /** The earliest instant at which a follower has something to do. */
  nextDueOfFollowers(): number | null {
    let next: number | null = null;
    for (const { nextDueAt } of this.followers) {
      if (nextDueAt !== null && (next === null || nextDueAt < next)) next = nextDueAt;
    }
    return next;
  }

  followerNames(): string[] {
    return [...this.followers].map(({ follower }) => follower.name);
  }

  private tick(): Tick {
    this.ticks += 1;
    const running = !this.held && this.speed > 0;
    return { id: this.ticks, epochMs: this.now(), speed: this.speed, running };
  }

  private broadcast(): void {
    const tick = this.tick();
    for (const { follower } of this.followers) follower.send(tick);
  }

  private acknowledgement(followed: Followed, id: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), ACK_TIMEOUT_MS);
      const done = (answered: boolean): void => {
        clearTimeout(timer);
        followed.wake = null;
        resolve(answered);
      };
      const look = (): void => {
        if (followed.acknowledged >= id) done(true);
        else if (!this.followers.has(followed)) done(true);
        else followed.wake = look;
      };
      look();
    });
  }
}
