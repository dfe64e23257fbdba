import { DAY_SECONDS } from '../kernel/calendar';
import { chanceOf, drawGammaOfMeanOne, drawPoisson } from '../kernel/chance';
import { parseTrace } from './parse-trace';
import { makePopulation } from './population';
import { scaleTrace } from './scale';
import { IN, OUT, type Traffic } from './traffic';

const CSV = 't_seconds,user,direction,peer\n3700,a,in,1\n90000,b,in,2\n7300,a,in,1\n';

const isSorted = ({ seconds }: Traffic): boolean =>
  seconds.every((at, i) => i === 0 || at >= (seconds[i - 1] ?? 0));

describe('a trace', () => {
  it('is read whatever the order of its rows, and one-way traces get an answer to each message', () => {
    const traffic = scaleTrace(parseTrace(CSV), 1, 1);
    expect([...traffic.seconds]).toEqual([3700, 3703, 7300, 7303, 90000, 90003]);
    expect([...traffic.direction]).toEqual([IN, OUT, IN, OUT, IN, OUT]);
    expect(traffic.users).toBe(2);
  });

  it('with both directions is left as it is', () => {
    const rows = parseTrace('t_seconds,user,direction\n10,a,in\n12,a,out\n');
    expect([...scaleTrace(rows, 1, 1).direction]).toEqual([IN, OUT]);
  });

  it('names the line that it cannot read', () => {
    expect(() => parseTrace('t_seconds,user\n1,a\nx,b\n')).toThrow('Line 3');
    expect(() => parseTrace('time,user\n1,a\n')).toThrow('t_seconds');
  });

  it('is scaled by resampling users: every message stays in its hour, users stay whole', () => {
    const rows = parseTrace(CSV);
    const traffic = scaleTrace(rows, 50, 4);
    expect(traffic.users).toBe(100);
    expect(isSorted(traffic)).toBe(true);
    const hours = new Map<number, Set<number>>();
    traffic.seconds.forEach((at, i) => {
      if (traffic.direction[i] !== IN) return;
      const user = traffic.user[i] ?? -1;
      hours.set(user, (hours.get(user) ?? new Set()).add(Math.floor(at / 3600)));
    });
    const kinds = new Set([...hours.values()].map((set) => [...set].sort((a, b) => a - b).join()));
    expect([...kinds].sort()).toEqual(['1,2', '25']);
  });

  it('of cells is a shape: users at a rate of people, in the hours of the cells', () => {
    const rows = parseTrace(
      't_seconds,user,direction,count\n0,a,in,1000000\n600,a,in,0\n90000,b,in,5\n',
    );
    const traffic = scaleTrace(rows, 200, 1);
    expect(traffic.users).toBe(400);
    const perUserDay = traffic.seconds.length / 2 / traffic.users / 2;
    expect(perUserDay).toBeGreaterThan(2);
    expect(perUserDay).toBeLessThan(8);
  });
});

describe('the made-up population', () => {
  const traffic = makePopulation({ users: 4_000, days: 90 }, 5);
  const perUser = new Float64Array(traffic.users);
  const perUserDay = new Map<number, number>();
  const perDay = new Float64Array(traffic.days + 1);
  traffic.seconds.forEach((at, i) => {
    if (traffic.direction[i] !== IN) return;
    const user = traffic.user[i] ?? 0;
    const day = Math.floor(at / DAY_SECONDS);
    perUser[user] = (perUser[user] ?? 0) + 1;
    perDay[day] = (perDay[day] ?? 0) + 1;
    perUserDay.set(user * 1_000 + day, (perUserDay.get(user * 1_000 + day) ?? 0) + 1);
  });

  it('writes about as much on an active day as the real one, with as heavy a tail', () => {
    const days = [...perUserDay.values()].sort((a, b) => a - b);
    const mean = days.reduce((sum, each) => sum + each, 0) / days.length;
    const at = (share: number): number => days[Math.floor(share * days.length)] ?? 0;
    expect(mean).toBeGreaterThan(3);
    expect(mean).toBeLessThan(6.5);
    expect(at(0.9)).toBeGreaterThanOrEqual(6);
    expect(at(0.9)).toBeLessThanOrEqual(14);
    expect(at(0.99)).toBeGreaterThanOrEqual(20);
    expect(at(0.99)).toBeLessThanOrEqual(60);
  });

  it('has a tenth of its users that write about half of it', () => {
    const sorted = [...perUser].sort((a, b) => b - a);
    const all = sorted.reduce((sum, each) => sum + each, 0);
    const top = sorted.slice(0, 400).reduce((sum, each) => sum + each, 0);
    expect(top / all).toBeGreaterThan(0.4);
    expect(top / all).toBeLessThan(0.7);
  });

  it('has days that are common to all, and is in order', () => {
    const busy = [...perDay].slice(30, 60);
    const mean = busy.reduce((sum, each) => sum + each, 0) / busy.length;
    const cv =
      Math.sqrt(busy.reduce((sum, each) => sum + (each - mean) ** 2, 0) / busy.length) / mean;
    expect(cv).toBeGreaterThan(0.2);
    expect(cv).toBeLessThan(0.7);
    expect(isSorted(traffic)).toBe(true);
  });
});

describe('draws', () => {
  it('have the mean and the spread they should', () => {
    const chance = chanceOf(2, 'test');
    const gammas = Array.from({ length: 40_000 }, () => drawGammaOfMeanOne(chance, 0.43));
    const mean = gammas.reduce((sum, each) => sum + each, 0) / gammas.length;
    const variance = gammas.reduce((sum, each) => sum + (each - mean) ** 2, 0) / gammas.length;
    expect(mean).toBeCloseTo(1, 1);
    expect(variance).toBeGreaterThan(2.1);
    expect(variance).toBeLessThan(2.6);
    for (const wanted of [0.3, 8, 80]) {
      const counts = Array.from({ length: 20_000 }, () => drawPoisson(chance, wanted));
      const average = counts.reduce((sum, each) => sum + each, 0) / counts.length;
      expect(Math.abs(average / wanted - 1)).toBeLessThan(0.03);
    }
  });
});
