const WIDTH = 30;

/** A bar on a terminal's standard error; nothing where nobody watches. */
export class Progress {
  private shown = '';

  constructor(private readonly to: NodeJS.WriteStream = process.stderr) {}

  show(label: string, share: number): void {
    if (!this.to.isTTY) return;
    const full = Math.round(WIDTH * Math.min(1, share));
    const text = `${label.padEnd(34)} [${'#'.repeat(full)}${' '.repeat(WIDTH - full)}]`;
    if (text === this.shown) return;
    this.shown = text;
    this.to.write(`\r${text}`);
  }

  clear(): void {
    if (this.shown !== '') this.to.write(`\r${' '.repeat(this.shown.length)}\r`);
    this.shown = '';
  }
}
