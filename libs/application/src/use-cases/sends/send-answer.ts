import type { EpochMs, GateReason, GateRequest, SendClass } from '@linekeeper/domain';
import type { LineRecord } from '../../ports';

/** A message that an app would like to send. */
export interface SendRequest extends GateRequest {
  readonly userId?: string | undefined;
  readonly handle?: string | undefined;
  readonly pool?: string | undefined;
  readonly poolIds: readonly string[];
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
  readonly reasons: readonly GateReason[];
  /** While the gate only observes: what it would have answered. */
  readonly wouldBe: 'send' | 'defer' | 'refuse' | null;
}
