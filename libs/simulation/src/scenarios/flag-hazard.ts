import { DAY_SECONDS, HOUR_SECONDS } from '../kernel/calendar';
import type { Chance } from '../kernel/chance';
import type { Run } from '../run/run';

// Fixed by the benchmark, not ours to tune: the chance of a flag per line and hour.
const BASE_PER_HOUR = 1e-5;
const PER_TEXT_TO_A_STRANGER = 2e-4;
const STRANGERS_FREE = 40;

/** How likely each line is flagged within an hour, from its texts to people who do not know its number. */
export class FlagHazard {
  /** Flags to be expected so far, the chance of each hour and line summed up. */
  expected = 0;
  private counted = 0;
  private readonly texts: number[][];

  constructor(
    private readonly run: Run,
    private readonly chance: Chance,
  ) {
    this.texts = run.fleet.lines.map(() => []);
    this.counted = run.records.extra.length;
  }

  /** Lines that are flagged within the hour that ends now. */
  hour(): number[] {
    const { extra } = this.run.records;
    for (; this.counted < extra.length; this.counted += 1) {
      const row = extra[this.counted];
      if (row?.direction === 'out' && !row.known) this.texts[row.line]?.push(row.at);
    }
    return this.run.fleet.lines.flatMap((line, i) => {
      if (line.providerStatus === 'FLAGGED' || line.adminState !== 'enabled') return [];
      const recent = (this.texts[i] ?? []).filter((at) => this.run.now - at < DAY_SECONDS);
      this.texts[i] = recent;
      const risk =
        BASE_PER_HOUR + PER_TEXT_TO_A_STRANGER * Math.max(0, recent.length - STRANGERS_FREE);
      this.expected += risk;
      return this.chance() < risk ? [i] : [];
    });
  }
}

/** What would be expected of this many lines over this time if nobody were written to. */
export function quietFlags(lines: number, seconds: number): number {
  return BASE_PER_HOUR * lines * (seconds / HOUR_SECONDS);
}
