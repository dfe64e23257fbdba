import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS, HOUR_MS } from '../kernel/time';
import {
  advanceHealth,
  allowedVerbs,
  LIFECYCLE_VERBS,
  type LifecycleVerb,
  onProviderStatus,
  step,
  type StepAnswer,
  type StepOptions,
} from './lifecycle';
import { ADMIN_STATES, type AdminState, HEALTHS, type Line } from './line';

const take = (
  state: Partial<Line>,
  verb: LifecycleVerb,
  by: 'operator' | 'automation' = 'operator',
  options: StepOptions = {},
): StepAnswer => step(aLine(state), verb, by, NOW, policy, options);

/** For an empty line: from each state, the verbs of the operator's axis and where they lead. */
const STEPS: Record<AdminState, Partial<Record<LifecycleVerb, AdminState>>> = {
  warming: { activate: 'enabled', retire: 'retired' },
  enabled: {
    'start-warming': 'warming',
    cordon: 'cordoned',
    drain: 'draining',
    maintenance: 'maintenance',
    replace: 'draining',
    retire: 'retired',
  },
  cordoned: {
    'start-warming': 'warming',
    uncordon: 'enabled',
    drain: 'draining',
    maintenance: 'maintenance',
    replace: 'draining',
    retire: 'retired',
  },
  draining: {
    'cancel-drain': 'cordoned',
    maintenance: 'maintenance',
    replace: 'draining',
    retire: 'retired',
  },
  maintenance: {
    'start-warming': 'warming',
    'end-maintenance': 'enabled',
    replace: 'draining',
    retire: 'retired',
  },
  retired: {},
};
const AXIS: readonly LifecycleVerb[] = LIFECYCLE_VERBS.filter(
  (verb) => !['mark-flagged', 'mark-recovered', 'fail-over'].includes(verb),
);

describe('the lifecycle of a line', () => {
  for (const adminState of ADMIN_STATES) {
    it.each(AXIS)(`from ${adminState} by %s`, (verb) => {
      const answer = take({ adminState }, verb);
      const to = STEPS[adminState][verb];
      if (to === undefined) {
        expect(answer).toMatchObject({ kind: 'illegal', from: { adminState } });
      } else {
        expect(answer).toMatchObject({
          kind: 'ok',
          next: { adminState: to, adminStateBy: 'operator' },
        });
      }
    });
  }

  it('says which verbs are allowed, and means it', () => {
    for (const adminState of ADMIN_STATES) {
      for (const health of HEALTHS) {
        for (const users of [0, 5]) {
          const line = aLine({ adminState, health, users });
          for (const verb of LIFECYCLE_VERBS) {
            const { kind } = step(line, verb, 'operator', NOW, policy);
            expect([verb, kind === 'ok']).toEqual([verb, allowedVerbs(line).includes(verb)]);
          }
        }
      }
    }
  });

  it.each<LifecycleVerb>(['retire', 'start-warming'])('lets nobody be lost by %s', (verb) => {
    expect(take({ users: 3 }, verb)).toMatchObject({
      kind: 'illegal',
      why: '3 users are still on the line: drain it first',
    });
  });

  it('takes only the health of a line that is merely watched', () => {
    for (const adminState of ADMIN_STATES) {
      const line = aLine({ managed: false, adminState, users: 3 });
      for (const verb of AXIS) {
        expect(step(line, verb, 'operator', NOW, policy)).toMatchObject({
          kind: 'illegal',
          why: 'the line is only watched: take it into management first',
        });
      }
    }
    expect(take({ managed: false }, 'mark-flagged').kind).toBe('ok');
    expect(take({ managed: false, health: 'ejected' }, 'mark-recovered').kind).toBe('ok');
  });

  it('tells why a step is not allowed, and what is', () => {
    expect(take({ adminState: 'draining', health: 'ejected' }, 'cordon')).toEqual({
      kind: 'illegal',
      from: { adminState: 'draining', health: 'ejected' },
      allowed: ['cancel-drain', 'maintenance', 'replace', 'mark-recovered', 'fail-over', 'retire'],
      why: 'cordon is not allowed while draining and ejected',
    });
  });

  it.each<[AdminState, LifecycleVerb]>([
    ['cordoned', 'uncordon'],
    ['maintenance', 'end-maintenance'],
    ['draining', 'cancel-drain'],
  ])('leaves it to an operator to lift what an operator set: %s', (adminState, verb) => {
    expect(take({ adminState, adminStateBy: 'operator' }, verb, 'automation').kind).toBe('illegal');
    expect(take({ adminState, adminStateBy: 'automation' }, verb, 'automation').kind).toBe('ok');
    expect(take({ adminState, adminStateBy: 'automation' }, verb, 'operator').kind).toBe('ok');
  });

  it('warms for seven days, and activates before that only when told to', () => {
    expect(take({}, 'start-warming')).toMatchObject({ next: { warmingUntil: NOW + 7 * DAY_MS } });
    const warming = { adminState: 'warming' as const, warmingUntil: NOW + 1 };
    expect(take(warming, 'activate')).toMatchObject({
      kind: 'illegal',
      why: 'warming lasts until 2026-10-06T12:00:00.001Z',
    });
    expect(take({ ...warming, warmingUntil: NOW }, 'activate').kind).toBe('ok');
    expect(take(warming, 'activate', 'operator', { waiveWarming: true })).toMatchObject({
      next: { activatedAt: NOW, warmingUntil: null, goodDays: 0 },
    });
  });

  it('starts the ramp where a line that came from elsewhere already was', () => {
    const from = { adminState: 'warming' as const, goodDays: 3 };
    // 150 x 1.25^9 = 1,118 carries a thousand; one day less would not.
    expect(take(from, 'activate', 'operator', { carriedPerDay: 1_000 })).toMatchObject({
      next: { goodDays: 9 },
    });
  });

  it('starts a drain with its deadline, and stops it', () => {
    expect(take({}, 'drain', 'operator', { deadline: NOW + DAY_MS })).toEqual({
      kind: 'ok',
      next: { adminState: 'draining', adminStateBy: 'operator', drainDeadline: NOW + DAY_MS },
      effects: ['start-drain'],
    });
    expect(take({}, 'drain')).toMatchObject({ next: { drainDeadline: null } });
    expect(take({ adminState: 'draining', drainDeadline: NOW }, 'cancel-drain')).toEqual({
      kind: 'ok',
      next: { adminState: 'cordoned', adminStateBy: 'operator', drainDeadline: null },
      effects: ['stop-drain'],
    });
  });
});

