import { dayBegin, dayLabel } from '../kernel/calendar';
import type { Run } from '../run/run';
import { IN } from '../traffic/traffic';

/** A file of a run: its rows one by one, so that a long one is never one string. */
export interface CsvFile {
  readonly name: string;
  readonly header: string;
  readonly rows: () => Iterable<string>;
}

const word = (direction: number): string => (direction === IN ? 'in' : 'out');
/** Reasons are our own words; a comma in one would cut it in two. */
const plain = (text: string): string => text.replaceAll(',', ';');

/** Everything that lets anyone recompute the figures of a run. */
export function csvFiles(run: Run): CsvFile[] {
  const { records } = run;
  return [
    {
      name: 'assignments.csv',
      header: 't_seconds,user,line,reason',
      rows: () =>
        records.assignments.map(
          ({ at, user, line, reason }) => `${at},${user},${line},${plain(reason)}`,
        ),
    },
    {
      name: 'refused.csv',
      header: 't_seconds,user,reason',
      rows: () => records.refused.map(({ at, user, reason }) => `${at},${user},${plain(reason)}`),
    },
    {
      name: 'moves.csv',
      header: 't_seconds,user,from,to,reason',
      rows: () =>
        records.moves.map(
          ({ at, user, from, to, reason }) => `${at},${user},${from},${to},${plain(reason)}`,
        ),
    },
    { name: 'usage.csv', header: 'day,line,in,out,cap', rows: () => usageRows(run) },
    { name: 'people.csv', header: 'user,saved,knows', rows: () => peopleRows(run) },
    {
      name: 'extra.csv',
      header: 't_seconds,user,line,direction,kind,known,started,waited_seconds,above_ceiling',
      rows: () =>
        records.extra.map(
          (row) =>
            `${row.at},${row.user},${row.line},${row.direction},${row.kind},${Number(row.known)},${Number(row.started)},${row.waited},${row.above}`,
        ),
    },
    {
      name: 'unsaid.csv',
      header: 't_seconds,user,direction',
      rows: () =>
        records.unsaid.map(({ at, user, direction }) => `${at},${user},${word(direction)}`),
    },
  ];
}

/** The traffic itself; the same for all contenders. */
export function trafficFile({ setup }: Run): CsvFile {
  const { seconds, user, direction } = setup.traffic;
  return {
    name: 'traffic.csv',
    header: 't_seconds,user,direction',
    *rows() {
      for (let i = 0; i < seconds.length; i += 1) {
        yield `${seconds[i] ?? 0},${user[i] ?? 0},${word(direction[i] ?? IN)}`;
      }
    },
  };
}

/** Lines from their arrival on, days with and without traffic. */
function* usageRows({ fleet, policy, day: lastDay }: Run): Generator<string> {
  const { usage } = fleet;
  for (let day = 0; day <= lastDay; day += 1) {
    const label = dayLabel(dayBegin(day, policy.budget.dayStartHour), policy.budget.dayStartHour);
    for (let line = 0; line < usage.lines; line += 1) {
      const cell = line * usage.days + day;
      const cap = usage.cap[cell] ?? 0;
      if (cap === 0) continue;
      yield `${label},${line},${usage.in[cell] ?? 0},${usage.out[cell] ?? 0},${cap}`;
    }
  }
}

/** Numbers that a person would know: separated by spaces. */
function* peopleRows(run: Run): Generator<string> {
  const { fleet, setup } = run;
  for (let user = 0; user < fleet.users; user += 1) {
    const knows = fleet.lines.flatMap((_, line) => (run.knows(user, line) ? [line] : []));
    yield `${user},${setup.people.saved[user] ?? 0},${knows.join(' ')}`;
  }
}
