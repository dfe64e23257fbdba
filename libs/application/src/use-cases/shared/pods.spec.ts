import { aLine } from '../../../../../test/support/lines';
import { isOnCards, ringLinesOf } from './pods';

const DAY = 86_400_000;

describe('The lines on the cards of new users', () => {
  it('are those in service, also while they are out for some time', () => {
    for (const adminState of ['enabled', 'cordoned', 'maintenance'] as const)
      expect(isOnCards(aLine({ adminState, health: 'ejected' }))).toBe(true);
    for (const adminState of ['warming', 'draining', 'retired'] as const)
      expect(isOnCards(aLine({ adminState }))).toBe(false);
    expect(isOnCards(aLine({ managed: false }))).toBe(false);
  });

  it('share their fate by area code and by the day on which they came', () => {
    const lines = [
      { id: 'a', phoneNumber: '+14155550101', createdAt: 0 },
      { id: 'b', phoneNumber: '+14155550102', createdAt: DAY },
      { id: 'c', phoneNumber: '+12125550103', createdAt: DAY },
    ];
    expect(ringLinesOf(lines)).toEqual([
      { id: 'a', failureDomains: ['area:+1415', 'batch:1970-01-01'] },
      { id: 'b', failureDomains: ['area:+1415', 'batch:1970-01-02'] },
      { id: 'c', failureDomains: ['area:+1212', 'batch:1970-01-02'] },
    ]);
    // What all have in common tells nothing.
    const together = lines.map((line) => ({ ...line, createdAt: 0 }));
    expect(ringLinesOf(together).map(({ failureDomains }) => failureDomains)).toEqual([
      ['area:+1415'],
      ['area:+1415'],
      ['area:+1212'],
    ]);
  });
});
