/**
 * Whole numbers for things that have a uuid: the same thing always has the same number. They are given out in the
 * order in which they are first asked for, and never twice.
 */
export class Numbers {
  private readonly byKey = new Map<string, number>();
  private readonly byNumber = new Map<number, string>();
  private next: number;

  constructor(
    first: number,
    private readonly changed: () => void,
  ) {
    this.next = first;
  }

  of(key: string): number {
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const number = this.next;
    this.set(key, number);
    this.changed();
    return number;
  }

  keyOf(number: number): string | undefined {
    return this.byNumber.get(number);
  }

  all(): [string, number][] {
    return [...this.byKey];
  }

  restore(saved: readonly (readonly [string, number])[]): void {
    for (const [key, number] of saved) this.set(key, number);
  }

  private set(key: string, number: number): void {
    this.byKey.set(key, number);
    this.byNumber.set(number, key);
    this.next = Math.max(this.next, number + 1);
  }
}
