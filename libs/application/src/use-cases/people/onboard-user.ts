import { Injectable } from '@nestjs/common';
import {
  DAY_MS,
  type FleetSnapshot,
  isZone,
  type PlacementPlan,
  whyNoNewUsers,
} from '@linekeeper/domain';
import type { Actor } from '../../actor';
import {
  type AssignmentRecord,
  CardLinks,
  Digest,
  HandleParser,
  type ParsedHandle,
  type PoolRecord,
  type Stores,
  UnitOfWork,
  type UserRecord,
} from '../../ports';
import { Refusal, type RefusalCode } from '../../refusal';
import {
  announce,
  type Decision,
  Decisions,
  EVERY_POOL,
  note,
  poolFor,
  type PoolScope,
  snapshotOf,
  startingSlowly,
  Turns,
  withhold,
} from '../shared';
import { askAboutNewcomers } from '../checks/ask-checks';
import { codeOf } from './codes';
import { knownPerson, newsOf } from './known-person';
import { LostRace, type NewUser, userFrom } from './new-user';
import { OnboardNewcomers } from './onboard-newcomers';
import { reserveCode } from './reserve-code';
import { recallOptOut } from './suppression';
import { planPlace, tieUser } from './tie';
import { queueFor, waitFor } from './wait-for-place';
import type { WaitListed } from './wait-listed';
import { type UserView, viewUser } from './user-view';

export interface Onboarded extends UserView {
  readonly created: boolean;
  /** In clear, to whom made the reservation: only its hash is kept. */
  readonly code: string | null;
  /** While admission only observes: the refusal that its true answer is. */
  readonly wouldBe?: 'fleet.no_capacity' | undefined;
}

/** Placements wait for each other at the pool's row; losing a race so often in a row means overload. */
const MAX_ATTEMPTS = 4;

/** Refusals that are about the fleet, and not about what was asked. */
const NO_PLACE: ReadonlySet<RefusalCode> = new Set(['fleet.no_capacity', 'fleet.frozen']);

/**
 * Places a new user: primary and fallbacks at once, in one short transaction under the pool's lock. Who is plainly new is
 * placed together with others ({@link OnboardNewcomers}); all else is looked at one by one. The same handle again gets the
 * same assignment, and what the app says of a person whom we met before it did is kept. Refuses `fleet.no_capacity` with
 * the reasons and when capacity is due.
 */
