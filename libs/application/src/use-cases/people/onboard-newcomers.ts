import { Injectable } from '@nestjs/common';
import { at, type CardNumbers } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import { Batches } from '../../batches';
import {
  CardLinks,
  Digest,
  type ParsedHandle,
  Pause,
  type PoolRecord,
  type Stores,
  UnitOfWork,
  type UserRecord,
} from '../../ports';
import {
  actingAs,
  announcement,
  type Decision,
  Decisions,
  isFrozen,
  poolFor,
  type PoolScope,
  runningDay,
  snapshotFrom,
  startingSlowly,
  viewsOf,
} from '../shared';
import { askAboutNewcomers } from '../checks/ask-checks';
import { loadOf } from './assignment-load';
import { LostRace, type NewUser, userFrom } from './new-user';
import { type DealtSeat, PlacementDesk, type Seat } from './placement-desk';
import { optOutHashes } from './suppression';
import { noteTie, tieContext } from './tie';
import { cardLinesFrom, cardsFor, numbersOf } from './card';
import { type UserView, viewWith } from './user-view';

/** Somebody who comes with a handle. */
export interface Newcomer {
  readonly input: NewUser;
  readonly handle: ParsedHandle;
  readonly scope: PoolScope;
  readonly actor: Actor;
}

interface Queue {
  readonly batches: Batches<Newcomer, UserView | null>;
  waiting: number;
}

/** They wait for one lock, so there is one batch at a time; so many are planned within some tens of milliseconds. */
const BOUNDS = { most: 64, inFlight: 1 };
/** A batch takes tens of milliseconds however few it is for, so that a quarter of that is well spent on making it full. */
const GATHERING = { stepMs: 4, steps: 6 };

/** Beyond so many those of whom nobody is waiting are let go: somebody may name pools that do not exist. */
const MAX_QUEUES = 100;

/** Versions of cards that are remembered to have been kept: 10 MB at most. */
const MAX_CARDS = 50_000;

/**
 * Places people whom nobody knows yet, all who come at about the same time in one transaction under the pool's lock:
 * the lines are read once for them, and their rows are written together. Each is answered as if they had come alone.
 */
