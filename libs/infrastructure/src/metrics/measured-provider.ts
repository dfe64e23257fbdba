import { type MessagingProvider, type Metrics, ProviderProblem } from '@linekeeper/application';

/** The same provider, each call of which is counted by its outcome and timed. */
export function measuredProvider(provider: MessagingProvider, metrics: Metrics): MessagingProvider {
  return new Proxy(provider, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) =>
        measured(() => member.apply(target, given) as Promise<unknown>, String(name), metrics);
    },
  });
}

async function measured(
  call: () => Promise<unknown>,
  operation: string,
  metrics: Metrics,
): Promise<unknown> {
  const stop = metrics.time('linekeeper_provider_call_duration_seconds', { operation });
  let outcome = 'ok';
  try {
    return await call();
  } catch (error) {
    outcome = error instanceof ProviderProblem ? error.kind : 'fault';
    throw error;
  } finally {
    stop();
    metrics.count('linekeeper_provider_calls_total', { operation, outcome });
  }
}
