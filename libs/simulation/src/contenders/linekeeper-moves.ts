import {
  type ContactUse,
  DAY_MS,
  type FailoverUser,
  type FleetPolicy,
  planFailover,
  planRebalance,
} from '@linekeeper/domain';
import { epochHoursOf } from '../fleet/epoch-hours';
import { type Fleet, NOWHERE } from '../fleet/fleet';
import { instantOf, secondsOf, ZONE } from '../kernel/calendar';
import type { Arena, FailoverDecision } from './contender';
import type { Forecasts } from './forecasts';

/** Moves of users by the domain's plans: off a flagged line, and off hot ones. */
export class LinekeeperMoves {
  private readonly fleet: Fleet;
  private readonly policy: FleetPolicy;
  private readonly lastMovedAt = new Map<number, number>();
  /** First contacts that each target has promised. */
  private readonly slots = new Map<string, number[]>();

  constructor(
    private readonly arena: Arena,
    private readonly forecasts: Forecasts,
  ) {
    this.fleet = arena.fleet;
    this.policy = arena.fleet.policy;
  }

  onFlag(line: number, seconds: number): FailoverDecision {
    const now = instantOf(seconds);
    const users = this.fleet.usersOn(line);
    const plan = planFailover(
      {
        now,
        zone: ZONE,
        lineId: this.fleet.line(line).id,
        users: users.map((user) => this.failoverUser(user)),
        lines: this.fleet.linesForAdmission(),
        contacts: this.contactUses(now),
        movedIn: this.movedIn(now),
        outlook: this.forecasts.outlook,
      },
      this.policy,
    );
    for (const { userId, toLineId, contactSlotAt } of plan.moves) {
      this.lastMovedAt.set(userOf(userId), now);
      if (contactSlotAt === null) continue;
      this.slots.set(toLineId, [...(this.slots.get(toLineId) ?? []), contactSlotAt]);
    }
    return {
      moves: plan.moves.map((move) => ({
        user: userOf(move.userId),
        to: this.fleet.indexOf(move.toLineId),
        contactAt: move.contactSlotAt === null ? null : secondsOf(move.contactSlotAt),
        reason: `${move.mode}: ${move.reason}`,
      })),
      stranded: plan.stranded.map(({ userId }) => userOf(userId)),
      etaAt: secondsOf(plan.etaAt),
      paced: true,
    };
  }

  rebalance(seconds: number): { user: number; to: number; reason: string }[] {
    const { lineOf, lastInAt, lastOutAt, lines } = this.fleet;
    const users: Parameters<typeof planRebalance>[0]['users'][number][] = [];
    const hot = planRebalance(this.rebalanceInput(seconds, []), this.policy).remedies;
    const hotLines = new Set(hot.map(({ lineId }) => this.fleet.indexOf(lineId)));
    if (hotLines.size === 0) return [];
    for (let user = 0; user < this.fleet.users; user += 1) {
      const line = lineOf[user] ?? NOWHERE;
      if (!hotLines.has(line)) continue;
      const last = Math.max(lastInAt[user] ?? -1, lastOutAt[user] ?? -1);
      users.push({
        userId: userIdOf(user),
        lineId: lines[line]?.id ?? '',
        ...this.forecasts.load(user),
        knownLineIds: this.knownIds(user),
        lastMessageAt: last < 0 ? null : instantOf(last),
        lastMovedAt: this.lastMovedAt.get(user) ?? null,
        pinned: false,
      });
    }
    const { moves } = planRebalance(this.rebalanceInput(seconds, users), this.policy);
    for (const { userId } of moves) this.lastMovedAt.set(userOf(userId), instantOf(seconds));
    return moves.map(({ userId, toLineId, reason }) => ({
      user: userOf(userId),
      to: this.fleet.indexOf(toLineId),
      reason,
    }));
  }

  private rebalanceInput(
    seconds: number,
    users: Parameters<typeof planRebalance>[0]['users'],
  ): Parameters<typeof planRebalance>[0] {
    const fleetUsers = this.fleet.lines.reduce((sum, line) => sum + line.users, 0);
    const { outlook } = this.forecasts;
    return {
      now: instantOf(seconds),
      lines: this.fleet.linesForAdmission(),
      users,
      fleetUsers,
      outlook,
    };
  }

  private failoverUser(user: number): FailoverUser {
    const { lastInAt, lastOutAt } = this.fleet;
    return {
      userId: userIdOf(user),
      ...this.forecasts.load(user),
      knownLineIds: this.knownIds(user),
      lastInboundAt: instantOrNull(lastInAt[user] ?? -1),
      lastOutboundAt: instantOrNull(lastOutAt[user] ?? -1),
      unansweredTurns: 0,
      chatHealth: null,
    };
  }

  private knownIds(user: number): string[] {
    return this.arena.holds(user).map((line) => this.fleet.line(line).id);
  }

  /** Of each line's mean, what came to it by moves of the last day. */
  private movedIn(now: number): Map<string, number> {
    const movedIn = new Map<string, number>();
    for (const [user, at] of this.lastMovedAt) {
      const line = this.fleet.lineOf[user] ?? NOWHERE;
      if (at <= now - DAY_MS || line === NOWHERE) continue;
      const { id } = this.fleet.line(line);
      movedIn.set(id, (movedIn.get(id) ?? 0) + this.forecasts.load(user).meanMilli);
    }
    return movedIn;
  }

  private contactUses(now: number): Map<string, ContactUse> {
    return new Map(
      this.fleet.lines.map(({ id }) => {
        const index = this.fleet.indexOf(id);
        const { last24h, lastHour } = this.arena.contactsOf(index);
        const scheduled = (this.slots.get(id) ?? []).filter((at) => at > now);
        const carried = {
          sendCap: this.fleet.line(index).todayCap,
          hours: epochHoursOf(this.fleet.usage, index),
        };
        return [id, { last24h, lastHour, scheduled, carried }];
      }),
    );
  }
}

const USER_PREFIX = 'user-';
/** The domain knows users by an id. */
export const userIdOf = (user: number): string => `${USER_PREFIX}${user}`;
const userOf = (userId: string): number => Number(userId.slice(USER_PREFIX.length));
const instantOrNull = (seconds: number): number | null => (seconds < 0 ? null : instantOf(seconds));
