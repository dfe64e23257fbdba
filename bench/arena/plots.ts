import {
  type Curve,
  loadCurves,
  type Played,
  rampCurves,
  servedCurve,
} from '@linekeeper/simulation';
import type { Plot } from './html';

/** Curves of a run that are kept for the report when the run itself is gone. */
export interface KeptCurves {
  readonly name: string;
  readonly fullest: Curve;
  readonly mean: Curve;
  readonly ramp: readonly Curve[];
  readonly served: Curve | null;
}

export function curvesOf(name: string, { run, ramp, drill }: Played): KeptCurves {
  const { fullest, mean } = loadCurves(run);
  return {
    ...{ name, mean, fullest: { ...fullest, name } },
    ramp: ramp === undefined ? [] : rampCurves(run),
    served: drill === undefined ? null : servedCurve(drill, name),
  };
}

/** Plots of one traffic, seed and card share. */
export function plotsOf(kept: readonly KeptCurves[], budget: number): Plot[] {
  const served = kept.flatMap((each) => each.served ?? []);
  const days = { x: 'budget day', y: 'messages' };
  const plots: Plot[] = [
    {
      ...{ title: 'The fullest line of each day against the budget', ...days, limit: budget },
      curves: kept.map(({ fullest }) => fullest),
    },
  ];
  const [first] = kept;
  if (first) {
    plots.push({
      ...{
        title: `${first.name}: fullest and mean line against the budget`,
        ...days,
        limit: budget,
      },
      curves: [{ ...first.fullest, name: 'fullest line' }, first.mean],
    });
    if (first.ramp.length > 0) {
      plots.push({
        ...{ title: `${first.name}: caps of the new lines`, ...days, limit: budget },
        curves: first.ramp,
      });
    }
  }
  if (served.length > 0) {
    plots.push({
      ...{ title: 'Active users of the flagged line who were served', limit: 1 },
      ...{ x: 'hours since the flag', y: 'share', curves: served },
    });
  }
  return plots;
}
