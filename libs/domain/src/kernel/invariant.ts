/** Says that something cannot happen. A failure is a fault of the program, never an answer to a caller. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant broken: ${message}`);
}
