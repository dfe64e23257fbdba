import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, type Onboarded, personNumber, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

/** A code stands for a place that somebody was promised; two of a message are looked at, and ten messages an hour. */
describe('Reservation codes', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let reserved: Onboarded;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3) }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
    reserved = await ok(service.app.post<Onboarded>('/v1/users', { startedBy: 'inbound' }));
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  /** Who the sender is taken for after they wrote. */
  async function write(sender: number, text: string): Promise<string | undefined> {
    await simulator.text(personNumber(sender), reserved.assignment.line.phoneNumber, text);
    await simulator.advance(60);
    const handle = encodeURIComponent(personNumber(sender));
    const { data } = await ok(
      service.app.get<{ data: { id: string }[] }>(`/v1/users?handle=${handle}`),
    );
    return data[0]?.id;
  }

  it('are looked at twice in a message, however many are in it', async () => {
    const code = reserved.code ?? '';
    expect(code).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/);
    const stranger = await write(1, `AAAA-AAAA BBBB-BBBB ${code}`);
    expect(stranger).toEqual(expect.any(String));
    expect(stranger).not.toBe(reserved.user.id);
  });

  it('are good once', async () => {
    expect(await write(2, `Hi! (${reserved.code})`)).toBe(reserved.user.id);
    expect(await write(3, `Hi! (${reserved.code})`)).not.toBe(reserved.user.id);
  });
});
