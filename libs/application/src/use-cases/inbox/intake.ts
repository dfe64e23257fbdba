import { Injectable } from '@nestjs/common';
import type { EpochMs } from '@linekeeper/domain';
import {
  BudgetLedger,
  Digest,
  HandleParser,
  type LedgerNews,
  type Stores,
  Throttle,
} from '../../ports';
import { codesIn } from '../people/codes';
import type { Decision } from '../shared';
import { applyLineStatus } from '../lines/line-status';
import {
  applyChatCreated,
  applyFailed,
  applyInbound,
  applyOutbound,
  type Recognition,
} from './apply-message';
import { type IntakeEvent, UnusableEvent } from './intake-event';
import { noteOutcome } from './note-outcome';
import { reIssueCards } from './re-issue';
import { heedOtherTelling, isInVersionOf } from './told-twice';
import { Workspace } from './workspace';

/** What is left to do once the transaction stands. */
export interface IntakeEffects {
  readonly news: LedgerNews;
  /** Failovers that began and should not wait for the next run. */
  readonly startedFailovers: boolean;
}

export const NO_EFFECTS: IntakeEffects = { news: new Map(), startedFailovers: false };

const NO_POOLS: ReadonlySet<string> = new Set();

/** Applies events to the state, several at a time, in one transaction and in their order. */
@Injectable()
export class Intake implements Recognition {
  private zones: ReadonlyMap<string, string> = new Map();

  constructor(
    readonly handles: HandleParser,
    readonly digest: Digest,
    readonly throttle: Throttle,
    private readonly ledger: BudgetLedger,
  ) {}

  /**
   * Each message counts once, however often it is reported. Throws for an event that cannot be applied; the
   * transaction then leaves no trace, and the caller tries the events one by one. Throws `PoolsNeeded` when inbound
   * messages bring about what is done under pools' locks: it is to be done again, with those `poolIds`.
   */
  async apply(
    stores: Stores,
    events: readonly IntakeEvent[],
    decision: Decision,
    poolIds: ReadonlySet<string> = NO_POOLS,
  ): Promise<IntakeEffects> {
    // Whoever writes a code may turn out to be somebody else; all others are who they are until the transaction ends.
    await (events.some(carriesCode) ? stores.merges.takePeople() : stores.merges.keepOut());
    const held = await lockPoolsOf(stores, events, poolIds);
    const zones = await this.zonesOf(stores);
    const space = await Workspace.load(stores, events, this.handles, zones, decision);
    for (const id of held) space.holdsPool(id);
    let startedFailovers = false;
    for (const event of events)
      startedFailovers = (await this.one(space, event)) || startedFailovers;
    await reIssueCards(space);
    await space.flush();
    return { news: space.news.all, startedFailovers };
  }

  /** A pool's zone never changes, and pools are made before anything is received: they are read once. */
  private async zonesOf(stores: Stores): Promise<ReadonlyMap<string, string>> {
    if (this.zones.size === 0) {
      this.zones = new Map((await stores.pools.list()).map(({ id, timeZone }) => [id, timeZone]));
    }
    return this.zones;
  }

  /** Tells the ledger what the rows have come to. A crash before this is mended by the ledger's rebuild from them. */
  async afterCommit({ news }: IntakeEffects, now: EpochMs): Promise<void> {
    if (news.size > 0) await this.ledger.record(news, now);
  }

  private async one(space: Workspace, event: IntakeEvent): Promise<boolean> {
    const line = 'linePhoneNumber' in event ? space.lines.get(event.linePhoneNumber) : undefined;
    if (line && !isInVersionOf(line, event)) {
      if (event.kind === 'message-received') await heedOtherTelling(space, event, this);
      return false;
    }
    switch (event.kind) {
      case 'message-received':
        await applyInbound(space, event, this);
        return false;
      case 'message-accepted':
      case 'message-sent':
      case 'message-delivered':
      case 'message-read':
        await applyOutbound(space, event);
        noteOutcome(space, event);
        return false;
      case 'message-failed':
        applyFailed(space, event);
        noteOutcome(space, event);
        return false;
      case 'chat-created':
        applyChatCreated(space, event, this.handles);
        return false;
      case 'line-status': {
        const line = space.lines.get(event.phoneNumber);
        if (!line) throw new UnusableEvent('The event names a number that is not ours');
        await space.flush();
        const { changed, ejected } = await applyLineStatus(
          space.stores,
          line.id,
          event,
          space.decision,
        );
        if (changed) {
          space.lines.set(changed.phoneNumber, changed);
          space.linesById.set(changed.id, changed);
        }
        return ejected;
      }
      case 'ignored':
        return false;
    }
  }
}

function carriesCode(event: IntakeEvent): boolean {
  return event.kind === 'message-received' && codesIn(event.text).length > 0;
}

/**
 * News of a line changes the line, and everybody who changes a line holds its pool. Before anything is read or
 * written, so that nobody waits for the other way round; one pool after the other in the order of all.
 */
async function lockPoolsOf(
  stores: Stores,
  events: readonly IntakeEvent[],
  poolIds: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  // A guess of a code is counted when it is looked at: nothing is to be done again after that.
  const withCodes = events.some(carriesCode);
  const numbers = events.flatMap((event) => {
    if (event.kind === 'line-status') return [event.phoneNumber];
    return withCodes && event.kind === 'message-received' ? [event.linePhoneNumber] : [];
  });
  if (numbers.length + poolIds.size === 0) return poolIds;
  const lines = numbers.length > 0 ? await stores.lines.byPhoneNumbers(numbers) : [];
  const all = new Set([...poolIds, ...lines.map(({ poolId }) => poolId)]);
  for (const { id } of await stores.pools.list()) if (all.has(id)) await stores.pools.lock(id);
  return all;
}
