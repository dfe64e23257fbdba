import { Injectable } from '@nestjs/common';
import { DAY_MS, HOUR_MS, type SkippedBecause, stillGood } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import { type ProposalRecord, type Stores, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { moveAssignment } from '../people/move';
import { announce, audit, type Decision, Decisions, isFrozen, poolOf, snapshotOf } from '../shared';
import { peopleOn, type ProposedMove, type ProposedPlan } from './propose-rebalance';

/** A plan is made anew each hour; one that is older than two of them is of another day's traffic. */
const FRESH_MS = 2 * HOUR_MS;
/** How the reasons of its moves begin: the limit of a day is counted by it. */
const REASON = 'rebalance: ';

export interface AppliedRebalance {
  readonly proposalId: string;
  readonly version: number;
  readonly moved: number;
  readonly skipped: readonly { readonly userId: string; readonly because: SkippedBecause }[];
}

export interface ApplyRequest {
  readonly proposalId: string;
  /** The version of the proposal that was looked at. */
  readonly basedOn: number;
  readonly reason: string;
  readonly dryRun: boolean;
  /** Only users of these lines; null: of all. */
  readonly fromLines: readonly string[] | null;
}

/**
 * Carries out what was proposed, in one transaction under the locks of the pools. Each move is looked at again as the
 * fleet is now, and what does not hold any more is skipped with its reason; so is whoever changed since, by the epoch of
 * their place. A second call moves nobody.
 */
@Injectable()
export class ApplyRebalance {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  /** Refuses `rebalance.not_found`, `rebalance.applied`, `rebalance.stale`, `precondition.stale` and `fleet.frozen`. */
  async execute(request: ApplyRequest, actor: Actor): Promise<AppliedRebalance> {
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      if (await isFrozen(stores)) {
        throw new Refusal('fleet.frozen', 'An operator froze the fleet: nobody is moved');
      }
      const proposal = await stores.jobs.lockProposal(request.proposalId);
      await refuseUnfit(stores, proposal, request, decision);
      const { moves } = proposal?.body as ProposedPlan;
      const wanted = moves.filter(
        ({ fromLineId }) => request.fromLines?.includes(fromLineId) ?? true,
      );
      const skipped: AppliedRebalance['skipped'][number][] = [];
      let moved = 0;
      // In the order of their ids, as whoever locks several pools does.
      for (const poolId of [...new Set(wanted.map((move) => move.poolId))].sort()) {
        const own = wanted.filter((move) => move.poolId === poolId);
        const done = await applyIn(stores, poolId, own, request.dryRun, decision);
        moved += done.moved;
        skipped.push(...done.skipped);
      }
      const version = (proposal?.version ?? 0) + (request.dryRun ? 0 : 1);
      const applied = { proposalId: request.proposalId, version, moved, skipped };
      if (!request.dryRun) await record(stores, applied, request.reason, decision);
      return applied;
    });
  }
}

async function refuseUnfit(
  stores: Stores,
  proposal: ProposalRecord | null,
  { proposalId, basedOn }: ApplyRequest,
  decision: Decision,
): Promise<void> {
  if (proposal?.kind !== 'rebalance') {
    throw new Refusal('rebalance.not_found', `There is no proposal ${proposalId}`);
  }
  if (basedOn !== proposal.version) {
    throw new Refusal('precondition.stale', `Version ${proposal.version} is the current one`, {
      current: proposal.version,
      given: basedOn,
    });
  }
  if (proposal.appliedAt !== null) {
    throw new Refusal('rebalance.applied', 'It was carried out already', {
      appliedAt: new Date(proposal.appliedAt).toISOString(),
    });
  }
  const newest = await stores.jobs.latestProposal('rebalance');
  if (newest && newest.id !== proposalId) {
    throw new Refusal('rebalance.stale', `There is a newer proposal, ${newest.id}`, {
      newest: newest.id,
    });
  }
  if (decision.now - proposal.at > FRESH_MS) {
    throw new Refusal('rebalance.stale', 'It is more than two hours old: propose anew');
  }
  if (proposal.policyVersion !== decision.policyVersion) {
    throw new Refusal('rebalance.stale', 'The policy has changed since: propose anew');
  }
}

async function applyIn(
  stores: Stores,
  poolId: string,
  proposed: readonly ProposedMove[],
  dryRun: boolean,
  decision: Decision,
): Promise<Pick<AppliedRebalance, 'moved' | 'skipped'>> {
  const pool = await poolOf(stores, poolId);
  await stores.pools.lock(pool.id);
  const { lines, outlook } = await snapshotOf(stores, pool, decision);
  const people = new Map(
    (
      await Promise.all(
        [...new Set(proposed.map(({ fromLineId }) => fromLineId))].map((id) =>
          peopleOn(stores, pool, id),
        ),
      )
    )
      .flat()
      .map((person) => [person.user.userId, person]),
  );
  // Whose place has changed since is not looked at any further.
  const unchanged = [...people.values()].filter(({ assignment }) =>
    proposed.some(({ assignmentId, epoch }) => {
      return assignmentId === assignment.id && epoch === assignment.epoch;
    }),
  );
  const { moves, skipped } = stillGood(
    proposed,
    {
      now: decision.now,
      lines,
      outlook,
      users: unchanged.map(({ user }) => user),
      fleetUsers: lines.reduce((sum, line) => sum + line.users, 0),
      movedToday: await stores.assignments.movedSince(pool.id, REASON, decision.now - DAY_MS),
    },
    decision.policy,
  );
  if (dryRun) return { moved: moves.length, skipped };
  const lost: AppliedRebalance['skipped'][number][] = [];
  for (const { userId, toLineId, reason } of moves) {
    const assignment = people.get(userId)?.assignment;
    const move = { toLineId, state: 'confirmed', reason: `${REASON}${reason}` } as const;
    const done = assignment && (await moveAssignment(stores, pool, assignment, move, decision));
    if (!done) lost.push({ userId, because: 'moved-meanwhile' });
  }
  return { moved: moves.length - lost.length, skipped: [...skipped, ...lost] };
}

async function record(
  stores: Stores,
  { proposalId, moved, skipped }: AppliedRebalance,
  reason: string,
  decision: Decision,
): Promise<void> {
  await stores.jobs.applied(proposalId, { moved, skipped }, decision.now);
  await audit(stores, decision, {
    action: 'rebalance.apply',
    subjectType: 'proposal',
    subjectId: proposalId,
    reason,
    change: { moved, skipped: skipped.length },
  });
  await announce(stores, decision, 'rebalance.applied', {
    proposalId,
    moved,
    skipped: skipped.length,
  });
}