describe('a flag', () => {
  const flag = (state: Partial<Line>, at = NOW): ReturnType<typeof onProviderStatus> =>
    onProviderStatus(aLine(state), 'FLAGGED', at, policy);

  it('ejects at once, whatever the operator wants of the line', () => {
    for (const adminState of ADMIN_STATES) {
      expect(flag({ adminState, goodDays: 9 })).toEqual({
        next: {
          providerStatus: 'FLAGGED',
          health: 'ejected',
          healthBy: 'provider',
          ejectedAt: NOW,
          ejections: 1,
          bannedUntil: NOW + DAY_MS,
          goodDays: 0,
        },
        effects: ['eject'],
      });
    }
  });

  it('told twice is one flag', () => {
    expect(flag({ health: 'ejected' })).toEqual({
      next: { providerStatus: 'FLAGGED' },
      effects: [],
    });
  });

  it('bans for twice as long each time within thirty days, for fourteen days at most', () => {
    const bans = [1, 2, 3, 4, 5].map((ejections) => {
      const { bannedUntil } = flag({ ejections, ejectedAt: NOW - 30 * DAY_MS + 1 }).next;
      return ((bannedUntil ?? 0) - NOW) / DAY_MS;
    });
    expect(bans).toEqual([2, 4, 8, 14, 14]);
    expect(flag({ ejections: 4, ejectedAt: NOW - 30 * DAY_MS }).next).toMatchObject({
      ejections: 1,
      bannedUntil: NOW + DAY_MS,
    });
  });

  it('can be set and lifted by an operator like by the provider', () => {
    const flagged = take({ users: 4 }, 'mark-flagged');
    expect(flagged).toMatchObject({
      next: { health: 'ejected', healthBy: 'operator', goodDays: 0 },
      effects: ['eject'],
    });
    const lifted = take({ health: 'ejected', providerStatus: 'FLAGGED' }, 'mark-recovered');
    expect(lifted).toMatchObject({
      next: { health: 'healthy', healthBy: 'operator', providerStatus: 'UNKNOWN' },
    });
    expect(take({}, 'mark-recovered').kind).toBe('illegal');
    expect(take({ adminState: 'retired' }, 'mark-flagged').kind).toBe('illegal');
  });

  it('or a failover by hand moves people off a line that has any', () => {
    expect(take({ users: 1 }, 'fail-over')).toMatchObject({ kind: 'ok', effects: ['eject'] });
    expect(take({ users: 0 }, 'fail-over').kind).toBe('illegal');
    // Of a line that is ejected already it only asks for the move again.
    expect(take({ health: 'ejected' }, 'fail-over')).toEqual({
      kind: 'ok',
      next: {},
      effects: ['eject'],
    });
  });
});

