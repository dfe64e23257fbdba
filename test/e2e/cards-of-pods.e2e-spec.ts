import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  linesOf,
  onboard,
  type Onboarded,
  personNumber,
  raiseMatureFleet,
} from '../support/fleet';
import { ok } from '../support/http';
import { People } from '../support/people';
import { expectSumsToAgree } from '../support/recount';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const MINUTE = 60;
const reason = 'a test';

interface PodRow {
  readonly id: string;
  readonly generation: number;
  readonly lines: string[];
  readonly ended: boolean;
}

interface Explained {
  readonly policyVersion: number;
  readonly policy: { readonly cards: { readonly numbersPerCard: number } };
  readonly plan: {
    readonly inputs: { readonly prior: { readonly assumed: boolean } };
    readonly card: {
      readonly podId: string;
      readonly cardId: string;
      readonly generation: number;
      readonly ring: readonly { readonly lineId: string }[];
    };
  };
}

/** Which numbers a new user gets beside their own, and what becomes of that when lines come, go and fall. */
describe('The cards of new users', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(6), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
  });

  afterEach(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const pods = (): Promise<PodRow[]> =>
    database.query<PodRow>(
      `SELECT id, generation, line_ids AS lines, ended_at IS NOT NULL AS ended FROM pods
       ORDER BY generation`,
    );
  const verb = (id: string, name: string): Promise<unknown> =>
    ok(service.admin.post(`/v1/admin/lines/${id}/${name}`, { reason, override: true }));
  const join = (i: number): Promise<Onboarded> => onboard(service, personNumber(i));
  const numbersOf = ({ assignment }: Onboarded): string[] =>
    [assignment.line, ...assignment.fallbacks].map(({ id }) => id);

  it('come from the pod of their line, spread its people over all the others, and are explained', async () => {
    const [pod] = await pods();
    expect(pod?.lines).toHaveLength(6);
    const placed: Onboarded[] = [];
    for (let i = 0; i < 30; i += 1) placed.push(await join(i));
    for (const each of placed) expect(new Set(numbersOf(each)).size).toBe(4);
    const pairs = await database.query<{ fallbacks: number }>(
      'SELECT count(*)::int AS fallbacks FROM line_pairs WHERE users > 0 GROUP BY line_id',
    );
    expect(pairs.map(({ fallbacks }) => fallbacks)).toEqual([5, 5, 5, 5, 5, 5]);
    await expectSumsToAgree(database);
    const { user } = placed[0]!;
    const told = await ok(service.app.get<Explained>(`/v1/users/${user.id}/assignment/explain`));
    expect(told.policy.cards.numbersPerCard).toBe(4);
    expect(told.plan.inputs.prior.assumed).toBe(true);
    expect(told.plan.card).toMatchObject({ podId: pod?.id, generation: 1 });
    expect(told.plan.card.ring.map(({ lineId }) => lineId)).toEqual(pod?.lines);
  });

  it('change with the lines, in a new generation; who has one keeps it', async () => {
    const before = await join(1);
    const lines = await linesOf(service);
    const leaves = lines.find(({ id }) => id === before.assignment.fallbacks[0]?.id);
    await verb(leaves!.id, 'cordon');
    expect((await pods()).map(({ generation }) => generation)).toEqual([1]);
    await verb(leaves!.id, 'drain');
    const [first, second] = await pods();
    expect(first).toMatchObject({ generation: 1, ended: true });
    expect(second).toMatchObject({ id: first?.id, generation: 2, ended: false });
    expect(second?.lines).not.toContain(leaves!.id);
    for (let i = 10; i < 20; i += 1) expect(numbersOf(await join(i))).not.toContain(leaves!.id);
    expect(numbersOf(await join(1))).toEqual(numbersOf(before));
    await expectSumsToAgree(database);
  });

  it('are made once when several onboardings find a pool without pods', async () => {
    await database.query('DELETE FROM pods');
    await Promise.all(Array.from({ length: 12 }, (_each, i) => join(i)));
    expect(await pods()).toMatchObject([{ generation: 1, ended: false }]);
    await expectSumsToAgree(database);
  });

  it('are dealt anew to somebody who writes and of whose numbers fewer than two are live', async () => {
    const people = new People(service, simulator);
    const person = await people.join(4);
    await people.write([person!]);
    await simulator.advance(MINUTE);
    const [, ...fallbacks] = person!.card;
    const lines = await linesOf(service);
    const idOf = (number: string): string => lines.find((l) => l.phoneNumber === number)?.id ?? '';
    const owed = (): Promise<unknown[]> =>
      database.query(`SELECT data FROM outbox_events WHERE type = 'contact-card.owed'`);
    for (const number of fallbacks.slice(0, 2)) await verb(idOf(number), 'mark-flagged');
    await people.write([person!]);
    await simulator.advance(MINUTE);
    expect(await owed()).toEqual([]);
    await verb(idOf(fallbacks[2]!), 'mark-flagged');
    await people.write([person!]);
    await simulator.advance(MINUTE);
    expect(await owed()).toMatchObject([{ data: { userId: person!.userId } }]);
    const now = await onboard(service, person!.handle);
    expect(now.assignment.line.phoneNumber).toBe(person!.writesTo);
    const others = lines.filter(({ phoneNumber }) => !person!.card.includes(phoneNumber));
    expect(now.assignment.fallbacks.map(({ id }) => id).sort()).toEqual(
      others.map(({ id }) => id).sort(),
    );
    // Once: the next message finds enough.
    await people.write([person!]);
    await simulator.advance(MINUTE);
    expect(await owed()).toHaveLength(1);
    await expectSumsToAgree(database);
  });
});
