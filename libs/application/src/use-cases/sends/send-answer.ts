import type {
  EpochMs,
  GateDecision,
  GateReason,
  GateRequest,
  ReserveLimits,
  ReserveReason,
  SendClass,
} from '@linekeeper/domain';
import type { LineRecord } from '../../ports';
import type { PoolScope } from '../shared';

/** A message that an app would like to send. */
export interface SendRequest extends GateRequest {
  readonly userId?: string | undefined;
  readonly handle?: string | undefined;
  readonly pool?: string | undefined;
  readonly poolIds: PoolScope;
  /** The app's hash of the text, when it is long enough to be told from others. */
  readonly textHash?: string | undefined;
  /** A UUID for the hold that this request makes, if it makes one; a repetition within a day answers with that hold. */
  readonly workId?: string | undefined;
}

/** The gate's word on it. */
export interface SendAnswer {
  readonly decision: 'send' | 'defer' | 'refuse';
  readonly class: SendClass;
  readonly line: LineRecord | null;
  readonly chatId: string | null;
  readonly reservationId: string | null;
  readonly expiresAt: EpochMs | null;
  readonly retryAt: EpochMs | null;
  readonly newConversation: boolean;
  readonly firstText: 'prefix' | null;
  /** `sms`: send it by SMS, as a stranger's introduction. */
  readonly service: 'sms' | null;
  readonly reasons: readonly GateReason[];
  /** While the gate only observes: what it would have answered. */
  readonly wouldBe: 'send' | 'defer' | 'refuse' | null;
}

/** What stands in the way when the counts do. */
export const LEDGER_WORDS: Readonly<Record<ReserveReason, string>> = {
  'budget-ceiling': 'The line has reached the share of its daily budget that this class may use',
  'hour-shape': 'The line has sent enough for this hour',
  'minute-shape': 'The line has sent enough for this minute',
  'pair-limit': 'Too many messages to this person within 60 seconds',
  loop: 'Too many messages to this person within an hour: this looks like a loop',
  'new-conversations-hour': 'The line has started enough new conversations this hour',
  'new-conversations-day': 'The line has started enough new conversations within 24 hours',
  'open-holds': 'Too many messages of this line are still on their way',
};

const HOLD_MS = 35 * 60_000;
/** While the gate only observes, nothing is refused. */
export const UNLIMITED: ReserveLimits = {
  ceiling: null,
  hourCap: null,
  minuteCap: null,
  pairPer60s: Number.MAX_SAFE_INTEGER,
  loopPerHour: Number.MAX_SAFE_INTEGER,
  newConversation: false,
  newConversationsPer24h: Number.MAX_SAFE_INTEGER,
  newConversationsPerHour: Number.MAX_SAFE_INTEGER,
  maxOpenHolds: Number.MAX_SAFE_INTEGER,
  holdMs: HOLD_MS,
};

/** What every answer without a hold says. */
export function nothingHeld(
  gate: GateDecision,
  newConversation: boolean,
): Omit<SendAnswer, 'line' | 'chatId' | 'retryAt' | 'wouldBe'> {
  return {
    decision: gate.kind,
    class: gate.class,
    reservationId: null,
    expiresAt: null,
    newConversation,
    firstText: null,
    service: null,
    reasons: gate.reasons,
  };
}
