import {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  InternalServerError,
  LinqAPIV3,
  RateLimitError,
} from '@linqapp/sdk';
import { ok } from '../support/http';
import { methodsOf, noteCalls } from './sdk-methods';
import { SCENARIO, type Step } from './sdk-scenario';
import { Stage } from './sdk-stage';

/** Short enough to wait for it to go unanswered forty times. */
const PATIENCE_MS = 500;
const LONG_TEST_MS = 240_000;

/** Linq's own client, unmodified, through one long scenario: without a fault, and with each fault at each step. */
describe('A scenario over every method of the client', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.set();
  });
  afterEach(() => stage.strike());

  it('calls every method that the client has, and each is served', async () => {
    const called = noteCalls(stage.linq);
    for (const { method, shape, before, call } of SCENARIO) {
      await before?.(stage);
      called.delete(method);
      shape.parse(await call(stage.linq, stage));
      // A step that calls something else than it says would hide a method that nobody calls.
      expect(called).toContain(method);
    }
    const methods = methodsOf(stage.linq);
    expect(methods.length).toBeGreaterThan(40);
    expect([...called].sort()).toEqual(methods);
  });

  const refusals = [
    ['429', { kind: 'error', status: 429, retryAfter: 7 }, RateLimitError, 1007],
    ['500', { kind: 'error', status: 500 }, InternalServerError, 3006],
    ['503', { kind: 'error', status: 503 }, InternalServerError, 4004],
    ['504', { kind: 'error', status: 504 }, InternalServerError, 3005],
    ['no answer in time', { kind: 'timeout' }, APIConnectionTimeoutError, null],
  ] as const;

  it.each(refusals)(
    '%s: each step ends in the error of the client, and does nothing',
    async (_name, fault, ErrorClass, code) => {
      await forEachRequest(async (step, impatient) => {
        await ok(stage.simulator.control.post('/faults', fault));
        const error = await failureOf(step, code === null ? impatient : stage.linq);
        expect(error).toBeInstanceOf(ErrorClass);
        expect([step.method, codeOf(error)]).toEqual([step.method, code]);
        if (code === 1007) expect((error as APIError).headers?.get('retry-after')).toBe('7');
        // A request may still be under way when the client gives it up: the fault is for it and not for the next.
        await untilNothingIsArmed();
        // As if it had never been called: now it is served as in the scenario without faults.
        step.shape.parse(await step.call(stage.linq, stage));
      });
    },
    LONG_TEST_MS,
  );

  it(
    'an answer that is lost after acceptance: the step was done, and asking again says so',
    async () => {
      await forEachRequest(async (step) => {
        await ok(stage.simulator.control.post('/faults', { kind: 'lost-answer' }));
        const error = await failureOf(step, stage.linq);
        expect(error).toBeInstanceOf(APIConnectionError);
        expect(error).not.toBeInstanceOf(APIConnectionTimeoutError);
        await untilNothingIsArmed();
        if (step.again === undefined) step.shape.parse(await step.call(stage.linq, stage));
        else
          expect([step.method, codeOf(await failureOf(step, stage.linq))]).toEqual([
            step.method,
            step.again,
          ]);
      });
      const keys = (await stage.simulator.books()).map(({ idempotencyKey }) => idempotencyKey);
      for (const key of ['scenario-1', 'scenario-2', 'scenario-3']) {
        expect(keys.filter((each) => each === key)).toHaveLength(1);
      }
    },
    LONG_TEST_MS,
  );

  async function forEachRequest(
    visit: (step: Step, impatient: LinqAPIV3) => Promise<void>,
  ): Promise<void> {
    const { token, apiUrl } = stage.simulator;
    const impatient = new LinqAPIV3({
      apiKey: token,
      baseURL: apiUrl,
      maxRetries: 0,
      timeout: PATIENCE_MS,
      fetch: fetchWithErrorsOfHere,
    });
    for (const step of SCENARIO) {
      if (step.local) continue;
      await step.before?.(stage);
      await visit(step, impatient);
    }
  }

  async function failureOf(step: Step, linq: LinqAPIV3): Promise<unknown> {
    try {
      await step.call(linq, stage);
    } catch (error) {
      return error;
    }
    throw new Error(`${step.method} did not fail`);
  }

  async function untilNothingIsArmed(): Promise<void> {
    for (let tries = 0; tries < 500; tries += 1) {
      const { faults } = await ok(stage.simulator.control.get<{ faults: unknown[] }>('/faults'));
      if (faults.length === 0) return;
    }
    throw new Error('The fault never struck');
  }
});

/** Jest has an Error of its own in each test file; the client knows a time-out only by an Error of where it lives. */
async function fetchWithErrorsOfHere(
  url: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { name, message } = error as Error;
    throw Object.assign(new Error(message), { name });
  }
}

function codeOf(error: unknown): number | null {
  if (!(error instanceof APIError)) return null;
  const body = error.error as { error?: { code?: number } } | undefined;
  return body?.error?.code ?? null;
}
