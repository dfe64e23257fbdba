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
import { announce, type Decision, Decisions, note, poolFor, snapshotOf, Turns } from '../shared';
import { codeHash, codeOf, MAX_OPEN_CODES } from './codes';
import { recallOptOut } from './suppression';
import { planPlace, tieUser } from './tie';
import { type UserView, viewUser } from './user-view';

export interface NewUser {
  readonly handle?: string | undefined;
  readonly externalId?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly pool?: string | undefined;
  readonly startedBy: 'inbound' | 'outbound';
  readonly expectedMessagesPerDay?: number | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly consent?: { readonly source: string; readonly at: string } | undefined;
  /** A UUID for the user that this request makes without a handle; a repetition within a day answers with that user. */
  readonly workId?: string | undefined;
}

export interface Onboarded extends UserView {
  readonly created: boolean;
  /** In clear, to whom made the reservation: only its hash is kept. */
  readonly code: string | null;
}

/** Placements wait for each other at the pool's row; losing a race so often in a row means overload. */
const MAX_ATTEMPTS = 4;

/** Refusals that are about the fleet, and not about what was asked. */
const NO_PLACE: ReadonlySet<RefusalCode> = new Set(['fleet.no_capacity', 'fleet.frozen']);

/** Someone else took the handle or external id between our look and our write. */
class LostRace extends Error {}

