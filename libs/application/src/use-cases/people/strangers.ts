import { type LineView, whyCannotSend } from '@linekeeper/domain';
import type {
  AssignmentRecord,
  Digest,
  LineRecord,
  ParsedHandle,
  Stores,
  UserRecord,
} from '../../ports';
import { announce, type Decision, mayAct, poolOf, snapshotOf } from '../shared';
import { codeHash, codesIn } from './codes';
import { mergePeople } from './merge-people';
import { strandAssignment } from './move';
import { recallOptOut } from './suppression';
import { planPlace, tieUser } from './tie';

export interface Bound {
  readonly user: UserRecord;
  readonly assignment: AssignmentRecord;
}

/**
 * Binds a person who texted us to the line they texted: always, because that is the number they know. Beyond
 * admission they stand there as overflow; a line that cannot answer leaves them in needs-introduction. `known` is
 * the person when the handle is known but has no place in this pool. Locks the pool.
 */
export async function bindStranger(
  stores: Stores,
  line: LineRecord,
  handle: ParsedHandle,
  known: UserRecord | null,
  digest: Digest,
  decision: Decision,
): Promise<Bound> {
  const pool = await poolOf(stores, line.poolId);
  await stores.pools.lock(pool.id);
  const user =
    known ??
    (await stores.users.byHandle(handle.value)) ??
    (await insertNewcomer(stores, handle, digest, decision));
  const earlier = await stores.assignments.of(user.id, pool.id);
  if (earlier && earlier.state !== 'released') return { user, assignment: earlier };
  const snapshot = await snapshotOf(stores, pool, decision);
  const plan = planPlace(user, snapshot, decision, [line.id]);
  const tied = await tieUser(
    stores,
    pool,
    user,
    {
      lineId: line.id,
      state: plan.kind === 'placed' ? 'confirmed' : 'overflow',
      startedBy: 'inbound',
      explanation: plan,
    },
    snapshot,
    decision,
  );
  await announce(stores, decision, 'user.discovered', {
    userId: user.id,
    assignmentId: tied.id,
    lineId: line.id,
    state: tied.state,
  });
  return { user, assignment: await strandOnMuteLine(stores, tied, snapshot.lines, decision) };
}

async function insertNewcomer(
  stores: Stores,
  handle: ParsedHandle,
  digest: Digest,
  decision: Decision,
): Promise<UserRecord> {
  const user: UserRecord = {
    id: decision.newId(),
    externalId: null,
    timeZone: null,
    labels: [],
    consent: null,
    expectedPerDay: null,
    discovered: true,
    createdAt: decision.now,
    erasedAt: null,
    handles: [handle],
    suppression: null,
  };
  await stores.users.insert(user);
  return recallOptOut(stores, user, handle, digest, decision);
}

/** The one number this person knows is mute, so no line of ours may answer unannounced. */
async function strandOnMuteLine(
  stores: Stores,
  assignment: AssignmentRecord,
  lines: readonly LineView[],
  decision: Decision,
): Promise<AssignmentRecord> {
  const line = lines.find(({ id }) => id === assignment.lineId);
  if (!line || whyCannotSend(line, 'reply') === null) return assignment;
  const reason = 'texted a line that cannot answer';
  const { userId, id: assignmentId, lineId } = assignment;
  const data = { userId, assignmentId, lineId, reason };
  const wouldBe = { event: 'assignment.needs-introduction', data } as const;
  if (!(await mayAct(stores, decision, 'failover', wouldBe))) return assignment;
  await strandAssignment(stores, assignment, reason, decision);
  return (await stores.assignments.byId(assignment.id)) ?? assignment;
}

/**
 * The first inbound that carries an open code claims its reservation for the sender: a new handle joins the user
 * whom the code was made for, and a handle of another user makes the two one person, under the id of the code's
 * user. Call it only when the transaction has taken the people. Null when no open code is in the text.
 */
export async function claimReservation(
  stores: Stores,
  text: string,
  sender: { readonly handle: ParsedHandle; readonly known: UserRecord | null },
  digest: Digest,
  decision: Decision,
): Promise<Bound | null> {
  for (const code of codesIn(text)) {
    const made = await stores.assignments.takeCode(codeHash(digest, code), decision.now);
    // Its user may have become part of another one since.
    if (made === null) continue;
    const owner = await stores.users.byId(made.userId);
    if (owner?.erasedAt !== null) continue;
    const reserved = await stores.assignments.of(owner.id, made.poolId);
    if (!reserved || reserved.state === 'released') continue;
    const user = await joined(stores, owner, sender, digest, decision);
    const assignment = user && (await stores.assignments.of(user.id, made.poolId));
    if (!user || !assignment) continue;
    await announce(stores, decision, 'user.claimed', {
      userId: user.id,
      assignmentId: assignment.id,
    });
    return { user, assignment };
  }
  return null;
}

/** The code's user with the sender's handle; null when the handle went to somebody else at this moment. */
async function joined(
  stores: Stores,
  owner: UserRecord,
  { handle, known }: { readonly handle: ParsedHandle; readonly known: UserRecord | null },
  digest: Digest,
  decision: Decision,
): Promise<UserRecord | null> {
  if (known?.id === owner.id) return owner;
  if (known) {
    await mergePeople(stores, owner, known, 'wrote the code of this user', decision);
    return stores.users.byId(owner.id);
  }
  if (!(await stores.users.addHandle(owner.id, handle, decision.now))) return null;
  const claimed = await stores.users.byId(owner.id);
  return claimed && recallOptOut(stores, claimed, handle, digest, decision);
}
