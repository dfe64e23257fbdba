import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { type ReadinessFacts, readinessOf } from './readiness';
import { READINESS_CHECKS } from './readiness-checks';

const GOOD: ReadinessFacts = {
  contactCardActive: true,
  webhookSeen: true,
  capability: 'imessage',
  forwardingNumber: null,
  wantedForwarding: null,
  autoTyping: 'off',
  waivedChecks: [],
};
const BAD: readonly [string, Partial<ReadinessFacts>, 'missing' | 'failed'][] = [
  ['contact-card', { contactCardActive: false }, 'missing'],
  ['webhook', { webhookSeen: false }, 'missing'],
  ['capability', { capability: null }, 'missing'],
  ['capability', { capability: 'none' }, 'failed'],
  ['forwarding', { forwardingNumber: '+14155550123' }, 'failed'],
  ['forwarding', { wantedForwarding: '+14155550123' }, 'failed'],
  ['auto-typing', { autoTyping: null }, 'missing'],
];

describe('the list of readiness', () => {
  it('is good when everything on it is', () => {
    for (const facts of [
      GOOD,
      { ...GOOD, forwardingNumber: '+14155550123', wantedForwarding: '+14155550123' },
    ]) {
      const { ready, items } = readinessOf(facts, policy);
      expect(ready).toBe(true);
      expect(items.map(({ check, state, mend }) => [check, state, mend])).toEqual(
        READINESS_CHECKS.map((check) => [check, 'ok', null]),
      );
    }
  });

  it.each(BAD)('keeps a line back for its %s: %j', (check, facts, state) => {
    const found = readinessOf({ ...GOOD, ...facts }, policy);
    expect(found.ready).toBe(false);
    const item = found.items.find((each) => each.check === check);
    expect(item?.state).toBe(state);
    expect(item?.mend).not.toBeNull();
    const waived = readinessOf({ ...GOOD, ...facts, waivedChecks: [check] }, policy);
    expect(waived.ready).toBe(true);
    expect(waived.items.find((each) => each.check === check)?.state).toBe('waived');
    const others = READINESS_CHECKS.filter((each) => each !== check);
    const lax = { ...policy, lifecycle: { ...policy.lifecycle, requiredChecks: others } };
    const spared = readinessOf({ ...GOOD, ...facts }, lax);
    expect(spared.ready).toBe(true);
    expect(spared.items.find((each) => each.check === check)?.state).toBe('not-required');
  });
});
