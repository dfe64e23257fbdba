import type { FleetPolicy } from '../fleet-policy';
import { READINESS_CHECKS, type ReadinessCheck } from './readiness-checks';

/** `missing`: nobody has looked or said; `failed`: somebody has, and it is not as it should be. */
export const READINESS_STATES = ['ok', 'missing', 'failed', 'waived', 'not-required'] as const;
export type ReadinessState = (typeof READINESS_STATES)[number];

export interface ReadinessItem {
  readonly check: ReadinessCheck;
  readonly state: ReadinessState;
  readonly detail: string;
  /** What makes it good; null when nothing is to be done. */
  readonly mend: string | null;
}

export interface LineReadiness {
  readonly ready: boolean;
  readonly items: readonly ReadinessItem[];
}

/** What is known of a line that is to go into service. Numbers in E.164; null: none. */
export interface ReadinessFacts {
  readonly contactCardActive: boolean;
  /** Whether an event about the line, or of the subscription that covers it, ever came in and held its signature. */
  readonly webhookSeen: boolean;
  /** The answer to the last capability check from the line; null: there was none. */
  readonly capability: 'imessage' | 'none' | null;
  readonly forwardingNumber: string | null;
  readonly wantedForwarding: string | null;
  readonly autoTyping: 'on' | 'off' | null;
  readonly waivedChecks: readonly string[];
}

type Finding = Pick<ReadinessItem, 'detail' | 'mend'> & {
  readonly state: 'ok' | 'missing' | 'failed';
};

const ok = (detail: string): Finding => ({ state: 'ok', detail, mend: null });

const LOOKS: Readonly<Record<ReadinessCheck, (facts: ReadinessFacts) => Finding>> = {
  'contact-card': ({ contactCardActive }) =>
    contactCardActive
      ? ok('The line shows a name')
      : {
          state: 'missing',
          detail: 'The line has no active contact card at the provider: people see a bare number',
          mend: 'Activate it: the card is set from the profile of its pool then; on V2 ask Linq for it',
        },
  webhook: ({ webhookSeen }) =>
    webhookSeen
      ? ok('A signed event has come in')
      : {
          state: 'missing',
          detail: 'No event has come in yet: messages on the line would not be seen',
          mend: 'Text the line from any phone and look at GET /v1/admin/inbox',
        },
  capability: ({ capability }) => {
    if (capability === 'imessage') return ok('A check from the line found iMessage');
    return capability === null
      ? {
          state: 'missing',
          detail: 'No capability check was made from the line',
          mend: 'Activate it: the check is made then, to another line of ours or a canary phone',
        }
      : {
          state: 'failed',
          detail: 'A check from the line found no iMessage on a phone of ours that has it',
          mend: 'Ask Linq about the line, then activate it again',
        };
  },
  forwarding: ({ forwardingNumber, wantedForwarding }) =>
    forwardingNumber === wantedForwarding
      ? ok(forwardingNumber === null ? 'Calls go nowhere, as wanted' : 'Calls go where wanted')
      : {
          state: 'failed',
          detail: 'Calls are not forwarded as wanted',
          mend: 'Set it at Linq (PUT /v3/phone_numbers/{id}), or say what is wanted: PATCH wantedForwarding',
        },
  'auto-typing': ({ autoTyping }) =>
    autoTyping === null
      ? {
          state: 'missing',
          detail:
            'Nobody has said whether Linq shows typing by itself on the line: no API tells it',
          mend: 'Ask Linq and say it: PATCH autoTyping on or off',
        }
      : ok(`Linq types by itself: ${autoTyping}`),
};

/** Every check of a line with its state and how to mend it; ready when none that the policy requires is open. */
export function readinessOf(facts: ReadinessFacts, { lifecycle }: FleetPolicy): LineReadiness {
  const items = READINESS_CHECKS.map((check): ReadinessItem => {
    const found = LOOKS[check](facts);
    if (found.state === 'ok') return { check, ...found };
    if (!lifecycle.requiredChecks.includes(check))
      return { check, ...found, state: 'not-required' };
    return facts.waivedChecks.includes(check)
      ? { check, ...found, state: 'waived' }
      : { check, ...found };
  });
  const open = items.filter(({ state }) => state === 'missing' || state === 'failed');
  return { ready: open.length === 0, items };
}
