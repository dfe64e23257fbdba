import {
  DAY_MS,
  SEND_CLASSES,
  type SendClass,
  servedClasses,
  whyCannotSend,
} from '@linekeeper/domain';
import type { PoolRecord, Stores } from '../../ports';
import { announce, type Decision, panicNow, viewsOf } from '../shared';

/**
 * Decides which classes of messages wait because the live lines of a pool carry less than the needed share of the
 * demand, and keeps it with the pool for the gate. The demand is what all its people are expected to say; of that
 * each class has what was let out of it in the last 24 hours, and replies have the rest. While unrelated lines alarm
 * at once, everything but replies waits.
 */
export async function shedLoad(
  stores: Stores,
  pool: PoolRecord,
  decision: Decision,
): Promise<void> {
  const lines = (await viewsOf(stores, pool, decision)).filter(
    ({ managed, adminState }) => managed && adminState !== 'retired' && adminState !== 'warming',
  );
  const capacity = lines
    .filter((line) => whyCannotSend(line, 'transactional') === null)
    .reduce((sum, { todayCap }) => sum + todayCap, 0);
  const expected = lines.reduce((sum, { meanMilli }) => sum + meanMilli / 1_000, 0);
  const sent = await stores.sends.classesSince(pool.id, decision.now - DAY_MS);
  const of = (sendClass: SendClass): number => sent.get(sendClass) ?? 0;
  const demand = {
    transactional: of('transactional'),
    introduction: of('introduction'),
    proactive: of('proactive'),
  };
  const others = demand.transactional + demand.introduction + demand.proactive;
  const reply = Math.max(0, expected - others);
  // Where nobody is yet, nothing is short: a fleet without lines begins like this.
  const served =
    reply + others === 0
      ? SEND_CLASSES
      : servedClasses(capacity, { ...demand, reply }, decision.policy);
  // A reply never waits for capacity: the line it would leave from has its own say.
  const panic = (await panicNow(stores, decision)) !== null;
  const shed = SEND_CLASSES.filter((each) => each !== 'reply' && (panic || !served.includes(each)));
  if (!(await stores.pools.setShedClasses(pool.id, shed))) return;
  await announce(stores, decision, 'fleet.brown-out', {
    poolId: pool.id,
    shedClasses: shed,
    capacityPerDay: Math.round(capacity),
    demandPerDay: Math.round(reply + others),
  });
}
