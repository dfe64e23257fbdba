import {
  assumedOutlook,
  assumedPrior,
  DEFAULT_FLEET_POLICY as policy,
  EVEN_WEEK,
} from '@linekeeper/domain';
import { basisOf, isAssumed } from './forecast-basis';

const OUTLOOK = { sigma: 0.1, week: EVEN_WEEK, peak: 1.2, days: 20 };
const PRIOR = { ...assumedPrior(policy), mean: 9, assumed: false, learned: 0.5 };
const day = '2026-03-02';

describe('What the forecasts of a pool rest on', () => {
  it('is the policy until the pool has learned', () => {
    const basis = basisOf({ learned: null }, policy);
    expect(basis).toEqual({ outlook: assumedOutlook(policy), prior: assumedPrior(policy) });
    expect(isAssumed(basis)).toBe(true);
  });

  it('is what was learned, each part as soon as it was', () => {
    const learned = { day, outlook: OUTLOOK, prior: PRIOR };
    expect(basisOf({ learned }, policy)).toEqual({ outlook: OUTLOOK, prior: PRIOR });
    expect(isAssumed(learned)).toBe(false);
    const early = { ...learned, prior: assumedPrior(policy) };
    expect(isAssumed(basisOf({ learned: early }, policy))).toBe(true);
  });

  it('follows a change of the policy at once while it is assumed', () => {
    const learned = { day, outlook: assumedOutlook(policy), prior: assumedPrior(policy) };
    const other = {
      ...policy,
      admission: { ...policy.admission, sigmaFleetDay: 0.4 },
      forecast: { ...policy.forecast, priorMeanPerDay: 5 },
    };
    const basis = basisOf({ learned }, other);
    expect(basis.outlook.sigma).toBe(0.4);
    expect(basis.prior.mean).toBe(5);
  });
});
