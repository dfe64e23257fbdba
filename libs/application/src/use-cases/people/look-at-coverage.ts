import { Injectable } from '@nestjs/common';
import {
  addCoverage,
  countCoverage,
  type Coverage,
  type CoverageCount,
  coverageOf,
  NOBODY,
  whyNotUsableAsFallback,
} from '@linekeeper/domain';
import { PROVIDER_ACTOR } from '../../actor';
import { type AssignmentRecord, type KnownNumberRecord, UnitOfWork } from '../../ports';
import { Decisions, EVERY_POOL, type PoolScope, sees } from '../shared';

export interface CoverageReport {
  /** Over everybody who has a place. */
  readonly coverage: Coverage;
  readonly needsIntroduction: number;
  readonly pools: readonly (Coverage & { readonly poolId: string })[];
  /** Each line as if it were lost now: of its users, those who hold another number that serves. */
  readonly lines: readonly (Coverage & { readonly lineId: string; readonly phoneNumber: string })[];
  /** Who is to be given a card at their next active moment: those who never had one, and whose card no longer holds. */
  readonly due: { readonly none: number; readonly stale: number };
}

/** Users are read in pages of this size, and at most so many of them. */
const PAGE = 1_000;
const MAX_PAGES = 1_000;

/** Who could be reached if their line were lost now. */
@Injectable()
export class LookAtCoverage {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  async execute(poolIds: PoolScope = EVERY_POOL): Promise<CoverageReport> {
    const { now } = await this.decisions.begin(PROVIDER_ACTOR);
    const { read } = this.unitOfWork;
    const lines = await read.lines.list();
    const usable = new Set(
      lines.filter((line) => whyNotUsableAsFallback(line, now) === null).map(({ id }) => id),
    );
    const counts = new Map<string, CoverageCount>();
    let needsIntroduction = 0;
    for await (const placed of this.placed(poolIds)) {
      const known = await read.cards.known(placed.map(({ userId }) => userId));
      for (const [lineId, part] of countByLine(placed, known, usable)) {
        counts.set(lineId, addCoverage(counts.get(lineId) ?? NOBODY, part));
      }
      needsIntroduction += placed.filter(({ state }) => state === 'needs-introduction').length;
    }
    const visible = lines.filter(({ poolId }) => sees(poolIds, poolId));
    const of = (some: readonly { readonly id: string }[]): Coverage =>
      coverageOf(some.map(({ id }) => counts.get(id) ?? NOBODY).reduce(addCoverage, NOBODY));
    return {
      coverage: of(visible),
      needsIntroduction,
      pools: [...grouped(visible, ({ poolId }) => poolId)].map(([poolId, own]) => ({
        poolId,
        ...of(own),
      })),
      lines: visible
        .filter(({ managed }) => managed)
        .map(({ id, phoneNumber }) => ({ lineId: id, phoneNumber, ...of([{ id }]) })),
      due: await read.cards.countDue(poolIds),
    };
  }

  private async *placed(poolIds: PoolScope): AsyncGenerator<AssignmentRecord[]> {
    let after: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const rows = await this.unitOfWork.read.assignments.placed({
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      yield rows.filter(({ poolId }) => sees(poolIds, poolId));
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.id;
    }
  }
}

function countByLine(
  placed: readonly AssignmentRecord[],
  known: readonly KnownNumberRecord[],
  usable: ReadonlySet<string>,
): [string, CoverageCount][] {
  const held = grouped(known, ({ userId }) => userId);
  return [...grouped(placed, ({ lineId }) => lineId)].map(([primaryLineId, users]) => [
    primaryLineId,
    countCoverage(
      users.map(({ userId }) => ({ primaryLineId, known: held.get(userId) ?? [] })),
      usable,
    ),
  ]);
}

function grouped<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}
