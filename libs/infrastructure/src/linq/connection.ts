import { z } from 'zod';

/** The fields by which Node and its fetch tell of a failed connection. */
const CAUSE = z.object({
  syscall: z.string().optional().catch(undefined),
  code: z.string().optional().catch(undefined),
  errors: z.array(z.unknown()).optional().catch(undefined),
  cause: z.unknown().optional(),
});

/** True when what an error was caused by says that no connection came about, so that nobody saw the request. */
export function neverConnected(reason: unknown): boolean {
  let cause = reason;
  // The reason lies under the errors of the SDK and of fetch; the bound guards against a ring of causes.
  for (let depth = 0; depth < 5; depth += 1) {
    const read = CAUSE.safeParse(cause).data;
    // A host with several addresses gives one failure for each.
    if (read?.errors?.length) return read.errors.every(failedToConnect);
    if (failedToConnect(cause)) return true;
    cause = read?.cause;
  }
  return false;
}

function failedToConnect(error: unknown): boolean {
  const { syscall, code } = CAUSE.safeParse(error).data ?? {};
  return syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT';
}