/**
 * Places a new user: primary and fallbacks at once, in one short transaction under the pool's lock. The same
 * handle again gets the same assignment. Refuses `fleet.no_capacity` with the reasons and when capacity is due.
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
  ) {}

  async execute(input: NewUser, actor: Actor, poolIds: readonly string[] = []): Promise<Onboarded> {
    const handle = this.parsed(input.handle);
    if (input.timeZone !== undefined && !isZone(input.timeZone)) {
      throw new Refusal('time_zone.invalid', `"${input.timeZone}" is not an IANA time zone`);
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.turns.take(input.pool ?? '', async () => {
          const decision = await this.decisions.begin(actor);
          return this.unitOfWork.run((stores) =>
            this.once(stores, input, handle, poolIds, decision),
          );
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
    poolIds: readonly string[],
    decision: Decision,
  ): Promise<Onboarded> {
    const pool = await poolFor(stores, input.pool, poolIds);
    const before = await this.existing(stores, input, handle, pool, decision);
    if (before) return before;
    await stores.pools.lock(pool.id);
    // Whoever held the lock before us may have placed this very handle.
    const meanwhile = await this.existing(stores, input, handle, pool, decision);
    if (meanwhile) return meanwhile;
    await this.refuseWhenFrozen(stores);
    const user = await this.userFor(stores, input, handle, decision);
    const snapshot = await snapshotOf(stores, pool, decision);
    const plan = planPlace(user, snapshot, decision);
    const lineId = await this.lineOf(stores, plan, snapshot);
    const assignment = await tieUser(
      stores,
      pool,
      user,
      { lineId, state: 'reserved', startedBy: input.startedBy, explanation: plan },
      snapshot,
      decision,
    );
    const code = handle ? null : await this.reserveCode(stores, assignment, decision);
    await announce(stores, decision, 'user.onboarded', {
      userId: user.id,
      assignmentId: assignment.id,
      lineId,
      fallbackLineIds: assignment.fallbackLineIds,
    });
    const view = await viewUser(stores, this.links, decision, { user, pool, assignment });
    return { ...view, created: true, code };
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

  /** The same handle again, with a place in this pool: the same answer. */
  private async existing(
    stores: Stores,
    input: NewUser,
    handle: ParsedHandle | null,
    pool: PoolRecord,
    decision: Decision,
  ): Promise<Onboarded | null> {
    if (!handle) return this.made(stores, input, pool, decision);
    const user = await stores.users.byHandle(handle.value);
    if (!user) return null;
    if (
      input.externalId !== undefined &&
      user.externalId !== null &&
      user.externalId !== input.externalId &&
      (await stores.users.byExternalId(input.externalId))?.id !== user.id
    ) {
      throw new Refusal('handle.taken', 'The handle belongs to a user with another external id');
    }
    const assignment = await stores.assignments.of(user.id, pool.id);
    if (!assignment || assignment.state === 'released') return null;
    const view = await viewUser(stores, this.links, decision, { user, pool, assignment });
    return { ...view, created: false, code: null };
  }

  /** What this very request made before, if its answer was lost: the first answer again. */
  private async made(
    stores: Stores,
    { workId }: NewUser,
    pool: PoolRecord,
    decision: Decision,
  ): Promise<Onboarded | null> {
    const user = workId === undefined ? null : await stores.users.byId(workId);
    // After a day the caller's key is free again, and means somebody else.
    const isRecent = user !== null && user.createdAt > decision.now - DAY_MS;
    const assignment = isRecent && (await stores.assignments.of(user.id, pool.id));
    if (!assignment || assignment.state === 'released') return null;
    const view = await viewUser(stores, this.links, decision, { user, pool, assignment });
    // Who became part of another user since has no use for the code any more.
    const code = user.id === workId ? codeOf(this.digest, assignment.id) : null;
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

  private async userFor(
    stores: Stores,
    input: NewUser,
    handle: ParsedHandle | null,
    decision: Decision,
  ): Promise<UserRecord> {
    const known = handle && (await stores.users.byHandle(handle.value));
    if (known) return known;
    if (handle && (await stores.lines.byPhoneNumber(handle.value))) {
      throw new Refusal('handle.own_line', 'That number is one of our own lines');
    }
    if (input.externalId !== undefined && (await stores.users.byExternalId(input.externalId))) {
      throw new Refusal(
        'external_id.taken',
        `"${input.externalId}" belongs to a user with another handle`,
      );
    }
    const named = handle ? undefined : input.workId;
    // One that is there already is over: it was let go or erased since.
    const id = named !== undefined && !(await stores.users.byId(named)) ? named : decision.newId();
    const user: UserRecord = {
      id,
      externalId: input.externalId ?? null,
      timeZone: input.timeZone ?? null,
      labels: input.labels ?? [],
      consent: input.consent ?? null,
      expectedPerDay: input.expectedMessagesPerDay ?? null,
      discovered: false,
      createdAt: decision.now,
      erasedAt: null,
      handles: [],
      suppression: null,
    };
    await stores.users.insert(user);
    if (handle && !(await stores.users.addHandle(user.id, handle, decision.now)))
      throw new LostRace();
    if (!handle) return user;
    return recallOptOut(stores, { ...user, handles: [handle] }, handle, this.digest, decision);
  }

  /** The best candidate; in observe also the least used line that is open, since nothing may be refused there. */
  private async lineOf(
    stores: Stores,
    plan: PlacementPlan,
    snapshot: FleetSnapshot,
  ): Promise<string> {
    const best = plan.kind === 'placed' ? plan.candidates[0] : undefined;
    if (best) return best.lineId;
    const environment = await stores.environment.get();
    if (environment?.actuators.admission === 'observe') {
      const open = snapshot.lines
        .filter((line) => whyNoNewUsers(line, snapshot.now) === null)
        .sort((a, b) => a.meanMilli / a.todayCap - b.meanMilli / b.todayCap)[0];
      if (open) return open.id;
    }
    const { reasons, nextCapacityAt } =
      plan.kind === 'no-capacity' ? plan : { reasons: {}, nextCapacityAt: null };
    throw new Refusal('fleet.no_capacity', 'Every line is full or takes nobody', {
      reasons,
      nextCapacityAt: nextCapacityAt === null ? null : new Date(nextCapacityAt).toISOString(),
    });
  }

  private async reserveCode(
    stores: Stores,
    assignment: { readonly id: string; readonly expiresAt: number | null },
    decision: Decision,
  ): Promise<string> {
    const keyId =
      decision.by.kind === 'app' || decision.by.kind === 'operator' ? decision.by.id : null;
    if ((await stores.assignments.openCodes(keyId, decision.now)) >= MAX_OPEN_CODES) {
      throw new Refusal('code.too_many_open', `${MAX_OPEN_CODES} codes of this key are open`, {
        retryAfterSeconds: 60,
      });
    }
    const code = codeOf(this.digest, assignment.id);
    await stores.assignments.insertCode({
      codeHash: codeHash(this.digest, code),
      assignmentId: assignment.id,
      keyId,
      createdAt: decision.now,
      expiresAt: assignment.expiresAt ?? decision.now,
    });
    return code;
  }
}
