import { Injectable } from '@nestjs/common';
import {
  loadWith,
  planRebalance,
  projectedUse,
  rampCap,
  type RebalanceMove,
  type RebalancePlan,
  type RebalanceUser,
} from '@linekeeper/domain';
import type { Actor } from '../../actor';
import {
  type AssignmentRecord,
  type PoolRecord,
  type ProposalRecord,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { announce, type Decision, Decisions, note, snapshotOf } from '../shared';

/** A line carries some hundred users; more than this are not looked at in one proposal. */
const MAX_USERS_PER_LINE = 5_000;

/** Nobody more than who is there. */
const NOBODY = { meanMilli: 0, varianceMilli: 0 };

/** A move that was proposed, of the place as it was then. */
export interface ProposedMove extends RebalanceMove {
  readonly poolId: string;
  readonly assignmentId: string;
  readonly epoch: number;
}

export interface ProposedPlan extends Omit<RebalancePlan, 'moves'> {
  readonly moves: readonly ProposedMove[];
}

export interface RebalanceProposal {
  /** Null when nothing was kept: it was only asked, or nothing is to be done. */
  readonly proposalId: string | null;
  readonly plan: ProposedPlan;
}

/** Proposes what would relieve lines beyond their cap, with reasons. It moves nobody: the default is not to move. */
@Injectable()
export class ProposeRebalance {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  /** `dryRun` keeps no proposal. */
  async execute(actor: Actor, dryRun: boolean): Promise<RebalanceProposal> {
    const decision = await this.decisions.begin(actor);
    const { read } = this.unitOfWork;
    const plans: ProposedPlan[] = [];
    for (const pool of await read.pools.list()) plans.push(await planFor(read, pool, decision));
    const plan = {
      remedies: plans.flatMap(({ remedies }) => remedies),
      moves: plans.flatMap(({ moves }) => moves),
    };
    if (dryRun || plan.remedies.length === 0) return { proposalId: null, plan };
    const proposalId = decision.newId();
    await this.unitOfWork.run(async (stores) => {
      await stores.jobs.insertProposal({
        id: proposalId,
        kind: 'rebalance',
        body: plan,
        policyVersion: decision.policyVersion,
        at: decision.now,
      });
      note(stores, decision, {
        kind: 'rebalance',
        outcome: 'proposed',
        reasons: ['projected use beyond the cap'],
        inputs: { proposalId, lines: plan.remedies, moves: plan.moves.length },
      });
      await announce(stores, decision, 'rebalance.proposed', {
        proposalId,
        lines: plan.remedies.map(({ lineId, share }) => ({ lineId, share })),
        moves: plan.moves.length,
      });
    });
    return { proposalId, plan };
  }

  latest(): Promise<ProposalRecord | null> {
    return this.unitOfWork.read.jobs.latestProposal('rebalance');
  }
}

async function planFor(
  stores: Stores,
  pool: PoolRecord,
  decision: Decision,
): Promise<ProposedPlan> {
  const { lines, outlook } = await snapshotOf(stores, pool, decision);
  const { policy } = decision;
  // Users are only read for lines that a remedy could name.
  const hot = lines.filter(
    (line) =>
      projectedUse(loadWith(line, NOBODY), policy, outlook) >
      policy.rebalance.highShare * rampCap(line, policy),
  );
  const people: MovablePerson[] = [];
  for (const line of hot) people.push(...(await peopleOn(stores, pool, line.id)));
  const fleetUsers = lines.reduce((sum, line) => sum + line.users, 0);
  const users = people.map(({ user }) => user);
  const plan = planRebalance({ now: decision.now, lines, users, fleetUsers, outlook }, policy);
  const places = new Map(people.map(({ assignment }) => [assignment.userId, assignment]));
  const moves = plan.moves.flatMap((move) => {
    const place = places.get(move.userId);
    if (!place) return [];
    return [{ ...move, poolId: pool.id, assignmentId: place.id, epoch: place.epoch }];
  });
  return { remedies: plan.remedies, moves };
}

/** Somebody as rebalancing sees them, and their place. */
export interface MovablePerson {
  readonly user: RebalanceUser;
  readonly assignment: AssignmentRecord;
}

/** Those on a line who could be moved: who waits for an introduction, or has yet to write, is not for rebalancing. */
export async function peopleOn(
  stores: Stores,
  pool: PoolRecord,
  lineId: string,
): Promise<MovablePerson[]> {
  const all = await stores.assignments.onLine(lineId, { limit: MAX_USERS_PER_LINE });
  const assignments = all.filter(({ state }) => state === 'confirmed' || state === 'overflow');
  const ids = assignments.map(({ userId }) => userId);
  const [known, conversations] = await Promise.all([
    stores.cards.known(ids),
    stores.conversations.ofUsers(ids, pool.id, lineId),
  ]);
  const numbers = new Map<string, string[]>();
  for (const each of known)
    numbers.set(each.userId, [...(numbers.get(each.userId) ?? []), each.lineId]);
  const talks = new Map(conversations.map((each) => [each.userId, each]));
  return assignments.map((assignment) => {
    const talk = talks.get(assignment.userId);
    const last = Math.max(talk?.lastInboundAt ?? 0, talk?.lastOutboundAt ?? 0);
    const user = {
      userId: assignment.userId,
      lineId,
      meanMilli: assignment.meanMilli,
      varianceMilli: assignment.varianceMilli,
      knownLineIds: numbers.get(assignment.userId) ?? [],
      lastMessageAt: last === 0 ? null : last,
      lastMovedAt: assignment.lastMovedAt,
      pinned: assignment.pinned,
    };
    return { user, assignment };
  });
}
