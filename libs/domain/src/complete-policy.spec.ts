import { completePolicy } from './complete-policy';
import { DEFAULT_FLEET_POLICY as policy } from './fleet-policy';

describe('a stored policy', () => {
  it('keeps what it says and gets the defaults of what it does not know', () => {
    const { weekdayPriorWeeks: _later, ...forecast } = policy.forecast;
    const stored = { ...policy, forecast: { ...forecast, priorMeanPerDay: 7 } };
    expect(completePolicy(stored)).toEqual({
      ...policy,
      forecast: { ...policy.forecast, priorMeanPerDay: 7 },
    });
    expect(completePolicy({})).toEqual(policy);
  });

  it('keeps values inside of sections inside of sections', () => {
    const ceilings = { proactive: 0.1 };
    expect(completePolicy({ budget: { ceilings } }).budget.ceilings).toEqual({
      ...policy.budget.ceilings,
      proactive: 0.1,
    });
  });

  it('leaves out what is no threshold any more', () => {
    expect(completePolicy({ gone: 1, ramp: { gone: { deep: 1 } } })).toEqual(policy);
  });

  it('hands a value of another shape on as it was stored', () => {
    const odd: object = { ramp: null, sends: { quietHours: [8, 21] } };
    expect(completePolicy(odd)).toMatchObject(odd);
  });
});
