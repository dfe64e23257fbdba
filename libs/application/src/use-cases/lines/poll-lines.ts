import { Injectable } from '@nestjs/common';
import { MINUTE_MS } from '@linekeeper/domain';
import { automation } from '../../actor';
import {
  type LineRecord,
  MessagingProvider,
  type ProviderLine,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { announce, type Decision, Decisions } from '../shared';
import { applyLineStatus } from './line-status';
import { addLine } from './register-lines';
import { stepLine } from './step-line';

/** A line missing from the list for this long is gone: two polls and a little. */
const VANISHED_MS = 12 * MINUTE_MS;
const VANISHED = 'the provider does not list it any more';

/**
 * Compares the fleet with the provider's list, which announces neither new nor vanished lines. New ones are
 * registered as unmanaged and announced as discovered, vanished ones announced as missing and cordoned; what automation
 * cordoned it also uncordons. Nothing is used, and nobody dropped, without a word.
 */
@Injectable()
export class PollLines {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly provider: MessagingProvider,
  ) {}

  async execute(): Promise<{ listed: number; appeared: number; vanished: number }> {
    const heard = heardOf(await this.unitOfWork.read.lines.list());
    const listed = await this.provider.listLines();
    const decision = await this.decisions.begin(automation('poll-lines'));
    return this.unitOfWork.run(async (stores) => {
      // An operator may be registering the same lines at this moment.
      for (const pool of await stores.pools.list()) await stores.pools.lock(pool.id);
      const known = new Map((await stores.lines.list()).map((line) => [line.phoneNumber, line]));
      let appeared = 0;
      for (const each of listed) {
        const line = known.get(each.phoneNumber);
        if (line) await this.compare(stores, line, each, heard, decision);
        else appeared += await this.appeared(stores, each, decision);
      }
      await this.seen(stores, known, listed, decision);
      const names = new Set(listed.map(({ phoneNumber }) => phoneNumber));
      const missing = [...known.values()].filter(({ phoneNumber }) => !names.has(phoneNumber));
      let vanished = 0;
      for (const line of missing) vanished += await this.missing(stores, line, decision);
      return { listed: listed.length, appeared, vanished };
    });
  }

  private async seen(
    stores: Stores,
    known: ReadonlyMap<string, LineRecord>,
    listed: readonly ProviderLine[],
    decision: Decision,
  ): Promise<void> {
    const idsOf = (lines: readonly ProviderLine[]): string[] =>
      lines.flatMap(({ phoneNumber }) => known.get(phoneNumber)?.id ?? []);
    const told = listed.filter(({ reputation }) => reputation !== null);
    await stores.lines.seen(idsOf(listed), idsOf(told), decision.now);
  }

  private async compare(
    stores: Stores,
    line: LineRecord,
    listed: ProviderLine,
    heard: ReadonlyMap<string, string>,
    decision: Decision,
  ): Promise<void> {
    // Silence is no news: without a word the last reputation stays, and its age shows.
    const reputation = listed.reputation ?? line.reputation;
    const { providerLineId, forwardingNumber } = listed;
    const isNew =
      reputation !== line.reputation ||
      providerLineId !== line.providerLineId ||
      forwardingNumber !== line.forwardingNumber;
    if (isNew || line.missingSince !== null) {
      await stores.lines.change(
        line.id,
        { reputation, providerLineId, forwardingNumber, missingSince: null },
        { at: decision.now, raiseEpoch: false },
      );
    }
    if (line.missingSince !== null) {
      await announce(stores, decision, 'line.found', { lineId: line.id });
    }
    // Word that came in while we asked is newer than the list may be; the next poll tells whether they agree.
    const isNews = heard.get(line.id) === lastHeard(line);
    if (isNews && listed.status !== null && listed.status !== line.providerStatus) {
      const verdict = { status: listed.status, reputation: null, changedAt: decision.now };
      await applyLineStatus(stores, line.id, verdict, decision);
    }
    const byUs =
      line.managed && line.adminStateBy === 'automation' && line.adminReason === VANISHED;
    if (byUs && line.adminState === 'cordoned') {
      await stepLine(
        stores,
        { lineId: line.id, verb: 'uncordon', reason: 'the provider lists it again', dryRun: false },
        decision,
      );
    }
  }

  private async appeared(
    stores: Stores,
    listed: ProviderLine,
    decision: Decision,
  ): Promise<number> {
    const [pool] = await stores.pools.list();
    if (!pool) return 0;
    const input = {
      start: 'new',
      managed: false,
      reason: 'the provider lists it',
      apiVersion: listed.listedBy,
    } as const;
    const { id: lineId } = await addLine(stores, pool, listed, input, decision);
    await announce(stores, decision, 'line.discovered', {
      lineId,
      reason: 'the provider lists a number that nobody has registered: it is only watched',
    });
    return 1;
  }

  private async missing(stores: Stores, line: LineRecord, decision: Decision): Promise<number> {
    const gone = line.listedAt === null || decision.now - line.listedAt >= VANISHED_MS;
    if (!gone || line.adminState === 'retired' || line.missingSince !== null) return 0;
    const { id: lineId, users, fallbackUsers } = line;
    const options = { at: decision.now, raiseEpoch: false };
    await stores.lines.change(lineId, { missingSince: decision.now }, options);
    const data = { lineId, users, fallbackUsers, reason: VANISHED };
    await announce(stores, decision, 'line.missing', data);
    if (line.managed && line.adminState === 'enabled') {
      const request = { lineId, verb: 'cordon', reason: VANISHED, dryRun: false } as const;
      await stepLine(stores, request, decision);
    }
    return 1;
  }
}

/** What the provider had last said of each line, to tell afterwards whether it has spoken since. */
function heardOf(lines: readonly LineRecord[]): Map<string, string> {
  return new Map(lines.map((line) => [line.id, lastHeard(line)]));
}

function lastHeard({ providerStatus, providerStatusAt }: LineRecord): string {
  return `${providerStatus} ${providerStatusAt}`;
}
