import fc from 'fast-check';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { HOUR_MS, MINUTE_MS } from '../kernel/time';
import { whyCannotSend, whyNoNewUsers } from './availability';
import { step } from './lifecycle';
import type { AdminState, Line } from './line';
import { dueMaintenance, slowStartShare } from './maintenance';

const lifecycle = policy.lifecycle;

function take(
  line: Line,
  verb: 'maintenance' | 'end-maintenance',
  by: 'operator' | 'automation',
  now: number,
  window = {},
): Line {
  const answer = step(line, verb, by, now, policy, { window });
  if (answer.kind === 'illegal') throw new Error(answer.why);
  return { ...line, ...answer.next };
}

const held = fc.constantFrom<AdminState>('enabled', 'cordoned', 'draining');
const minutes = fc.integer({ min: 1, max: 5 * 24 * 60 }).map((count) => count * MINUTE_MS);

describe('a maintenance window', () => {
  it('that is planned leaves the line as it is, closes it in time, begins and ends by the clock alone', () => {
    fc.assert(
      fc.property(
        held,
        fc.constantFrom('hold', 'reroute'),
        minutes,
        minutes,
        (adminState, mode, lead, length) => {
          const before = aLine({ adminState });
          const [from, until] = [NOW + lead, NOW + lead + length];
          const planned = take(before, 'maintenance', 'operator', NOW, { from, until, mode });
          expect(planned.adminState).toBe(adminState);
          expect(whyCannotSend(planned, 'proactive')).toBeNull();
          const closes = from - lifecycle.preCordonMinutes * MINUTE_MS;
          expect(whyNoNewUsers(planned, closes)).not.toBeNull();
          if (adminState === 'enabled') expect(whyNoNewUsers(planned, closes - 1)).toBeNull();
          expect(dueMaintenance(planned, from - 1)).toBeNull();
          expect(dueMaintenance(planned, from)).toBe('maintenance');
          const resting = take(planned, 'maintenance', 'automation', from);
          expect(resting).toMatchObject({ adminState: 'maintenance', adminStateBy: 'operator' });
          expect(whyCannotSend(resting, 'reply')).toBe('maintenance');
          expect(dueMaintenance(resting, until - 1)).toBeNull();
          expect(step(resting, 'end-maintenance', 'automation', until - 1, policy).kind).toBe(
            'illegal',
          );
          expect(dueMaintenance(resting, until)).toBe('end-maintenance');
          const back = take(resting, 'end-maintenance', 'automation', until);
          // As it was, and as it was held.
          expect(back).toEqual({ ...before, maintenanceEndedAt: until });
        },
      ),
    );
  });

  it('that was missed altogether is called off', () => {
    const planned = take(aLine(), 'maintenance', 'operator', NOW, {
      from: NOW + 1,
      until: NOW + 2,
    });
    expect(dueMaintenance(planned, NOW + 2)).toBe('end-maintenance');
    expect(take(planned, 'end-maintenance', 'automation', NOW + 2)).toEqual(aLine());
  });

  it('that is planned without an end lasts until it is ended, however late', () => {
    const planned = take(aLine(), 'maintenance', 'operator', NOW, { from: NOW + 1 });
    expect(planned).toMatchObject({ maintenanceMode: 'hold', maintenanceUntil: null });
    const resting = take(planned, 'maintenance', 'automation', NOW + 1);
    expect(dueMaintenance(resting, NOW + 1e12)).toBeNull();
    expect(take(resting, 'end-maintenance', 'operator', NOW + 2).adminState).toBe('enabled');
  });

  it('that has no end is ended by whoever began it, and moves people only when it reroutes', () => {
    const effects = (line: Line, verb: 'maintenance' | 'end-maintenance', window = {}): unknown => {
      const answer = step(line, verb, 'operator', NOW, policy, { window });
      return answer.kind === 'ok' ? answer.effects : answer.why;
    };
    expect(effects(aLine(), 'maintenance')).toEqual([]);
    expect(effects(aLine(), 'maintenance', { mode: 'reroute' })).toEqual(['start-reroute']);
    const resting = take(aLine(), 'maintenance', 'operator', NOW, { mode: 'reroute' });
    expect(dueMaintenance(resting, NOW + 1e12)).toBeNull();
    expect(step(resting, 'end-maintenance', 'automation', NOW + 1e12, policy).kind).toBe('illegal');
    expect(effects(resting, 'end-maintenance')).toEqual(['stop-reroute']);
    // From before lines remembered what they went back to.
    const old = aLine({ adminState: 'maintenance', maintenanceMode: null });
    expect(take(old, 'end-maintenance', 'operator', NOW).adminState).toBe('enabled');
    // Automation that begins one by itself takes the line from nobody.
    const kept = take(aLine({ adminState: 'cordoned' }), 'maintenance', 'automation', NOW);
    expect(kept.adminStateBy).toBe('operator');
  });

  it('is nothing for a line that warms or has left', () => {
    for (const adminState of ['warming', 'retired'] as const) {
      const line = aLine({ adminState, maintenanceFrom: NOW });
      expect(dueMaintenance(line, NOW)).toBeNull();
    }
    expect(dueMaintenance(aLine(), NOW)).toBeNull();
  });

  it('is followed by a slow start: the share of the cap for new users only rises, up to all of it', () => {
    expect(slowStartShare(aLine(), NOW, policy)).toBe(1);
    fc.assert(
      fc.property(minutes, minutes, (one, other) => {
        const line = aLine({ maintenanceEndedAt: NOW });
        const [early, late] = [one, other].sort((a, b) => a - b) as [number, number];
        const first = slowStartShare(line, NOW + early, policy);
        const second = slowStartShare(line, NOW + late, policy);
        expect(first).toBeGreaterThanOrEqual(0.1);
        expect(second).toBeGreaterThanOrEqual(first);
        if (late >= lifecycle.slowStartHours * HOUR_MS) expect(second).toBe(1);
      }),
    );
  });
});
