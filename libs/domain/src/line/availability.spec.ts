import { aLine, NOW } from '../../../../test/support/lines';
import { SEND_CLASSES, whyCannotSend, whyNoNewUsers, whyNotUsableAsFallback } from './availability';
import type { Line } from './line';

/** A state; why a reply, why any other class, and why new people are kept away. */
const TABLE: [string, Partial<Line>, string | null, string | null, string | null][] = [
  ['healthy', {}, null, null, null],
  ['of unknown health at the provider', { providerStatus: 'UNKNOWN' }, null, null, null],
  ['not ours to manage', { managed: false }, 'unmanaged', 'unmanaged', 'unmanaged'],
  ['warming', { adminState: 'warming' }, 'warming', 'warming', 'warming'],
  ['cordoned', { adminState: 'cordoned' }, null, null, 'cordoned'],
  ['draining', { adminState: 'draining' }, null, null, 'draining'],
  ['in maintenance', { adminState: 'maintenance' }, 'maintenance', 'maintenance', 'maintenance'],
  [
    'soon in maintenance',
    { maintenanceClosesAt: NOW, maintenanceFrom: NOW + 1 },
    null,
    null,
    'maintenance-due',
  ],
  ['in maintenance some day', { maintenanceClosesAt: NOW + 1 }, null, null, null],
  ['retired', { adminState: 'retired' }, 'retired', 'retired', 'retired'],
  ['flagged', { providerStatus: 'FLAGGED' }, 'flagged', 'flagged', 'flagged'],
  ['ejected', { health: 'ejected' }, 'ejected', 'ejected', 'ejected'],
  ['suspect', { health: 'suspect' }, null, 'suspect', 'suspect'],
  ['banned', { health: 'recovering', bannedUntil: NOW + 1 }, null, null, 'recovering'],
  ['over its ban', { health: 'recovering', bannedUntil: NOW }, null, null, null],
  ['recovering without a ban', { health: 'recovering' }, null, null, null],
  ['at risk', { reputation: 'AT_RISK' }, null, null, 'reputation-at-risk'],
  ['critical', { reputation: 'CRITICAL' }, null, 'reputation-critical', 'reputation-critical'],
  ['of unknown reputation', { reputation: 'UNKNOWN' }, null, null, null],
];

describe('a line that is', () => {
  it.each(TABLE)('%s', (_what, state, forReplies, forOthers, forNewUsers) => {
    const line = aLine(state);
    for (const sendClass of SEND_CLASSES) {
      expect(whyCannotSend(line, sendClass)).toBe(sendClass === 'reply' ? forReplies : forOthers);
    }
    expect(whyNoNewUsers(line, NOW)).toBe(forNewUsers);
    expect(whyNotUsableAsFallback(line, NOW)).toBe(forNewUsers);
  });
});