@Injectable()
export class OnboardUser {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly handles: HandleParser,
    private readonly links: CardLinks,
    private readonly digest: Digest,
    private readonly turns: Turns,
    private readonly newcomers: OnboardNewcomers,
  ) {}

  async execute(
    input: NewUser,
    actor: Actor,
    scope: PoolScope = EVERY_POOL,
  ): Promise<Onboarded | WaitListed> {
    const handle = this.parsed(input.handle);
    if (input.onFull === 'wait-list' && !handle && input.externalId === undefined) {
      throw new Refusal(
        'request.invalid',
        'onFull: only who is known by a handle or externalId can wait',
      );
    }
    if (input.timeZone !== undefined && !isZone(input.timeZone)) {
      throw new Refusal('time_zone.invalid', `"${input.timeZone}" is not an IANA time zone`);
    }
    const placed = handle && (await this.newcomers.place({ input, handle, scope, actor }));
    if (placed) return { ...placed, created: true, code: null };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.turns.take(input.pool ?? '', async () => {
          const decision = await this.decisions.begin(actor);
          return this.unitOfWork.run((stores) => this.once(stores, input, handle, scope, decision));
        });
      } catch (error) {
        if (!(error instanceof LostRace)) throw await this.told(error, actor);
        if (attempt === MAX_ATTEMPTS) {
          throw new Refusal('assignment.busy', 'Others were faster each time', {
            retryAfterSeconds: 1,
          });
        }
      }
    }
  }

  /** The transaction is gone, and with it what it noted. */
  private async told(error: unknown, actor: Actor): Promise<unknown> {
    if (error instanceof Refusal && NO_PLACE.has(error.code)) {
      note(this.unitOfWork.read, await this.decisions.begin(actor), {
        kind: 'placement',
        outcome: error.code,
        reasons: [error.detail],
        inputs: error.extra,
      });
    }
    return error;
  }

  private async once(
    stores: Stores,
    input: NewUser,
    handle: ParsedHandle | null,
    scope: PoolScope,
    decision: Decision,
  ): Promise<Onboarded | WaitListed> {
    const pool = await poolFor(stores, input.pool, scope);
    const asBefore = await this.asBefore(stores, input, handle, pool, decision);
    if (asBefore) return asBefore;
    await stores.pools.lock(pool.id);
    // Whoever held the lock before us may have placed this very person.
    const met = await knownPerson(stores, handle, input.externalId);
    const known = met && (await this.completed(stores, met, input, handle, decision));
    const place = known && (await placeIn(stores, known, pool));
    if (known && place) return this.again(stores, known, pool, place, decision);
    await this.refuseWhenFrozen(stores);
    const queue = await queueFor(stores, known, pool);
    if (queue !== 'none' && queue !== 'others') return queue;
    const user = known ?? (await this.newUser(stores, input, handle, decision));
    await askAboutNewcomers(stores, [user], pool, decision);
    const snapshot = startingSlowly(await snapshotOf(stores, pool, decision), decision);
    const plan = planPlace(user, snapshot, decision);
    const found = queue === 'others' ? null : await this.lineOf(stores, plan, snapshot);
    if (found === null) {
      if (input.onFull !== 'wait-list') throw noCapacity(plan, queue === 'others');
      return waitFor(stores, { user, pool, startedBy: input.startedBy }, plan, decision);
    }
    const { lineId, wouldBe } = found;
    if (wouldBe) await withhold(stores, decision, 'admission', wouldBe, user.id);
    const assignment = await tieUser(
      stores,
      pool,
      user,
      { lineId, state: 'reserved', startedBy: input.startedBy, explanation: plan },
      snapshot,
      decision,
    );
    const code = await this.codeFor(stores, user, assignment, decision);
    await announce(stores, decision, 'user.onboarded', {
      userId: user.id,
      assignmentId: assignment.id,
      lineId,
      fallbackLineIds: assignment.fallbackLineIds,
    });
    const view = await viewUser(stores, this.links, decision, { user, pool, assignment });
    return { ...view, created: true, code, ...(wouldBe ? { wouldBe } : {}) };
  }

  private parsed(text: string | undefined): ParsedHandle | null {
    if (text === undefined) return null;
    const handle = this.handles.parse(text);
    if (handle) return handle;
    throw new Refusal(
      'handle.invalid',
      `"${text.slice(0, 60)}" is neither a phone number like +14155550123 nor an email address`,
    );
  }

  /** The same person again, of whom nothing new is said: the same answer, without waiting for the pool. */
  private async asBefore(
    stores: Stores,
    input: NewUser,
    handle: ParsedHandle | null,
    pool: PoolRecord,
    decision: Decision,
  ): Promise<Onboarded | null> {
    if (!handle && input.workId !== undefined) {
      const made = await this.made(stores, input.workId, pool, decision);
      if (made) return made;
    }
    const user = await knownPerson(stores, handle, input.externalId);
    if (!user || user.handles.length === 0) return null;
    if (Object.keys(newsOf(user, input)).length > 0) return null;
    const place = await placeIn(stores, user, pool);
    return place && this.again(stores, user, pool, place, decision);
  }

  private async again(
    stores: Stores,
    user: UserRecord,
    pool: PoolRecord,
    assignment: AssignmentRecord,
    decision: Decision,
  ): Promise<Onboarded> {
    const code = await this.codeFor(stores, user, assignment, decision);
    const view = await viewUser(stores, this.links, decision, { user, pool, assignment });
    return { ...view, created: false, code };
  }

  /** Whom nobody knows by a handle yet is let in by a code. */
  private codeFor(
    stores: Stores,
    user: UserRecord,
    assignment: AssignmentRecord,
    decision: Decision,
  ): Promise<string> | null {
    return user.handles.length > 0 ? null : reserveCode(stores, assignment, this.digest, decision);
  }

  /** Somebody of whom we knew less before: by a handle alone, or by the app's id of them alone. */
  private async completed(
    stores: Stores,
    user: UserRecord,
    input: NewUser,
    handle: ParsedHandle | null,
    decision: Decision,
  ): Promise<UserRecord> {
    const news = newsOf(user, input);
    if (Object.keys(news).length > 0) await stores.users.fill(user.id, news);
    const told = { ...user, ...news };
    const isNew = handle && !user.handles.some(({ value }) => value === handle.value);
    return isNew ? this.withHandle(stores, told, handle, decision) : told;
  }

  private async withHandle(
    stores: Stores,
    user: UserRecord,
    handle: ParsedHandle,
    decision: Decision,
  ): Promise<UserRecord> {
    if (await stores.lines.byPhoneNumber(handle.value)) {
      throw new Refusal('handle.own_line', 'That number is one of our own lines');
    }
    if (!(await stores.users.addHandle(user.id, handle, decision.now))) throw new LostRace();
    const known = { ...user, handles: [...user.handles, handle] };
    return recallOptOut(stores, known, handle, this.digest, decision);
  }

  /** What this very request made before, if its answer was lost: the first answer again. */
  private async made(
    stores: Stores,
    workId: string,
    pool: PoolRecord,
    decision: Decision,
  ): Promise<Onboarded | null> {
    const user = await stores.users.byId(workId);
    // After a day the caller's key is free again, and means somebody else.
    const isRecent = user !== null && user.createdAt > decision.now - DAY_MS;
    const assignment = isRecent && (await stores.assignments.of(user.id, pool.id));
    if (!assignment || assignment.state === 'released') return null;
    const view = await viewUser(stores, this.links, decision, { user, pool, assignment });
    // Who became part of another user since has no use for the code any more.
    const code = user.id === workId ? codeOf(this.digest, assignment) : null;
    return { ...view, created: true, code };
  }

  private async refuseWhenFrozen(stores: Stores): Promise<void> {
    const environment = await stores.environment.get();
    if (environment && environment.frozenAt !== null) {
      throw new Refusal(
        'fleet.frozen',
        'An operator froze the fleet: nobody is placed until it is unfrozen',
      );
    }
  }

  private async newUser(
    stores: Stores,
    input: NewUser,
    handle: ParsedHandle | null,
    decision: Decision,
  ): Promise<UserRecord> {
    const named = handle ? undefined : input.workId;
    // One that is there already is over: it was let go or erased since.
    const id = named !== undefined && !(await stores.users.byId(named)) ? named : decision.newId();
    const user = userFrom(input, id, decision.now);
    await stores.users.insert(user);
    return handle ? this.withHandle(stores, user, handle, decision) : user;
  }

  /** The best candidate; in observe also the least used line that is open, since nothing may be refused there. Null: none. */
  private async lineOf(
    stores: Stores,
    plan: PlacementPlan,
    snapshot: FleetSnapshot,
  ): Promise<{ lineId: string; wouldBe: Onboarded['wouldBe'] } | null> {
    const best = plan.kind === 'placed' ? plan.candidates[0] : undefined;
    if (best) return { lineId: best.lineId, wouldBe: undefined };
    const environment = await stores.environment.get();
    if (environment?.actuators.admission === 'observe') {
      const open = snapshot.lines
        .filter((line) => whyNoNewUsers(line, snapshot.now) === null)
        .sort((a, b) => a.meanMilli / a.todayCap - b.meanMilli / b.todayCap)[0];
      if (open) return { lineId: open.id, wouldBe: 'fleet.no_capacity' };
    }
    return null;
  }
}

/** What a full pool says; whoever waits already is placed before anybody new. */
function noCapacity(plan: PlacementPlan, othersWait: boolean): Refusal {
  const { reasons, nextCapacityAt } =
    plan.kind === 'no-capacity' ? plan : { reasons: {}, nextCapacityAt: null };
  const detail = othersWait
    ? 'Others wait for a place: whoever comes now may wait behind them (onFull: wait-list)'
    : 'Every line is full or takes nobody';
  return new Refusal('fleet.no_capacity', detail, {
    reasons: othersWait ? { ...reasons, 'wait-list': 1 } : reasons,
    nextCapacityAt: nextCapacityAt === null ? null : new Date(nextCapacityAt).toISOString(),
  });
}

/** Where the person stands in the pool; null when nowhere, or no more. */
async function placeIn(
  stores: Stores,
  user: UserRecord,
  pool: PoolRecord,
): Promise<AssignmentRecord | null> {
  const assignment = await stores.assignments.of(user.id, pool.id);
  return assignment && assignment.state !== 'released' ? assignment : null;
}
