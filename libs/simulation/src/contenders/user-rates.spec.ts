import { UserRates } from './user-rates';

it('keeps a rate for each user, and none for whoever was never placed', () => {
  const rates = new UserRates(3);
  rates.set(1, { a: 21, b: 1.05 });
  rates.set(2, { a: 0, b: 4.5 });
  expect([0, 1, 2, 3].map((user) => rates.get(user))).toEqual([
    undefined,
    { a: 21, b: 1.05 },
    { a: 0, b: 4.5 },
    undefined,
  ]);
});
