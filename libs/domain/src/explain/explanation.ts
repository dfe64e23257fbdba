/**
 * Why a decision came out as it did, as plain JSON: what it was made from, the policy values it used, what followed
 * from them on the way, and the verdict. Whoever holds this value alone can decide again; it is made only when asked
 * for, beside the decision and not within it.
 */
export interface Explanation<Inputs, PolicyUsed, Steps, Verdict> {
  readonly decision: string;
  readonly inputs: Inputs;
  readonly policy: PolicyUsed;
  readonly steps: Steps;
  readonly verdict: Verdict;
}