describe('recovery', () => {
  const active = (state: Partial<Line>): unknown =>
    onProviderStatus(aLine(state), 'ACTIVE', NOW, policy).next;

  it('begins with the provider’s ACTIVE, and never ends a ban early', () => {
    const ejected = { health: 'ejected' as const, providerStatus: 'FLAGGED' as const, goodDays: 0 };
    expect(active({ ...ejected, bannedUntil: NOW + 1 })).toEqual({
      health: 'recovering',
      healthBy: 'provider',
      goodDays: 0,
      providerStatus: 'ACTIVE',
    });
    expect(active({ ...ejected, bannedUntil: NOW })).toMatchObject({ health: 'healthy' });
    expect(active({})).toEqual({ providerStatus: 'ACTIVE' });
  });

  it.each<[string, Partial<Line>]>([
    ['an operator ejected', { healthBy: 'operator', providerStatus: 'ACTIVE' }],
    ['an operator ejected before the flag', { healthBy: 'operator', providerStatus: 'FLAGGED' }],
    ['a rule of ours ejected', { healthBy: 'automation', providerStatus: 'ACTIVE' }],
    ['the provider never called flagged', { healthBy: 'provider', providerStatus: 'UNKNOWN' }],
  ])('does not begin with ACTIVE for a line that %s', (_what, state) => {
    expect(active({ health: 'ejected', ...state })).toEqual({ providerStatus: 'ACTIVE' });
  });

  it('is over when the ban is', () => {
    const recovering = { health: 'recovering' as const, bannedUntil: NOW };
    expect(advanceHealth(aLine({ ...recovering, bannedUntil: NOW + 1 }), NOW)).toBeNull();
    const healed = { health: 'healthy', healthBy: 'automation' };
    expect(advanceHealth(aLine(recovering), NOW)).toEqual(healed);
    expect(advanceHealth(aLine({ health: 'recovering' }), NOW)).toEqual(healed);
    expect(advanceHealth(aLine({ health: 'ejected', bannedUntil: NOW }), NOW)).toBeNull();
  });

  it('is over with the ban too for a line that our own detectors ejected, unless the provider flagged it', () => {
    const inferred = { health: 'ejected', healthBy: 'automation', bannedUntil: NOW } as const;
    const healed = { health: 'healthy', healthBy: 'automation' };
    expect(advanceHealth(aLine(inferred), NOW)).toEqual(healed);
    expect(advanceHealth(aLine(inferred), NOW - 1)).toBeNull();
    expect(advanceHealth(aLine({ ...inferred, providerStatus: 'FLAGGED' }), NOW)).toBeNull();
    expect(advanceHealth(aLine({ ...inferred, healthBy: 'operator' }), NOW)).toBeNull();
  });

  it('gives a line that flaps no new people for longer and longer', () => {
    let line = aLine();
    let ejections = 0;
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      const at = NOW + minute * 60_000;
      const status = minute % 2 === 0 ? 'FLAGGED' : 'ACTIVE';
      const { next, effects } = onProviderStatus(line, status, at, policy);
      ejections += effects.length;
      line = { ...line, ...next };
      line = { ...line, ...advanceHealth(line, at) };
      expect(line.health).not.toBe('healthy');
    }
    expect(ejections).toBeGreaterThan(1);
    expect(line.bannedUntil! - NOW).toBeGreaterThan(13 * DAY_MS + 23 * HOUR_MS);
  });
});
