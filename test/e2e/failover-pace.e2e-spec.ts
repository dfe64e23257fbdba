import { mostConversationsBegun } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { People, type Person } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const HOUR = 3_600;
const [LOST = '', LEFT = ''] = lineNumbers(2);

jest.setTimeout(300_000);

/** A crowd that waits for answers when its line is lost, and one line left to give them. */
describe('Answers after a failover', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people: People;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: [LOST, LEFT], start: '2026-03-02T08:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    people = new People(service, simulator);
    await raiseMatureFleet(service);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  it('begin no more than ten threads an hour and fifty a day, and lose nobody', async () => {
    const lost = (): Person[] => people.all.filter(({ writesTo }) => writesTo === LOST);
    // One in ten is sent no card, and cannot be moved.
    while (lost().filter(({ card }) => card.length > 0).length < 55) await people.join(2);
    await people.write(people.all);
    await simulator.advance(60);
    await ok(simulator.control.post(`/lines/${LOST}/status`, { status: 'FLAGGED' }));
    await simulator.advance(60);

    let waiting = lost().filter(({ card }) => card.length > 0);
    const begun: number[] = [];
    for (let hour = 0; hour < 7; hour += 1) {
      const before = waiting.length;
      for (const person of waiting) {
        const answer = await people.send(person, 'reply');
        expect(answer.class).toBe('reply');
        if (answer.decision === 'send') {
          expect(answer.line?.phoneNumber).toBe(LEFT);
          waiting = waiting.filter((each) => each !== person);
        } else {
          expect(answer.decision).toBe('defer');
          expect(answer.reasons.at(-1)?.code).toMatch(/^new-conversations-/);
        }
      }
      begun.push(before - waiting.length);
      await simulator.advance(HOUR, HOUR);
    }
    expect(begun).toEqual([10, 10, 10, 10, 10, 0, 0]);

    const books = await simulator.books();
    expect(mostConversationsBegun(books, 1)).toBe(10);
    expect(mostConversationsBegun(books, 24)).toBe(50);
    // Who writes in a thread of the line that is left is answered at once, however many threads we began.
    const impatient = waiting[0];
    if (!impatient) throw new Error('Nobody waits');
    await simulator.text(impatient.handle, LEFT, 'Hello?');
    await simulator.advance(60);
    expect((await people.send(impatient, 'reply')).decision).toBe('send');
  });
});
