import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readArguments, UsageError } from './arguments';
import { readText } from './files';
import { reportOf } from './html';
import { medians, type Row, withShares } from './rows';
import { Session, writeResults } from './session';
import { cellsOf } from './table';

const folder = (): string => mkdtempSync(join(tmpdir(), 'arena-'));

describe('the command line', () => {
  it('has the defaults of each scenario', () => {
    const asked = readArguments([]);
    expect(asked).toMatchObject({
      scenario: 'S2',
      lines: 12,
      budget: 3_000,
      seeds: [1],
      scale: 30,
    });
    expect(asked.policies).toContain('clairvoyant');
    expect(readArguments(['--scenario', 'S5'])).toMatchObject({
      lines: 20,
      savedShares: [0.3, 0.5, 0.7],
    });
    expect(readArguments(['--seed', '3-5']).seeds).toEqual([3, 4, 5]);
  });

  it.each([
    [['--scenario', 'S9'], 'S9'],
    [['--policy', 'best'], 'best'],
    [['--lines', '1.5'], 'whole'],
    [['--budget', '-1'], 'budget'],
    [['--seed', '5-3'], 'smaller'],
    [['--saved', '101'], 'per cent'],
    [['--nonsense'], 'nonsense'],
  ])('refuses %j in words', (argv, word) => {
    expect(() => readArguments(argv)).toThrow(UsageError);
    expect(() => readArguments(argv)).toThrow(word);
  });
});

it('reads packed and plain traces alike, and says in words when there is none', () => {
  const at = folder();
  writeFileSync(join(at, 'a.csv'), 't_seconds,user\n1,a\n');
  writeFileSync(join(at, 'a.csv.gz'), gzipSync('t_seconds,user\n1,a\n'));
  expect(readText(join(at, 'a.csv.gz'))).toBe(readText(join(at, 'a.csv')));
  expect(() => readText(join(at, 'none.csv'))).toThrow(UsageError);
});

describe('rows', () => {
  const row = (policy: Row['policy'], seed: number, carried: number): Row => ({
    ...{ source: 's', seed, policy, savedShare: null, figures: { carried } },
  });

  it('are compared with the bounds of their own seed, and their median taken over seeds', () => {
    const rows = withShares([
      row('linekeeper', 1, 50),
      row('clairvoyant', 1, 100),
      row('linekeeper', 2, 80),
      row('clairvoyant', 2, 100),
      row('linekeeper', 3, 30),
      row('clairvoyant', 3, 100),
    ]);
    const [ours] = medians(rows);
    expect(ours?.figures).toMatchObject({ carried: 50, ofClairvoyant: 0.5 });
    expect(cellsOf('S2', [ours!])).toEqual([
      ['', 'of clairvoyant'],
      ['linekeeper', '0.50'],
    ]);
  });
});

it('writes a report that fetches nothing and cannot be broken by a name', () => {
  const html = reportOf(
    '<b>',
    ['a & b'],
    [
      {
        title: '"t"',
        cells: [
          ['', 'x'],
          ['<script>', '1'],
        ],
        plots: [
          {
            title: 'p',
            x: 'x',
            y: 'y',
            limit: 3,
            curves: [
              {
                name: 'c',
                points: [
                  [0, 0],
                  [1, 2],
                ],
              },
            ],
          },
        ],
      },
    ],
  );
  expect(html).toContain('<polyline');
  expect(html).not.toContain('<script>');
  expect(html).not.toMatch(/https?:|src=|@import|url\(/);
});

it('gives the same files to the byte for the same seed', () => {
  const play = (): string[] => {
    const out = folder();
    const asked = readArguments([
      ...['--scenario', 'S4', '--users', '600', '--days', '30', '--budget', '600', '--lines', '5'],
      ...['--policy', 'linekeeper,round-robin', '--saved', '50', '--out', out],
    ]);
    writeResults(asked, new Session(asked).play());
    return (readdirSync(out, { recursive: true }) as string[])
      .sort()
      .filter((name) => name.includes('.'))
      .map((name) => `${name}\n${readFileSync(join(out, name), 'utf8')}`);
  };
  const files = play();
  expect(files.map((text) => text.split('\n')[0])).toEqual(
    expect.arrayContaining(['report.html', 'figures.json', 'traffic.csv', 'linekeeper/usage.csv']),
  );
  expect(play()).toEqual(files);
});
