import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS } from '../kernel/time';
import { isContagion } from './contagion';

describe('contagion', () => {
  const fleet = (lost: number, others: number, ejectedAt = NOW - 1): boolean =>
    isContagion(
      [
        ...Array.from({ length: lost }, () => aLine({ ejectedAt })),
        ...Array.from({ length: others }, () => aLine()),
      ],
      NOW,
      policy,
    );

  it('is suspected when three lines are lost within a day', () => {
    expect(fleet(2, 3)).toBe(false);
    expect(fleet(3, 9)).toBe(true);
    expect(fleet(3, 9, NOW - DAY_MS + 1)).toBe(true);
    expect(fleet(3, 9, NOW - DAY_MS)).toBe(false);
  });

  it('is not suspected while they are less than a tenth of the fleet', () => {
    expect(fleet(3, 27)).toBe(true);
    expect(fleet(3, 28)).toBe(false);
  });

  it('leaves out lines that are not in use', () => {
    const lost = aLine({ ejectedAt: NOW - 1 });
    const lines = [
      lost,
      lost,
      { ...lost, managed: false },
      { ...lost, adminState: 'retired' as const },
    ];
    expect(isContagion(lines, NOW, policy)).toBe(false);
    expect(isContagion([...lines, lost], NOW, policy)).toBe(true);
  });
});
