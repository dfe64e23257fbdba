import { mostConversationsBegun } from '../support/books';
import { expectEventsAsDocumented } from '../support/catalogued';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { People, type Person } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const HOUR = 3_600;
/** People who have just written when their line is lost. */
const WAITING = 30;
const [LOST = '', LEFT = ''] = lineNumbers(2);

jest.setTimeout(300_000);

/** A crowd whose line is lost, of whom some wait for an answer, and one line left to write from. */
describe('Messages after a failover', () => {
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
    await expectEventsAsDocumented(database);
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  it('answer those who wait at once, write to the others ten an hour, forty a day in all, and lose nobody', async () => {
    const lost = (): Person[] => people.all.filter(({ writesTo }) => writesTo === LOST);
    // One in ten is sent no card, and cannot be moved.
    const withCards = (): Person[] => lost().filter(({ card }) => card.length > 0);
    while (withCards().length < 55) await people.join(2);
    await people.write(people.all);
    await simulator.advance(25 * HOUR, HOUR);
    await people.write(withCards().slice(0, WAITING));
    await simulator.advance(60);
    await ok(simulator.control.post(`/lines/${LOST}/status`, { status: 'FLAGGED' }));
    await simulator.advance(60);

    let waiting = withCards();
    const begun: number[] = [];
    for (let hour = 0; hour < 3; hour += 1) {
      const before = waiting.length;
      for (const person of waiting) {
        const isAnswer = withCards().indexOf(person) < WAITING;
        const answer = await people.send(person, isAnswer ? 'reply' : 'proactive');
        expect(answer.class === 'reply').toBe(isAnswer);
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
    expect(begun).toEqual([WAITING, 10, 0]);

    expect(mostConversationsBegun(await simulator.books(), 24)).toBe(40);
    // Threads are kept for those who write to the lost line now, and expect an answer.
    const eager = waiting.slice(1, 4);
    await people.write(eager);
    await simulator.advance(60);
    for (const person of eager) {
      expect(await people.send(person, 'reply')).toMatchObject({
        decision: 'send',
        newConversation: true,
        line: { phoneNumber: LEFT },
      });
    }
    // Who writes in a thread of the line that is left is answered at once, however many threads we began.
    const impatient = waiting[0];
    if (!impatient) throw new Error('Nobody waits');
    await simulator.text(impatient.handle, LEFT, 'Hello?');
    await simulator.advance(60);
    expect((await people.send(impatient, 'reply')).decision).toBe('send');
  });
});