@Injectable()
export class OnboardNewcomers {
  /** By pool and scope. */
  private readonly queues = new Map<string, Queue>();
  private readonly cards = new Map<string, string>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly links: CardLinks,
    private readonly digest: Digest,
    private readonly pause: Pause,
  ) {}

  /**
   * Null when they are no plain newcomer, or none can be placed now: somebody known, a number of ours, one who said stop
   * before they were erased, a full or frozen fleet. Who asks then looks at them by themself. Refuses `pool.not_found` and
   * `pool.ambiguous`.
   */
  async place(newcomer: Newcomer): Promise<UserView | null> {
    const key = JSON.stringify([newcomer.input.pool, newcomer.scope]);
    const queue = this.queues.get(key) ?? { waiting: 0, batches: this.newBatches() };
    this.queues.set(key, queue);
    queue.waiting += 1;
    try {
      return await queue.batches.do(newcomer);
    } finally {
      queue.waiting -= 1;
      if (queue.waiting === 0 && this.queues.size > MAX_QUEUES) this.queues.delete(key);
    }
  }

  private newBatches(): Batches<Newcomer, UserView | null> {
    const bounds = { ...BOUNDS, gather: { ...GATHERING, pause: this.pause } };
    return new Batches(async (group) => {
      const placed = await this.placeGroup(group).catch((error: unknown) => {
        // Of several it is tried again one by one; one alone is not new any more.
        if (error instanceof LostRace && group.length === 1) return new Map<Newcomer, UserView>();
        throw error;
      });
      return group.map((newcomer) => placed.get(newcomer) ?? null);
    }, bounds);
  }

  /** Of one pool, as callers of one scope see it. */
  private async placeGroup(group: readonly Newcomer[]): Promise<Map<Newcomer, UserView>> {
    const [first] = group;
    if (!first) return new Map();
    // Whoever asks again does not wait for the pool.
    const unknown = await this.strangers(this.unitOfWork.read, group);
    if (unknown.length === 0) return new Map();
    const decision = await this.decisions.begin(first.actor);
    const done = await this.unitOfWork.run(async (stores) => {
      const pool = await poolFor(stores, first.input.pool, first.scope);
      await stores.pools.lock(pool.id);
      // Whoever held the lock before us may have placed some of them.
      const strangers = await this.strangers(stores, unknown);
      if (strangers.length === 0 || (await isFrozen(stores))) return null;
      // Nobody overtakes those who wait.
      if (await stores.waitList.isAny(pool.id)) return null;
      const lines = await viewsOf(stores, pool, decision);
      const desk = new PlacementDesk(
        pool,
        startingSlowly(snapshotFrom(lines, pool, decision), decision),
        decision,
      );
      const seats = new Map<Seat, Newcomer>();
      for (const newcomer of strangers) {
        const by = actingAs(newcomer.actor, decision);
        const seat = desk.seat(userOf(newcomer, by), newcomer.input.startedBy, by);
        if (seat) seats.set(seat, newcomer);
      }
      const dealt = await desk.deal(stores, [...seats.keys()], decision);
      await this.write(stores, pool, dealt, desk, decision);
      return { pool, lines, dealt, newcomers: [...seats.values()] };
    });
    if (!done) return new Map();
    const { pool, lines, dealt, newcomers } = done;
    const cards = dealt.map(({ assignment }) => cardLinesFrom(lines, assignment));
    const versions = await this.versionsOf(pool, cards.map(numbersOf), decision);
    const views = dealt.map(({ user, assignment, decision: by }, i) => {
      // Nobody was sent a card before they were placed.
      const card = { version: at(versions, i), due: 'none' } as const;
      const view = viewWith(at(cards, i), card, this.links, by, { user, pool, assignment });
      return [at(newcomers, i), view] as const;
    });
    return new Map(views);
  }

  /** Cards are kept for ever: whoever comes after the first with the same numbers costs no look. */
  private async versionsOf(
    pool: PoolRecord,
    wanted: readonly CardNumbers[],
    decision: Decision,
  ): Promise<string[]> {
    const keys = wanted.map((numbers) => [pool.id, pool.cardRevisedAt, ...numbers].join(' '));
    const known = keys.flatMap((key) => this.cards.get(key) ?? []);
    if (known.length === keys.length) return known;
    const versions = await cardsFor(this.unitOfWork.read, pool, wanted, decision);
    if (this.cards.size + keys.length > MAX_CARDS) this.cards.clear();
    keys.forEach((key, i) => this.cards.set(key, at(versions, i)));
    return versions;
  }

  /** Who is known neither to us nor named twice here. */
  private async strangers(stores: Stores, group: readonly Newcomer[]): Promise<Newcomer[]> {
    const unknown = await stores.users.strangers(
      group.map(({ input, handle }) => ({
        handle: handle.value,
        externalId: input.externalId ?? null,
        optOutHashes: optOutHashes(handle, this.digest),
      })),
    );
    const named = new Set<string>();
    return group.filter(({ input, handle }, i) => {
      const { externalId } = input;
      const names = [`handle ${handle.value}`, ...(externalId ? [`id ${externalId}`] : [])];
      if (!unknown[i] || names.some((name) => named.has(name))) return false;
      for (const name of names) named.add(name);
      return true;
    });
  }

  private async write(
    stores: Stores,
    pool: PoolRecord,
    seats: readonly DealtSeat[],
    { snapshot }: PlacementDesk,
    decision: Decision,
  ): Promise<void> {
    if (seats.length === 0) return;
    if (!(await stores.users.insertAll(seats.map(({ user }) => user)))) throw new LostRace();
    await askAboutNewcomers(
      stores,
      seats.map(({ user }) => user),
      pool,
      decision,
    );
    await stores.assignments.insertAll(
      seats.map(({ assignment, decision: by }) => ({
        assignment,
        context: tieContext(assignment, by),
      })),
    );
    const deltas = seats.flatMap(({ assignment }) => loadOf(assignment, 1, 1));
    await stores.lines.addLoad(deltas, runningDay(pool, decision), decision.now);
    await stores.outbox.append(
      seats.map(({ user, assignment, decision: by }) =>
        announcement(by, 'user.onboarded', {
          userId: user.id,
          assignmentId: assignment.id,
          lineId: assignment.lineId,
          fallbackLineIds: assignment.fallbackLineIds,
        }),
      ),
    );
    for (const { assignment, plan, dealt, decision: by, startedBy, lineId } of seats) {
      const tie = { lineId, state: 'reserved', startedBy, explanation: plan } as const;
      noteTie(stores, assignment, tie, dealt, snapshot, by);
    }
  }
}

function userOf({ input, handle }: Newcomer, { now, newId }: Decision): UserRecord {
  return { ...userFrom(input, newId(), now), handles: [handle] };
}
