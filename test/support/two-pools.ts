import { Clock, ManageKeys, type Role, UnitOfWork } from '@linekeeper/application';
import { lineNumbers, type Onboarded, personNumber, type SendAnswer } from './fleet';
import { ok } from './http';
import type { TestService } from './service';
import type { TestSimulator } from './simulator';

/** Lines that the simulator must list: three a pool, and one that is no line yet. */
export const TWO_POOL_NUMBERS = lineNumbers(7);

/** One of everything that a pool can have. */
export interface PoolWithAll {
  readonly id: string;
  readonly slug: string;
  readonly lineId: string;
  readonly lineIds: readonly string[];
  readonly phoneNumbers: readonly string[];
  readonly userId: string;
  readonly handle: string;
  readonly cardVersion: string;
  readonly sendId: string;
  readonly failoverId: string;
}

/** Two brands on one service, each with three lines, a person who waits for an answer, and a failover behind them. */
export async function raiseTwoPools(
  service: TestService,
  simulator: TestSimulator,
): Promise<[PoolWithAll, PoolWithAll]> {
  const { pools } = service.nest.get(UnitOfWork).read;
  const [first] = await pools.list();
  if (!first) throw new Error('The first pool is missing');
  const second = { ...first, id: '00000000-0000-7000-8000-00000000000b', slug: 'other' };
  await pools.insert({ ...second, name: 'Other pool' });
  const both: [PoolWithAll, PoolWithAll] = [
    await fill(service, simulator, first, TWO_POOL_NUMBERS.slice(0, 3), personNumber(1)),
    await fill(service, simulator, second, TWO_POOL_NUMBERS.slice(3, 6), personNumber(2)),
  ];
  for (const pool of both) await addGroup(service, pool);
  const reason = 'for the test';
  await ok(service.admin.post('/v1/admin/jobs/assess-losses/run', { reason }));
  return both;
}

/** What takes a long story to come about: a group on the line. */
async function addGroup(service: TestService, pool: PoolWithAll): Promise<void> {
  const { conversations } = service.nest.get(UnitOfWork).read;
  const at = service.nest.get(Clock).now();
  await conversations.saveChats([
    {
      id: `group-of-${pool.slug}`,
      conversationId: null,
      lineId: pool.lineId,
      isGroup: true,
      health: 'HEALTHY',
      healthAt: null,
      service: null,
      startedBy: null,
      createdAt: at,
      lastActivityAt: at,
      lastSharedAt: null,
      shares: 0,
      imessageSeenAt: null,
    },
  ]);
}

/** Lets the person of a pool wait for a place, or no more: while somebody waits nobody new is placed. */
export async function letWait(
  service: TestService,
  { userId, id: poolId }: PoolWithAll,
  waits: boolean,
): Promise<void> {
  const { waitList } = service.nest.get(UnitOfWork).read;
  const since = service.nest.get(Clock).now();
  if (waits) await waitList.join({ userId, poolId, startedBy: 'inbound', actor: 'a test', since });
  else await waitList.leave(userId, poolId);
}

async function fill(
  service: TestService,
  simulator: TestSimulator,
  pool: { readonly id: string; readonly slug: string },
  phoneNumbers: readonly string[],
  handle: string,
): Promise<PoolWithAll> {
  const lineIds: string[] = [];
  for (const phoneNumber of phoneNumbers) {
    const body = { phoneNumber, pool: pool.slug, start: 'mature', reason: 'for the test' };
    lineIds.push((await ok(service.admin.post<{ id: string }>('/v1/admin/lines', body))).id);
  }
  const person = await ok(
    service.app.post<Onboarded>('/v1/users', { handle, startedBy: 'inbound', pool: pool.slug }),
  );
  await simulator.text(handle, person.assignment.line.phoneNumber, 'Hello');
  await simulator.advance(60);
  const send = await ok(service.app.post<SendAnswer>('/v1/sends', { handle, pool: pool.slug }));
  const unused = lineIds.find((id) => id !== person.assignment.line.id) ?? '';
  const flagged = await ok(
    service.admin.post<{ failoverId: string }>(`/v1/admin/lines/${unused}/mark-flagged`, {
      reason: 'for the test',
    }),
  );
  await simulator.advance(60);
  return {
    ...pool,
    lineId: person.assignment.line.id,
    lineIds,
    phoneNumbers,
    userId: person.user.id,
    handle,
    cardVersion: person.contactCard.version,
    sendId: send.reservationId ?? '',
    failoverId: flagged.failoverId,
  };
}

/** A new key; `poolIds` empty: for every pool. */
export async function keyFor(
  service: TestService,
  role: Role,
  poolIds: readonly string[] = [],
  expiresAt: number | null = null,
): Promise<{ readonly id: string; readonly key: string }> {
  const { key, record } = await service.nest
    .get(ManageKeys)
    .create(
      { name: `${role} of the test`, role, poolIds, expiresAt, reason: 'for the test' },
      { kind: 'operator', id: 'test' },
    );
  return { id: record.id, key };
}
