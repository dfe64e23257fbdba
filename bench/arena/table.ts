import type { ScenarioName } from '@linekeeper/simulation';
import type { Row } from './rows';

type Format = (value: number) => string;
const percent: Format = (share) => `${(100 * share).toFixed(2)} %`;
const times: Format = (ratio) => (ratio === Infinity ? 'never' : ratio.toFixed(2));
const count: Format = (value) => (value === Infinity ? 'never' : String(Math.round(value)));

/** Title, figure, format. */
type Column = readonly [title: string, figure: string, format: Format];

const GENERAL: readonly Column[] = [
  ['admitted', 'admitted', count],
  ['carried', 'carriedShare', percent],
  ['of clairvoyant', 'ofClairvoyant', times],
  ['at arrival', 'ofClairvoyantAtArrival', times],
  ['of foretold', 'ofForetold', times],
  ['of hindsight', 'ofHindsight', times],
  ['overrun line-days', 'overrunLineDayShare', percent],
  ['overrun messages', 'overrunMessageShare', percent],
  ['worst / budget', 'worstLineDay', times],
  ['imbalance', 'imbalance', times],
  ['moved', 'moved', count],
  ['uncovered by 1', 'uncoveredByOne', count],
  ['by 2', 'uncoveredByTwo', count],
];

const FAILOVER: readonly Column[] = [
  ['affected', 'affected', count],
  ['active', 'active', count],
  ['next known', 'nextTextKnown', percent],
  ['of bound', 'nextTextOfBound', times],
  ['off card', 'offCard', count],
  ['stranded', 'stranded', count],
  ['flags', 'secondaryFlags', count],
  ['expected', 'secondaryExpected', times],
  ['quiet', 'quietExpected', times],
  ['answer p50 s', 'answerP50', count],
  ['p99 s', 'answerP99', count],
  ['never', 'unanswered', count],
  ['served p50 h', 'servedP50Hours', times],
  ['p95 h', 'servedP95Hours', times],
  ['eta h', 'etaHours', times],
  ['true h', 'lastContactHours', times],
  ['started max', 'startedMax', count],
  ['load x', 'worstLoadRatio', times],
];

const EXTRA: Readonly<Partial<Record<ScenarioName, readonly Column[]>>> = {
  S3: [
    ['admitted of cl.', 'admittedOfClairvoyant', times],
    ['of foretold', 'admittedOfForetold', times],
    ['caps passed', 'capsPassed', count],
    ['of', 'rampLineDays', count],
    ['days to full', 'quickestDaysToFull', count],
    ['at full', 'newLinesAtFull', count],
  ],
  S6: [
    ['above ceiling', 'ceilingViolations', count],
    ['replies held', 'repliesForBudget', count],
    ['waited', 'waited', count],
  ],
  S7: [
    ['new at risk', 'newUsersAtRisk', count],
    ['false moves', 'falseMoves', count],
    ['lowest cap', 'lowestCapShare', percent],
    ['days to full', 'daysToFull', count],
    ['over cap', 'overCap', count],
    ['false / year', 'eventsFalseSuspicionsPerYear', times],
    ['ejected', 'eventsFalseEjections', count],
    ['95 %: bad', 'events95BadP50', count],
    ['max', 'events95BadMax', count],
    ['verdict min', 'events95VerdictMinutesMax', times],
    ['30 %: outcomes', 'events30OutcomesP50', count],
    ['verdict min', 'events30VerdictMinutesP50', times],
    ['V2: false / year', 'silenceFalseSuspicionsPerYear', times],
    ['95 % h', 'silence95HoursP50', times],
    ['30 % h', 'silence30HoursP50', times],
  ],
};

function columnsOf(scenario: ScenarioName): readonly Column[] {
  if (scenario === 'S4' || scenario === 'S5') return FAILOVER;
  return [...GENERAL, ...(EXTRA[scenario] ?? [])];
}

/** Rows of words: a header, then a line for each row. Figures that a row does not have are left empty. */
export function cellsOf(scenario: ScenarioName, rows: readonly Row[]): string[][] {
  const columns = columnsOf(scenario).filter(([, figure]) =>
    rows.some((row) => row.figures[figure] !== undefined),
  );
  return [
    ['', ...columns.map(([title]) => title)],
    ...rows.map((row) => [
      row.savedShare === null ? row.policy : `${row.policy} ${percent(row.savedShare)}`,
      ...columns.map(([, figure, format]) => {
        const value = row.figures[figure];
        return value === undefined ? '' : format(value);
      }),
    ]),
  ];
}

export function tableOf(cells: readonly (readonly string[])[]): string {
  const widths = (cells[0] ?? []).map((_, i) =>
    Math.max(...cells.map((row) => row[i]?.length ?? 0)),
  );
  return cells
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
