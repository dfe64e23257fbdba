/**
 * Follows the simulator's clock: each tick is answered once the app has nothing left to do at that instant, with
 * the instant at which it has something to do next. So no answer is ever late in virtual time.
 */
export async function followClock(
  simulatorUrl: string,
  name: string,
  work: (nowMs: number) => Promise<number | null>,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(`${simulatorUrl}/__sim/clock/follow?name=${name}`, { signal });
  if (!response.body) throw new Error('The clock cannot be followed');
  const decoder = new TextDecoder();
  let buffer = '';
  for await (const chunk of response.body) {
    buffer += decoder.decode(chunk as Uint8Array, { stream: true });
    const events = buffer.split('\n\n');
    buffer = events.pop() ?? '';
    for (const event of events) {
      const tick = JSON.parse(event.replace(/^data: /, '')) as { id: number; epochMs: number };
      const nextDueAtEpochMs = await work(tick.epochMs);
      await fetch(`${simulatorUrl}/__sim/clock/ack`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, id: tick.id, nextDueAtEpochMs }),
      });
    }
  }
}
