import { UserTable } from './user-table';

it('keeps what is known of each user, and nothing of whoever was never placed', () => {
  const table = new UserTable(3);
  table.place(1, 0);
  table.setRate(1, { messages: 21, days: 1.5 });
  table.setHistory(1, { days: 2, sum: 5, sumOfSquares: 13 });
  table.setLoad(1, { meanMilli: 4_000, varianceMilli: 9_500_000_000 });
  expect([0, 1, 2].map((user) => table.dayPlaced(user))).toEqual([null, 0, null]);
  expect([1, 2].map((user) => table.rate(user))).toEqual([
    { messages: 21, days: 1.5 },
    { messages: 0, days: 0 },
  ]);
  expect([1, 2].map((user) => table.history(user))).toEqual([
    { days: 2, sum: 5, sumOfSquares: 13 },
    { days: 0, sum: 0, sumOfSquares: 0 },
  ]);
  expect([1, 2].map((user) => table.load(user))).toEqual([
    { meanMilli: 4_000, varianceMilli: 9_500_000_000 },
    { meanMilli: 0, varianceMilli: 0 },
  ]);
});
