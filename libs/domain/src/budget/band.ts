/**
 * Shares of a line's cap, in per cent, whose crossing operators are told: where by default proactive messages stop, where
 * introductions after a failover stop, and the cap itself (`policy.budget.ceilings`, D5 of the policy).
 */
export const BUDGET_BANDS = [0, 70, 85, 100] as const;
export type BudgetBand = (typeof BUDGET_BANDS)[number];

/** So many per cent below its edge a band is left downwards: a line at an edge is not told there and back. */
const SLACK = 5;

/**
 * The band of a line that carried `used` messages in the last 24 hours of `todayCap`. Upwards at its edge, downwards from
 * `before` only beyond the slack.
 */
export function budgetBand(before: BudgetBand, used: number, todayCap: number): BudgetBand {
  const isIn = (band: BudgetBand): boolean => {
    const edge = band <= before ? band - SLACK : band;
    return used > 0 && 100 * used >= edge * todayCap;
  };
  return BUDGET_BANDS.reduce<BudgetBand>((highest, band) => (isIn(band) ? band : highest), 0);
}
